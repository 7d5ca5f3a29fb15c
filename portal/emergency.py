"""The emergency number a family is shown first when an answer is a red flag.

portal/data/emergency_numbers.json holds the numbers; its key "_about" says how they were made.
A country that is not in it has no number we can vouch for: the page then says to call the local
emergency number. Never fall back on a guess such as 112.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

DATA_FILE = Path(__file__).resolve().parent / "data" / "emergency_numbers.json"


@dataclass(frozen=True)
class EmergencyNumber:
    """A number as dialled inside the country: digits only, so a link is `tel:{number}`.

    `also` is a second number that works, or None. `source_date` is the date of the newest dated
    source, or None if the source has no date.
    """

    number: str
    also: str | None
    source: str
    source_date: date | None


def emergency_number(country_code: str) -> EmergencyNumber | None:
    """The ambulance or general number of an ISO 3166 alpha-2 country; None if we know none.

    Takes any text, in either case; a `django_countries` Country is read by its code.
    """
    code = getattr(country_code, "code", country_code)
    return all_numbers().get(str(code or "").upper())


@cache
def all_numbers() -> Mapping[str, EmergencyNumber]:
    """Every number, by alpha-2 code; read once a process."""
    rows = json.loads(DATA_FILE.read_text(encoding="utf-8"))
    return MappingProxyType(
        {code: _read(row) for code, row in rows.items() if not code.startswith("_")}
    )


def _read(row: dict) -> EmergencyNumber:
    day = row["source_date"]
    return EmergencyNumber(
        number=row["number"],
        also=row["also"],
        source=row["source"],
        source_date=date.fromisoformat(day) if day else None,
    )
