"""The form of the second adult."""

from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cases.forms.fields import Line
from cases.forms.policy import FamilyForm
from cases.models import FamilyMember

Relation = FamilyMember.Relation
READ, WRITE = "read", "write"
# The form's own labels speak in the first person ("I am the mother or father").
RELATIONS = (
    (Relation.PARENT, _("mother or father")),
    (Relation.GUARDIAN, _("legal guardian")),
    (Relation.PATIENT, _("nobody else: it is the patient")),
    (Relation.RELATIVE, _("relative")),
    (Relation.OTHER, _("helper in another way")),
)


class AdultForm(FamilyForm):
    name = Line(
        label=_("Their name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
        error_messages={"required": _("Write the name.")},
    )
    relation = forms.ChoiceField(
        label=_("They are the patient's"),
        choices=RELATIONS,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what they are to the patient.")},
    )
    rights = forms.ChoiceField(
        label=_("What may they do?"),
        choices=[
            (READ, _("Read everything in this case")),
            (WRITE, _("Read everything, and write to the coordinator")),
        ],
        widget=forms.RadioSelect,
        help_text=_("Consents, ending the case and letting others in stay with you."),
        error_messages={"required": _("Choose what they may do.")},
    )
    language = forms.ChoiceField(label=_("Their language"), choices=settings.LANGUAGES)
    email = forms.EmailField(
        label=_("Their e-mail"),
        help_text=_(
            "We mail them a link that makes a code of their own; it asks for the reference, "
            "which you tell them. Without an address you get a code to hand over."
        ),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "inputmode": "email"}),
        error_messages={
            "invalid": _("Write the whole e-mail address, such as name@example.org."),
        },
    )

    def prepare(self):
        self.initial.setdefault("language", get_language())

    def details(self) -> dict:
        """As the arguments of the action."""
        data = dict(self.cleaned_data)
        rights = data.pop("rights")
        return {**data, "can_write": rights == WRITE}
