"""The words of each consent. Whoever changes a text gives it a new version.

What was shown is proved by its hash, so a text may not hold anything that
differs from reader to reader, but for the hospital's name.
"""

import hashlib
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext, override

from cases.models import Consent, FamilyMember

Kind = Consent.Kind
# A new version of a text is asked for anew, and what was given to an older one is marked so.
VERSIONS = {
    Kind.HEALTH_DATA: "2026-11",
    Kind.TRANSFER_CHINA: "2026-11",
    Kind.SHARE_HOSPITAL: "2026-12",
    Kind.NEWS: "2026-11",
    Kind.GUARDIAN: "2026-11",
    Kind.CHILD: "2026-11",
}
# Who speaks for a minor: the writer, or somebody whose answer the writer passes on.
OWN, PASSED_ON = "own", "passed_on"
DECIDES = frozenset({FamilyMember.Relation.PARENT, FamilyMember.Relation.GUARDIAN})
# Under this age China's law asks for the parent (see child_text).
CHILD_AGE = 14


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

    @property
    def version(self) -> str:
        return VERSIONS[Kind(self.kind)]


def is_current(consent: Consent) -> bool:
    """Whether it was given to the text that is shown today (row P2)."""
    return consent.version == VERSIONS[Kind(consent.kind)]


def texts(hospital=None, child: str = "") -> list[ConsentText]:
    """The consents of an inquiry in the active language; sharing only with a named hospital.

    `child` is OWN or PASSED_ON where the patient is under 14, by whoever writes.
    """
    shown = [_health_data(), _transfer()]
    if child:
        shown.append(child_text(child))
    if hospital:
        shown.append(_share(hospital))
    return [*shown, _news()]


def texts_in(language: str, hospital=None, child: str = "") -> list[ConsentText]:
    with override(language):
        return texts(hospital, child)


def fingerprint_of(language: str, shown: list[ConsentText]) -> str:
    """Language and hash of all the texts together; another text has another fingerprint."""
    words = "\n".join(consent.text for consent in shown)
    return f"{language}:{hashlib.sha256(words.encode()).hexdigest()}"


def language_of(shown: str) -> str:
    """The language in which the texts of a fingerprint were read."""
    code = shown.partition(":")[0]
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def text_of(kind: str, hospital=None, relation: str = "") -> ConsentText | None:
    """One consent, to be given alone; None for a kind that nobody gives so."""
    makers = {
        Kind.HEALTH_DATA: _health_data,
        Kind.TRANSFER_CHINA: _transfer,
        Kind.NEWS: _news,
        Kind.CHILD: lambda: child_text(OWN if relation in DECIDES else PASSED_ON),
        Kind.GUARDIAN: lambda: guardian_text(OWN if relation in DECIDES else PASSED_ON),
    }
    if hospital:
        makers = {Kind.SHARE_HOSPITAL: lambda: _share(hospital)}
    return makers[kind]() if kind in makers else None


def title_of(consent: Consent) -> str:
    """What a family reads about a consent that it gave."""
    if consent.kind == Kind.SHARE_HOSPITAL:
        return gettext("Share the case with %(hospital)s") % {"hospital": consent.hospital.name}
    return {
        Kind.HEALTH_DATA: gettext("Read and keep what you tell us about health"),
        Kind.TRANSFER_CHINA: gettext("Handle it in China"),
        Kind.NEWS: gettext("Send news about this portal"),
        Kind.GUARDIAN: gettext("Who decides for the patient"),
        Kind.CHILD: gettext("Data of a child under 14"),
    }[Kind(consent.kind)]


def effect_of(consent: Consent) -> str:
    """What withdrawing it does, told before anybody presses the button."""
    if consent.kind == Kind.SHARE_HOSPITAL:
        name = consent.hospital.name
        return gettext("If you withdraw it, %(hospital)s sees nothing of the case any more, at "
                       "once. What it read before stays lawful.") % {"hospital": name}  # fmt: skip
    return {
        Kind.HEALTH_DATA: gettext(
            "If you withdraw it, nobody of us opens your inquiry and your papers any more, and no "
            "hospital sees them, at once. You still see everything. Messages go on."
        ),
        Kind.TRANSFER_CHINA: gettext(
            "If you withdraw it, nobody in China opens your inquiry and your papers any more, "
            "neither a hospital nor our coordinators, at once. You still see everything."
        ),
        Kind.NEWS: gettext("If you withdraw it, no more news is sent. Your case goes on as it is."),
        Kind.GUARDIAN: gettext(
            "If you withdraw it, no hospital sees the case any more, at once. Your coordinator "
            "asks you who decides."
        ),
        Kind.CHILD: gettext(
            "If you withdraw it, no hospital sees the case any more, at once. Your coordinator "
            "writes to you."
        ),
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
            "I agree that the doctors and the international department of %(hospital)s in "
            "Shanghai, China, read my answers about the illness as I wrote them, and see scans "
            "from which the names were removed, to say whether and how they can help; and no other "
            "hospital. Our names and addresses, which I gave on other pages, are not shown. I may "
            "withdraw this at any time on the page of my case; what they read before stays lawful."
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


def guardian_text(who: str) -> ConsentText:
    """The declaration for a patient under 18."""
    own = gettext("I am the patient's parent or legal guardian and may decide for them.")
    passed_on = gettext(
        "The parent or legal guardian named here knows of this inquiry and agrees to it."
    )
    return ConsentText(
        kind=Kind.GUARDIAN,
        title=gettext("Who decides for the patient"),
        text=own if who == OWN else passed_on,
        is_required=True,
        why=gettext("Only a parent or legal guardian decides for a child."),
    )


def child_text(who: str) -> ConsentText:
    """Of a child under 14, by name.

    Personal Information Protection Law of the People's Republic of China (adopted 20 August
    2021, in force 1 November 2021), Article 31: whoever handles personal information of minors
    under the age of fourteen obtains the consent of their parents or other guardians, and has
    special rules for it. Article 28 counts such information as sensitive.
    """
    own = gettext(
        "The patient is under 14. As the mother, father or legal guardian I agree, separately "
        "and by name, that the child's data, health data among it, is handled for this inquiry "
        "and sent to China. China's Personal Information Protection Law asks for this consent "
        "(Article 31). I may withdraw it at any time."
    )
    passed_on = gettext(
        "The patient is under 14. The mother, father or legal guardian named below agrees, "
        "separately and by name, that the child's data, health data among it, is handled for "
        "this inquiry and sent to China, and I pass on this answer. China's Personal Information "
        "Protection Law asks for this consent (Article 31). It may be withdrawn at any time."
    )
    return ConsentText(
        kind=Kind.CHILD,
        title=gettext("Data of a child under 14"),
        text=own if who == OWN else passed_on,
        is_required=True,
        why=gettext("For a child under 14 the law asks for this. Without it we cannot begin."),
    )
