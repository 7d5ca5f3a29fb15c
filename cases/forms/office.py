"""Forms of the case page. Each carries the version that its reader saw (row R4)."""

import uuid
from datetime import timedelta

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.checklist.papers import PaperCode
from cases.models import IdentityCheck, MergeAgreement
from cases.records.kinds import STAFF_REASONS
from cases.workflow import CloseReason, InfoReason, WaitingOn
from portal.models import User
from portal.roles import CASE_WORKERS

BODY_LENGTH = 5000
MAX_DUE = timedelta(days=366)
# The page of a paper and the proposal of a hospital ask for these by themselves.
ASKED_ELSEWHERE = frozenset({InfoReason.PAPER_AGAIN, InfoReason.HOSPITAL})


class VersionForm(forms.Form):
    """What every form of the page has; the base of a step that asks nothing else."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    # What the reader typed, for the page that shows both texts after a conflict.
    own_words = ""

    def details(self) -> dict:
        """Everything typed, as the arguments of the action."""
        return dict(self.cleaned_data)


def _body(required: bool, label):
    widget = forms.Textarea(attrs={"rows": 6, "cols": 60, "dir": "auto", "data-keep": "true"})
    return forms.CharField(label=label, max_length=BODY_LENGTH, required=required, widget=widget)


def _language():
    return forms.ChoiceField(label=_("Written in"), choices=settings.LANGUAGES)


def _submission():
    return forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class AnswerForm(VersionForm):
    submission = _submission()
    body = _body(True, _("To the family"))
    language = _language()
    waiting_on = forms.ChoiceField(
        label=_("Whose turn is it then?"),
        required=False,
        choices=[("", _("No change")), *WaitingOn.choices],
    )
    own_words = "body"


class AskForm(VersionForm):
    submission = _submission()
    reasons = forms.MultipleChoiceField(
        label=_("What is missing?"),
        choices=[choice for choice in InfoReason.choices if choice[0] not in ASKED_ELSEWHERE],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Each becomes a task that the family reads in its own language."),
        error_messages={"required": _("Choose at least one thing that the family should send.")},
    )
    body = _body(False, _("A few words about it"))
    language = _language()
    own_words = "body"


class CloseForm(VersionForm):
    reason = forms.ChoiceField(
        label=_("Why"),
        choices=[("", _("Choose a reason")), *CloseReason.choices],
        help_text=_("The family reads this reason. After a death no automatic mail goes out."),
    )


class AssignForm(VersionForm):
    """The lead's form; the list holds only people who work on cases."""

    to = forms.ModelChoiceField(
        label=_("Coordinator"), queryset=User.objects.none(), empty_label=_("Choose somebody")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        workers = User.objects.filter(is_active=True, role__in=CASE_WORKERS)
        self.fields["to"].queryset = workers.order_by("username")
        self.fields["to"].label_from_instance = User.display_name


class DueForm(VersionForm):
    due = forms.DateTimeField(
        label=_("New date (Shanghai time)"),
        input_formats=["%Y-%m-%dT%H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("The family is told the new date."),
    )

    def clean_due(self):
        due = self.cleaned_data["due"]
        if not timezone.now() < due < timezone.now() + MAX_DUE:
            raise forms.ValidationError(_("Choose a date within the next year."))
        return due


class EmailForm(VersionForm):
    email = forms.EmailField(label=_("E-mail of the family"), max_length=254)


class UnreadableForm(VersionForm):
    reason = forms.ChoiceField(
        label=_("Why it cannot be used"),
        choices=[("", _("Choose a reason")), *((code, code.label) for code in STAFF_REASONS)],
        help_text=_("The family reads it in its own language, with what to do."),
    )


def _codes(label):
    return forms.MultipleChoiceField(
        label=label,
        choices=PaperCode.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class TickForm(VersionForm):
    """What the family told on the phone or on paper about the whole list."""

    has = _codes(_("The family has it"))
    not_had = _codes(_("The family cannot get it"))

    def clean(self):
        values = super().clean()
        if set(values.get("has", ())) & set(values.get("not_had", ())):
            raise forms.ValidationError(_("A paper cannot be both there and out of reach."))
        return values


class SortForm(VersionForm):
    """Which papers of the list a file is."""

    items = _codes(_("What is it?"))


class CheckForm(VersionForm):
    kind = forms.ChoiceField(
        label=_("How did you check who it is?"),
        choices=[("", _("Choose")), *IdentityCheck.Kind.choices],
        help_text=_("Two different ways within a day. Both are logged with your name."),
    )


class DuplicateForm(VersionForm):
    """One form for each pair of cases: what the families said, and what follows."""

    hint = forms.UUIDField(widget=forms.HiddenInput)
    deed = forms.ChoiceField(
        label=_("What is known?"),
        choices=[
            ("", _("Choose")),
            ("apart", _("They are two different patients")),
            ("agreed_here", _("This family agrees that the cases are joined")),
            ("agreed_there", _("The other family agrees that the cases are joined")),
        ],
    )
    how = forms.ChoiceField(
        label=_("How did they agree?"),
        required=False,
        choices=[("", _("Choose")), *MergeAgreement.How.choices],
        help_text=_("Ask each family about its own case. Tell neither of the other."),
    )


# The details of the steps that ask for more than a press of the button.
STEP_FORMS = {"ask_for_information": AskForm, "close": CloseForm}
