"""The last page: consents, each on its own and unticked."""

from django import forms
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from cases import consents
from cases.forms.fields import Line, Paragraphs
from cases.forms.policy import FamilyForm
from cases.models.draft import Channel

CHANGED = _("The words of this page have changed since you read them. Read them and tick again.")
NOT_TICKED = _("Tick this box too, or choose “Not this hospital”. Nothing is shared until then.")
SIGNED = "signed_name"
SIGNATURE = _("Name of the mother, father or legal guardian who agrees")


class ConsentsForm(FamilyForm):
    """`shown` says which texts, in which language, the reader had before them (row P1)."""

    extra_keys = ("shown",)

    def prepare(self):
        self.hospital = self.answers.hospital() if self.answers else None
        self.child = self.answers.speaks_for_child() if self.answers else ""
        for consent in consents.texts(self.hospital, self.child):
            self.fields[consent.kind] = consent_box(consent)
            if consent.kind == consents.Kind.CHILD:
                self.fields[SIGNED] = _signature()
                self.initial.setdefault(SIGNED, self.answers.guardian_name())
        if self.answers and self.answers.channel != Channel.ONLINE:
            self.fields["channel"] = _channel()

    @property
    def carried(self):
        return {"shown": consents.current_fingerprint(self.hospital, self.child)}

    def clean(self):
        data = super().clean()
        expected = consents.fingerprint(self.language, self.hospital, self.child)
        if self.data.get("shown") != expected:
            self.add_error(next(iter(self.fields)), CHANGED)
        return data

    @property
    def language(self) -> str:
        """The language in which the texts were read."""
        return consents.language_of(self.data.get("shown", ""))

    def given(self) -> list[consents.ConsentText]:
        """What was agreed to, in the words that were shown."""
        texts = consents.texts_in(self.language, self.hospital, self.child)
        return [text for text in texts if self.cleaned_data.get(text.kind)]


class OneConsentForm(FamilyForm):
    """A consent given, or given again, on the page of the case."""

    extra_keys = ("shown",)

    def __init__(self, *args, kind: str, hospital=None, member, **kwargs):
        self.kind, self.hospital, self.member = kind, hospital, member
        super().__init__(*args, **kwargs)

    def prepare(self):
        text = consents.text_of(self.kind, self.hospital, self.member.relation)
        self.fields["agree"] = consent_box(text)
        self.fields["agree"].required = True
        self.fields["agree"].error_messages["required"] = _("Tick the box if you agree.")
        if self.kind == consents.Kind.CHILD:
            self.fields[SIGNED] = _signature()

    @property
    def carried(self):
        return {"shown": self._fingerprint(get_language() or "en")}

    def _fingerprint(self, language: str) -> str:
        return consents.fingerprint_of(language, [self.text(language)])

    def text(self, language: str) -> consents.ConsentText:
        with override(language):
            return consents.text_of(self.kind, self.hospital, self.member.relation)

    @property
    def language(self) -> str:
        return consents.language_of(self.data.get("shown", ""))

    def clean(self):
        data = super().clean()
        if self.data.get("shown") != self._fingerprint(self.language):
            self.add_error("agree", CHANGED)
        return data


class HospitalAnswerForm(FamilyForm):
    """The consents that one proposed hospital needs, each on its own and unticked."""

    extra_keys = ("shown",)

    def __init__(self, *args, hospital, kinds: list[str], **kwargs):
        self.hospital, self.kinds = hospital, kinds
        super().__init__(*args, **kwargs)

    def prepare(self):
        for text in self._texts():
            box = self.fields[text.kind] = consent_box(text)
            box.required, box.why = True, ""
            box.error_messages["required"] = NOT_TICKED

    def _texts(self) -> list[consents.ConsentText]:
        share = consents.Kind.SHARE_HOSPITAL
        return [
            consents.text_of(kind, self.hospital if kind == share else None) for kind in self.kinds
        ]

    def _texts_in(self, language: str) -> list[consents.ConsentText]:
        with override(language):
            return self._texts()

    @property
    def carried(self):
        return {"shown": self._fingerprint(get_language() or "en")}

    def _fingerprint(self, language: str) -> str:
        return consents.fingerprint_of(language, self._texts_in(language))

    @property
    def language(self) -> str:
        """The language in which the texts were read."""
        return consents.language_of(self.data.get("shown", ""))

    def clean(self):
        data = super().clean()
        if self.data.get("shown") != self._fingerprint(self.language):
            self.add_error(self.kinds[0], CHANGED)
        return data

    def given(self) -> list[consents.ConsentText]:
        """In the words that were shown."""
        return self._texts_in(self.language)


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
