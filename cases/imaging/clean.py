"""Makes the header of a picture say nothing of a person: by `profile`, attribute by attribute."""

import contextlib
import hashlib
import hmac
import re
import unicodedata

from cases.imaging import codes, profile, tables

DEPTH_MAX = 20
# Rows of numbers without a limit of their own: positions, windows, a handful of echoes.
LENGTH_MAX = 16
WORD = re.compile(r"[^\W_]+")
LETTERS = re.compile(r"[a-z]+")
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
        if codes.is_standard_uid(uid):
            return uid
        digest = hmac.new(self._key, b"uid:" + uid.encode(), hashlib.sha256).digest()
        return f"2.25.{int.from_bytes(digest[:16])}"

    def clean(self, scan) -> None:
        """In place. Raises HeldBackError."""
        form = str(scan.get("PhotometricInterpretation", ""))
        palette = tables.palette_of(scan) if form == "PALETTE COLOR" else []
        if form not in FORMS or (form == "PALETTE COLOR" and not palette):
            raise HeldBackError("form")
        names = self._names | names_in(scan)
        age = age_at(scan)
        _Pass(self, names, int(scan.get("NumberOfFrames") or 1)).clean(scan, 0)
        for element in palette:
            scan[element.tag] = element
        scan.PatientName = scan.PatientID = self.pseudonym
        scan.PatientBirthDate = ""
        if age and not scan.get("PatientAge"):
            scan.PatientAge = age
        scan.SpecificCharacterSet = "ISO_IR 192"
        _sign(scan)


class _Pass:
    """Through one header."""

    def __init__(self, cleaner: Cleaner, names: set[str], frames: int):
        self._cleaner, self._names = cleaner, names
        self._most = max(frames, LENGTH_MAX)

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
        if not _is_of_the_standard(element):
            return False
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
        if element.keyword in tables.SEQUENCES:
            return self._tables(element, depth)
        for item in element.value:
            code = codes.standard_code(item) if element.keyword in profile.CODE_SEQUENCES else {}
            self._clean_item(item, depth)
            for name, value in code.items():
                setattr(item, name, value)
        return any(len(item) for item in element.value)

    def _clean_item(self, item, depth: int) -> None:
        self.clean(item, depth + 1)
        # What stays is read and written in the letters of the whole picture.
        for name in ("SpecificCharacterSet", *codes.PARTS):
            if name in item:
                del item[name]

    def _tables(self, element, depth: int) -> bool:
        """Tables that are as long as they say; a viewer stumbles over an item without one."""
        kept = []
        for item in element.value:
            table = tables.table_of(item)
            self._clean_item(item, depth)
            for part in table:
                item[part.tag] = part
            if table:
                kept.append(item)
        element.value = kept
        return bool(kept)

    def _unlisted(self, element) -> bool:
        kind, name = element.VR, element.keyword
        if name in tables.NAMES:
            return False
        if kind == "UI":
            self._remap(element)
            return True
        if kind in profile.NUMBERS:
            return self._is_short(element) and (_limit(element) or name in profile.VECTORS)
        if kind in profile.MOMENT:
            return name in profile.RETAINED and _all_match(element, profile.MOMENT[kind])
        if kind in ("DS", "IS"):
            return self._is_short(element) and _all_match(element, profile.NUMBER)
        if kind == "CS":
            return _keep_terms(element)
        if name in profile.DESCRIPTORS:
            return self._describe(element)
        if kind == "AS":
            return _all_match(element, profile.AGE)
        return name in profile.MACHINE_TEXTS and self._describe(element)

    def _is_short(self, element) -> bool:
        """As many numbers as the standard allows; a long row of them could be a text."""
        return element.VM <= (_limit(element) or self._most)

    def _remap(self, element) -> None:
        texts = [self._cleaner.uid(text) for text in texts_of(element) if text]
        element.value = texts if len(texts) > 1 else "".join(texts)

    def _describe(self, element) -> bool:
        """Words of the trade and numbers beside them alone, of machines their signs too."""
        words = WORD.findall(" ".join(texts_of(element)))
        signs = element.keyword in profile.MACHINE_TEXTS
        known = [self._is_known(fold(word), signs) for word in words]
        kept = [
            word for place, word in enumerate(words)
            if known[place] or _counts(words, known, place)
        ]  # fmt: skip
        element.value = " ".join(kept)[: 16 if element.VR == "SH" else 64]
        return bool(kept)

    def _is_known(self, word: str, signs: bool) -> bool:
        """Never a name, not even as a part of a sign: LI2."""
        if word in self._names or LETTERS.search(word) is None:
            return False
        if word in profile.VOCABULARY or (signs and word in profile.MAKERS):
            return True
        if not signs or profile.LONG_PART.search(word) or not profile.SIGN.fullmatch(word):
            return False
        return not self._names.intersection(LETTERS.findall(word))


def _counts(words: list[str], known: list[bool], place: int) -> bool:
    """A number that says something of a word beside it; of dates and telephones others follow."""
    if not profile.SHORT_NUMBER.fullmatch(words[place]):
        return False
    beside = [other for other in (place - 1, place + 1) if 0 <= other < len(words)]
    return any(known[other] for other in beside) and not any(
        words[other].isdigit() for other in beside
    )


def _is_of_the_standard(element) -> bool:
    """Named there, and written in the form that it has there: nothing else can be judged."""
    from pydicom.datadict import dictionary_VR

    return bool(element.keyword) and element.VR in dictionary_VR(element.tag).split(" or ")


def _limit(element) -> int:
    """How many values an attribute may have; 0: any number."""
    from pydicom.datadict import dictionary_VM

    most = dictionary_VM(element.tag).split("-")[-1]
    return int(most) if most.isdigit() else 0


def _keep_terms(element) -> bool:
    """The standard's own values; the place of another one stays empty, as places mean something."""
    terms = profile.defined_terms().get(element.keyword, frozenset())
    kept = [text if text in terms else "" for text in map(str.strip, texts_of(element))]
    while kept and not kept[-1]:
        kept.pop()
    element.value = kept if len(kept) > 1 else "".join(kept)
    return bool(kept)


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
