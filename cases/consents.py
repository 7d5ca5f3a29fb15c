"""The words of each consent. Whoever changes a text changes VERSION with it.

What was shown is proved by its hash, so a text may not hold anything that
differs from reader to reader, but for the hospital's name.
"""

import hashlib
from dataclasses import dataclass

from django.utils.translation import get_language, gettext, override

from cases.models import Consent

VERSION = "2026-11"
Kind = Consent.Kind


@dataclass(frozen=True)
class ConsentText:
    """One consent as it is shown. `why` says what happens without it."""

    kind: str
    title: str
    text: str
    is_required: bool
    why: str

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def texts(hospital=None) -> list[ConsentText]:
    """The consents of an inquiry in the active language; sharing only with a named hospital."""
    shown = [_health_data(), _transfer()]
    if hospital:
        shown.append(_share(hospital))
    return [*shown, _news()]


def texts_in(language: str, hospital=None) -> list[ConsentText]:
    with override(language):
        return texts(hospital)


def fingerprint(language: str, hospital=None) -> str:
    """Language and hash of all the texts together; another text has another fingerprint."""
    words = "\n".join(consent.text for consent in texts_in(language, hospital))
    return f"{language}:{hashlib.sha256(words.encode()).hexdigest()}"


def current_fingerprint(hospital=None) -> str:
    return fingerprint(get_language() or "en", hospital)


def title_of(consent: Consent) -> str:
    """What a family reads about a consent that it gave."""
    if consent.kind == Kind.SHARE_HOSPITAL:
        return gettext("Share the case with %(hospital)s") % {"hospital": consent.hospital.name}
    return {
        Kind.HEALTH_DATA: gettext("Read and keep what you tell us about health"),
        Kind.TRANSFER_CHINA: gettext("Handle it in China"),
        Kind.NEWS: gettext("Send news about this portal"),
    }[Kind(consent.kind)]


def _health_data() -> ConsentText:
    return ConsentText(
        kind=Kind.HEALTH_DATA,
        title=gettext("Read and keep what you tell us about health"),
        text=gettext(
            "I agree that the coordinators of this portal read and keep what I write about the "
            "patient's health, only to answer this inquiry and to arrange what I ask for. I may "
            "withdraw this at any time on the page of my case; what was done before stays lawful."
        ),
        is_required=True,
        why=gettext("Without this nobody may read your inquiry."),
    )


def _transfer() -> ConsentText:
    return ConsentText(
        kind=Kind.TRANSFER_CHINA,
        title=gettext("Handle it in China"),
        text=gettext(
            "I agree that this data is sent to China and is read there by coordinators and, after "
            "a further consent, by hospitals in Shanghai. I know the risks: China's data "
            "protection law differs from that of my country, the European Union has not found it "
            "equivalent, authorities there may be allowed to see data, and it may be harder for "
            "me to enforce my rights. I may withdraw this at any time."
        ),
        is_required=True,
        why=gettext("The hospitals are in Shanghai. Without this they cannot be asked."),
    )


def _share(hospital) -> ConsentText:
    name = hospital.name
    return ConsentText(
        kind=Kind.SHARE_HOSPITAL,
        title=gettext("Share the case with %(hospital)s") % {"hospital": name},
        text=gettext(
            "I agree that this inquiry is shown to the doctors and the international department "
            "of %(hospital)s in Shanghai, China, and to no other hospital."
        )
        % {"hospital": name},
        is_required=False,
        why=gettext("You can leave this open and decide after your coordinator has answered."),
    )


def _news() -> ConsentText:
    return ConsentText(
        kind=Kind.NEWS,
        title=gettext("Send news about this portal"),
        text=gettext(
            "I agree to get news about this portal by e-mail, a few times a year. This has no "
            "effect on my inquiry."
        ),
        is_required=False,
        why="",
    )
