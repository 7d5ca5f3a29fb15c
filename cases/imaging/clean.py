"""Makes the header of a picture say nothing of a person: by `profile`, attribute by attribute."""

import contextlib
import hashlib
import hmac
import re
import unicodedata

from cases.imaging import profile

DEPTH_MAX = 20
WORD = re.compile(r"[^\W_]+")
IDENTIFIERS = ("PatientID", "AccessionNumber", "OtherPatientIDs", "IssuerOfPatientID")
# Without these a picture cannot be shown, so that they are looked at and never emptied.
FORMS = frozenset({"MONOCHROME1", "MONOCHROME2", "RGB", "PALETTE COLOR", "YBR_FULL",
                   "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "YBR_PARTIAL_420"})  # fmt: skip


# What a parser raises of an element that is wrong in itself.
HARMLESS = (ValueError, TypeError, KeyError, AttributeError, NotImplementedError, LookupError)


class HeldBackError(Exception):
    """This picture must not leave, with a word for the reason."""


class Cleaner:
    """One for all pictures of a case: the same person, the same new identifiers.

    `names` are words about the person that we know; those of each header are added to them.
    """

    def __init__(self, pseudonym: str, key: bytes, names: list[str]):
        self.pseudonym, self._key = pseudonym, key
        self._names = set().union(*(words_of(name) for name in names)) if names else set()

    def uid(self, uid: str) -> str:
        """Another identifier, always the same for the same; those of the standard stay."""
        if profile.STANDARD_UID.fullmatch(uid):
            return uid
        digest = hmac.new(self._key, b"uid:" + uid.encode(), hashlib.sha256).digest()
        return f"2.25.{int.from_bytes(digest[:16])}"

    def clean(self, scan) -> None:
        """In place. Raises HeldBackError."""
        if str(scan.get("PhotometricInterpretation", "")) not in FORMS:
            raise HeldBackError("form")
        names = self._names | names_in(scan)
        age = age_at(scan)
        _Pass(self, names).clean(scan, 0)
        scan.PatientName = scan.PatientID = self.pseudonym
        scan.PatientBirthDate = ""
        if age and not scan.get("PatientAge"):
            scan.PatientAge = age
        scan.SpecificCharacterSet = "ISO_IR 192"
        _sign(scan)


class _Pass:
    """Through one header."""

    def __init__(self, cleaner: Cleaner, names: set[str]):
        self._cleaner, self._names = cleaner, names

    def clean(self, dataset, depth: int) -> None:
        if depth > DEPTH_MAX:
            raise HeldBackError("deep")
        for tag in list(dataset.keys()):
            if tag.is_private or tag.group in profile.LEFT_GROUPS or tag.element == 0:
                del dataset[tag]
                continue
            try:
                element = dataset[tag]
                is_kept = self._decide(element, depth)
            except HeldBackError:
                raise
            except Exception:  # noqa: BLE001  what cannot be read cannot be judged
                is_kept = False
            if not is_kept:
                del dataset[tag]

    def _decide(self, element, depth: int) -> bool:
        """Changes what must change; whether the element stays."""
        if element.VR == "SQ":
            return self._sequence(element, depth)
        action = profile.listed_actions().get(int(element.tag))
        if action and element.keyword not in profile.RETAINED | profile.DESCRIPTORS:
            return self._as_listed(element, action)
        return self._unlisted(element)

    def _as_listed(self, element, action: str) -> bool:
        if "U" in action and element.VR == "UI":
            self._remap(element)
            return True
        if "Z" in action:
            element.value = None
            return True
        return False

    def _sequence(self, element, depth: int) -> bool:
        if profile.listed_actions().get(int(element.tag)):
            return False
        for item in element.value:
            is_code = "CodeValue" in item or "LongCodeValue" in item or "CodeMeaning" in item
            code = _standard_code(item) if is_code else {}
            self.clean(item, depth + 1)
            for name in CODE_PARTS:
                if name in item:
                    del item[name]
            # A code of the standard says itself what it means; of others nothing is known.
            for name, value in code.items():
                setattr(item, name, value)
        return any(len(item) for item in element.value)

    def _unlisted(self, element) -> bool:
        kind, name = element.VR, element.keyword
        if kind == "UI":
            self._remap(element)
            return True
        if kind in profile.NUMBERS:
            return True
        if name in profile.NEEDED_BYTES:
            return True
        if kind in profile.MOMENTS:
            return name in profile.RETAINED and _all_match(element, profile.MOMENT)
        if kind in ("DS", "IS"):
            return _all_match(element, profile.NUMBER)
        if name in profile.DESCRIPTORS:
            return self._describe(element)
        if kind == "AS":
            return _all_match(element, profile.AGE)
        if kind == "CS":
            return _all_match(element, profile.CODE) and not self._names_somebody(element)
        return name in profile.MACHINE_TEXTS and self._describe(element)

    def _remap(self, element) -> None:
        texts = [self._cleaner.uid(text) for text in texts_of(element) if text]
        element.value = texts if len(texts) > 1 else "".join(texts)

    def _describe(self, element) -> bool:
        """Words of the trade and short numbers alone, of machines their signs too; never a name."""
        words = WORD.findall(" ".join(texts_of(element)))
        signs = element.keyword in profile.MACHINE_TEXTS
        kept = [
            word for word in words
            if _is_known(fold(word), signs) and fold(word) not in self._names
        ]  # fmt: skip
        element.value = " ".join(kept)[: 16 if element.VR in ("CS", "SH") else 64]
        return bool(kept)

    def _names_somebody(self, element) -> bool:
        if element.keyword in profile.PLAIN_CODES:
            return False
        text = fold(" ".join(texts_of(element)))
        # A date or a number of somebody; codes of the standard have no four digits in a row.
        if profile.LONG_NUMBER.search(text):
            return True
        words = set(WORD.findall(text))
        return bool(words & self._names) or any(
            name in text for name in self._names if len(name) > 4
        )


# The parts of a coded concept (DICOM PS3.3, 8.8).
CODE_PARTS = (
    "CodeValue", "LongCodeValue", "URNCodeValue", "CodeMeaning", "CodingSchemeDesignator",
    "CodingSchemeVersion",
)  # fmt: skip


def _standard_code(item) -> dict[str, str]:
    """A code of a scheme of the standard, with itself as its meaning; else nothing."""
    scheme, value = (str(item.get(name) or "") for name in ("CodingSchemeDesignator", "CodeValue"))
    if scheme not in profile.SCHEMES or not profile.CODE_VALUE.fullmatch(value):
        return {}
    return {"CodeValue": value, "CodingSchemeDesignator": scheme, "CodeMeaning": value}


def _is_known(word: str, signs: bool) -> bool:
    if word in profile.VOCABULARY or (signs and word in profile.MAKERS):
        return True
    if profile.LONG_NUMBER.search(word):
        return False
    return word.isdigit() or (signs and bool(profile.SIGN.fullmatch(word)))


def texts_of(element) -> list[str]:
    value = element.value
    if value is None:
        return []
    several = not isinstance(value, str | bytes) and hasattr(value, "__iter__")
    return [str(one) for one in (value if several and element.VM > 1 else [value])]


def _all_match(element, pattern) -> bool:
    return all(pattern.fullmatch(text) for text in texts_of(element) if text)


def fold(text: str) -> str:
    text = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in text if not unicodedata.combining(mark))


def words_of(text: str) -> set[str]:
    """Each of them, compared as whole words: Li, Wu and Na are the commonest names there are."""
    return set(WORD.findall(fold(text)))


def names_in(dataset, depth: int = 0) -> set[str]:
    """Words of every person, and of the patient's numbers, that a header names at any depth."""
    found = set()
    if depth > DEPTH_MAX:
        raise HeldBackError("deep")
    for tag in list(dataset.keys()):
        # What cannot be read will not be kept either.
        with contextlib.suppress(HARMLESS):
            found |= _names_of(dataset[tag], depth)
    return found


def _names_of(element, depth: int) -> set[str]:
    if element.VR == "SQ":
        return set().union(*(names_in(item, depth + 1) for item in element.value))
    if element.VR == "PN" or element.keyword in IDENTIFIERS:
        return set().union(*map(words_of, texts_of(element)))
    return set()


def age_at(scan) -> str:
    """The patient's age on the day of the study, as DICOM writes it: 030M, 012Y; else nothing."""
    born, seen = (str(scan.get(name) or "") for name in ("PatientBirthDate", "StudyDate"))
    if not (born.isdigit() and seen.isdigit() and len(born) == len(seen) == 8 and born <= seen):
        return ""
    months = (int(seen[:4]) - int(born[:4])) * 12 + int(seen[4:6]) - int(born[4:6])
    months -= seen[6:] < born[6:]
    years = months // 12
    if years > 130:
        return ""
    return f"{months:03d}M" if years < 3 else f"{years:03d}Y"


def _sign(scan) -> None:
    """What was done, in the words of the standard."""
    from pydicom.dataset import Dataset

    scan.PatientIdentityRemoved = "YES"
    scan.DeidentificationMethod = profile.METHOD
    scan.LongitudinalTemporalInformationModified = "UNMODIFIED"
    methods = []
    for value, meaning in profile.METHODS:
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
        methods.append(item)
    scan.DeidentificationMethodCodeSequence = methods
