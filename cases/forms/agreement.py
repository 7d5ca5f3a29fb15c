"""The last page: consents, each on its own and unticked."""

from django import forms
from django.utils.translation import gettext_lazy as _

from cases import consents
from cases.forms.fields import Line, Paragraphs
from cases.forms.policy import FamilyForm
from cases.forms.shown import AgreementForm
from cases.models.draft import Channel

NOT_TICKED = _("Tick this box too, or choose “Not this hospital”. Nothing is shared until then.")
SIGNED = "signed_name"
SIGNATURE = _("Name of the mother, father or legal guardian who agrees")


class ConsentsForm(AgreementForm):
    """All of an inquiry at once."""

    def prepare(self):
        self.hospital = self.answers.hospital() if self.answers else None
        self.child = self.answers.speaks_for_child() if self.answers else ""
        for consent in self.texts():
            self.fields[consent.kind] = consent_box(consent)
            if consent.kind == consents.Kind.CHILD:
                self.fields[SIGNED] = _signature()
                self.initial.setdefault(SIGNED, self.answers.guardian_name())
        if self.answers and self.answers.channel != Channel.ONLINE:
            self.fields["channel"] = _channel()

    def texts(self):
        return consents.texts(self.hospital, self.child)

    def given(self) -> list[consents.ConsentText]:
        """What was agreed to, in the words that were shown."""
        return [text for text in self.texts_read() if self.cleaned_data.get(text.kind)]


class OneConsentForm(AgreementForm):
    """A consent given, or given again, on the page of the case."""

    def __init__(self, *args, kind: str, hospital=None, member, **kwargs):
        self.kind, self.hospital, self.member = kind, hospital, member
        super().__init__(*args, **kwargs)

    def prepare(self):
        (text,) = self.texts()
        self.fields["agree"] = consent_box(text)
        self.fields["agree"].required = True
        self.fields["agree"].error_messages["required"] = _("Tick the box if you agree.")
        if self.kind == consents.Kind.CHILD:
            self.fields[SIGNED] = _signature()

    def texts(self):
        return [consents.text_of(self.kind, self.hospital, self.member.relation)]


class HospitalAnswerForm(AgreementForm):
    """The consents that one proposed hospital needs, each on its own and unticked."""

    def __init__(self, *args, hospital, kinds: list[str], **kwargs):
        self.hospital, self.kinds = hospital, kinds
        super().__init__(*args, **kwargs)

    def prepare(self):
        for text in self.texts():
            box = self.fields[text.kind] = consent_box(text)
            box.required, box.why = True, ""
            box.error_messages["required"] = NOT_TICKED

    def texts(self):
        share = consents.Kind.SHARE_HOSPITAL
        return [
            consents.text_of(kind, self.hospital if kind == share else None) for kind in self.kinds
        ]


class NoHospitalForm(FamilyForm):
    words = Paragraphs(
        label=_("Why not, if you like to say so"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "dir": "auto"}),
    )


def consent_box(consent: consents.ConsentText) -> forms.BooleanField:
    why = consent.why
    box = forms.BooleanField(
        label=consent.title,
        help_text=consent.text,
        required=consent.is_required,
        error_messages={"required": f"{consent.title}: {why}"},
    )
    box.why = why
    return box


def _signature() -> forms.CharField:
    return Line(
        label=SIGNATURE,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
        error_messages={"required": _("Write the name of the parent or guardian.")},
    )


def _channel() -> forms.ChoiceField:
    """Only for whoever of the office types what a family said or wrote."""
    return forms.ChoiceField(
        label=_("How did the family agree?"),
        choices=[
            (Channel.PHONE, _("Each text was read out on the phone, and they said yes")),
            (Channel.PAPER, _("They signed it on the paper form")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how the family agreed.")},
    )
