"""Forms that agree to texts: which of them, in which language, the reader had before them."""

from collections.abc import Callable

from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from cases import consents
from cases.forms.policy import FamilyForm

CHANGED = _("The words of this page have changed since you read them. Read them and tick again.")


class AgreementForm(FamilyForm):
    """The page posts back a fingerprint of what it showed; other texts are read first (row P1).

    Each form of this kind brings `texts`: in the active language, in the order of the page.
    """

    extra_keys = ("shown",)
    texts: Callable[[], list[consents.ConsentText]]
    # The field that tells of it when the texts have changed; the first if none is named.
    told_at = ""

    @property
    def language(self) -> str:
        """The language in which the texts were read."""
        return consents.language_of(self.data.get("shown", ""))

    def texts_read(self) -> list[consents.ConsentText]:
        """In the words that were shown."""
        return self._texts_in(self.language)

    def _texts_in(self, language: str) -> list[consents.ConsentText]:
        with override(language):
            return self.texts()

    def _fingerprint(self, language: str) -> str:
        return consents.fingerprint_of(language, self._texts_in(language))

    @property
    def carried(self):
        return {"shown": self._fingerprint(get_language() or "en")}

    def clean(self):
        data = super().clean()
        if self.data.get("shown") != self._fingerprint(self.language):
            self.add_error(self.told_at or next(iter(self.fields)), CHANGED)
        return data
