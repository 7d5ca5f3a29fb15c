"""Which identifiers and codes are the standard's own, by the lists that its parser brings."""

from functools import cache

# The parts of a coded concept (DICOM PS3.3, 8.8).
PARTS = (
    "CodeValue", "LongCodeValue", "URNCodeValue", "CodeMeaning", "CodingSchemeDesignator",
    "CodingSchemeVersion",
)  # fmt: skip


def is_standard_uid(uid: str) -> bool:
    """One that PS3.6 registers; others below the same root could be anybody's numbers."""
    from pydicom.uid import UID_dictionary

    return uid in UID_dictionary


def standard_code(item) -> dict[str, str]:
    """A code of the context groups of PS3.16 with the meaning that they give it; else nothing."""
    scheme, value = (str(item.get(name) or "") for name in ("CodingSchemeDesignator", "CodeValue"))
    meaning = _meanings().get((scheme, value))
    if meaning is None:
        return {}
    return {"CodeValue": value, "CodingSchemeDesignator": scheme, "CodeMeaning": meaning[:64]}


@cache
def _meanings() -> dict[tuple[str, str], str]:
    """Read when the first code is met: the lists take 16 MB."""
    from pydicom.sr._concepts_dict import concepts
    from pydicom.sr._snomed_dict import mapping

    found = {}
    for scheme, entries in concepts.items():
        for codes in entries.values():
            for value, (meaning, _groups) in codes.items():
                # Some groups say it at length: "Head structure (body structure)".
                found[scheme, value] = min(found.get((scheme, value), meaning), meaning, key=len)
    # Devices still write the older codes of SNOMED.
    for older, code in mapping["SRT"].items():
        if ("SCT", code) in found:
            found["SRT", older] = found["SCT", code]
    return found
