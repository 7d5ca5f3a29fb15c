"""Pages about what is needed: warning signs, the problem, the wish, how soon, which hospital."""

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.forms.fields import Line, Paragraphs
from cases.forms.policy import FamilyForm
from cases.models.inquiry import Ability, RedFlag, Urgency, Wish
from hospitals.models import Hospital

NO_SIGN = "none"


class NowForm(FamilyForm):
    """Signs of an emergency. Answered early, as soon as the country is known."""

    signs = forms.MultipleChoiceField(
        label=_("Is any of this happening to the patient right now?"),
        help_text=_("Tick all that are true."),
        choices=[*RedFlag.choices, (NO_SIGN, _("No, none of these"))],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick what is true, or “No, none of these”.")},
    )

    def clean_signs(self):
        signs = self.cleaned_data["signs"]
        if NO_SIGN in signs and len(signs) > 1:
            raise forms.ValidationError(
                _("You ticked a sign and “none of these”. Leave only what is true.")
            )
        return signs

    @property
    def red_flags(self) -> list[str]:
        return [sign for sign in self.cleaned_data["signs"] if sign != NO_SIGN]


class ProblemForm(FamilyForm):
    problem = Paragraphs(
        label=_("What is the problem?"),
        help_text=_(
            "In your own words and your own language: when it began, what doctors did so far. "
            "We keep every word as you write it."
        ),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 9, "dir": "auto", "autocomplete": "off"}),
        error_messages={"required": _("Write a few words about the problem.")},
    )
    diagnosis = Line(
        label=_("Diagnosis, if doctors have named one"),
        help_text=_("As it stands in the papers. Leave it empty if you don't know."),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )

    def prepare(self):
        """Nothing is asked twice: what was said in the directory stands here already."""
        if self.answers:
            self.initial.setdefault("problem", self.answers.words_begun_with)
            self.initial.setdefault("diagnosis", self.answers.condition_begun_with)


class WishForm(FamilyForm):
    wishes = forms.MultipleChoiceField(
        label=_("What would you like?"),
        help_text=_("Tick all that you want."),
        choices=Wish.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one. You can change it later.")},
    )


def _radios(label, choices, required) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=choices,
        widget=forms.RadioSelect,
        error_messages={"required": required},
    )


class UrgencyForm(FamilyForm):
    urgency = _radios(
        _("How soon is help needed?"),
        Urgency.choices,
        _("Choose how soon, or “I don't know”."),
    )
    in_hospital = _radios(
        _("Is the patient in hospital now?"),
        Ability.choices,
        _("Choose yes, no, or “I don't know”."),
    )
    able_to_travel = _radios(
        _("Can the patient travel?"),
        Ability.choices,
        _("Choose yes, no, or “I don't know”."),
    )


class HospitalForm(FamilyForm):
    hospital = forms.ChoiceField(label=_("Hospital"), required=False)
    specialty_wish = Line(
        label=_("Field of medicine or doctor you have in mind"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    when = Line(
        label=_("When would you like to come?"),
        help_text=_("A month is enough. Leave it empty if you don't know."),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )

    def prepare(self):
        named = [(hospital.slug, hospital.name) for hospital in Hospital.objects.public()]
        self.fields["hospital"].choices = [("", _("I don't know: advise me")), *named]
        if self.answers and self.answers.hospital_begun_with:
            self.initial.setdefault("hospital", self.answers.hospital_begun_with)
