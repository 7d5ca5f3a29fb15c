"""The last page: consents, each on its own and unticked."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from cases import consents
from cases.forms.policy import FamilyForm

CHANGED = _("The words of this page have changed since you read them. Read them and tick again.")


class ConsentsForm(FamilyForm):
    """`shown` says which texts, in which language, the reader had before them (row P1)."""

    extra_keys = ("shown",)

    def prepare(self):
        self.hospital = self.answers.hospital() if self.answers else None
        for consent in consents.texts(self.hospital):
            self.fields[consent.kind] = _box(consent)

    @property
    def carried(self):
        return {"shown": consents.current_fingerprint(self.hospital)}

    def clean(self):
        data = super().clean()
        if self.data.get("shown") != consents.fingerprint(self.language, self.hospital):
            self.add_error(next(iter(self.fields)), CHANGED)
        return data

    @property
    def language(self) -> str:
        """The language in which the texts were read."""
        code = self.data.get("shown", "").partition(":")[0]
        return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE

    def given(self) -> list[consents.ConsentText]:
        """What was agreed to, in the words that were shown."""
        texts = consents.texts_in(self.language, self.hospital)
        return [text for text in texts if self.cleaned_data.get(text.kind)]


def _box(consent: consents.ConsentText) -> forms.BooleanField:
    why = consent.why
    box = forms.BooleanField(
        label=consent.title,
        help_text=consent.text,
        required=consent.is_required,
        error_messages={"required": f"{consent.title}: {why}"},
    )
    box.why = why
    return box
