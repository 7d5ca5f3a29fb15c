"""The directory as one JSON document, written a hospital at a time."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime

from django.conf import settings
from django.utils import timezone

from hospitals.choices import ClaimKind
from hospitals.freshness import accepting_on
from hospitals.models import DirectoryVersion
from hospitals.opendata import FORMAT, LICENCE_NAME, LICENCE_URL, rows
from portal.addresses import LANGUAGES, full_address, language_tag

UNITS = {
    ClaimKind.VOLUME: "patients a year",
    ClaimKind.OUTCOME: "percent",
    ClaimKind.PRICE: "whole units of the currency",
    ClaimKind.WAITING: "days",
}


def write_document(version: int, changed_at: datetime | None, day: date) -> Iterator[str]:
    """Ends with the version of the directory at the end.

    Where it is not the one of the beginning, somebody changed a claim meanwhile: each
    hospital is right for itself, and the next request brings the new version.
    """
    yield encode(head(version, changed_at, day))[:-1]
    yield from _array("specialties", rows.read_specialties(), specialty)
    yield from _array("conditions", rows.read_conditions(), condition)
    yield from _array("treatments", rows.read_treatments(), named)
    yield from _array("hospitals", rows.read_hospitals(), lambda row: hospital(row, day))
    yield f',\n"version_at_end":{DirectoryVersion.current()}}}\n'


def head(version: int, changed_at: datetime | None, day: date) -> dict:
    return {
        "format": FORMAT,
        "licence": {"name": LICENCE_NAME, "url": LICENCE_URL},
        "attribution": f"Treatment in Shanghai, {settings.PUBLIC_URL}",
        "documentation": full_address("open-data", language="en"),
        "is_demo": settings.IS_LOCAL,
        "version": version,
        "updated": day_of(changed_at),
        "as_of": day.isoformat(),
        "languages": [language_tag(code) for code in LANGUAGES],
    }


def hospital(row: dict, day: date) -> dict:
    return {
        "slug": row["slug"],
        "url": full_address("hospitals:detail", row["slug"], language="en"),
        "type": row["type"],
        "name": texts(row, "name"),
        "name_source": source(row, "name_source"),
        "name_zh_source": source(row, "name_zh_source"),
        "short_name": texts(row, "short_name"),
        "description": texts(row, "description"),
        "accepting": row["accepting"],
        "accepting_confirmed_on": day_of(row["accepting_confirmed_at"]),
        "first_13_pilots": {"status": row["pilot_status"], "source": source(row, "pilot_source")},
        "campuses": [campus(part) for part in row["campuses"]],
        "facts": [fact(part) for part in row["facts"]],
        "listings": [listing(part, day) for part in row["listings"]],
        "stories": [story(part) for part in row["stories"]],
    }


def campus(row: dict) -> dict:
    """An address that nobody checked is left out; its district is known all the same."""
    address = {} if row["is_withheld"] else texts(row, "address")
    return {
        "key": row["key"],
        "name": texts(row, "name"),
        "is_main": row["is_main"],
        "district": row["district"],
        "address": address,
        "note": texts(row, "note"),
        **evidence(row),
    }


def fact(row: dict) -> dict:
    return {
        "key": row["key"],
        "kind": row["kind"],
        "value": texts(row, "value"),
        "note": texts(row, "note"),
        **evidence(row),
    }


def story(row: dict) -> dict:
    return {
        "key": row["key"],
        "country": row["country"],
        "patient": texts(row, "patient"),
        "condition": texts(row, "condition"),
        "summary": texts(row, "summary"),
        "source": source(row),
    }


def listing(row: dict, day: date) -> dict:
    return {
        "specialty": row["specialty__slug"],
        "area": row["specialty__area"],
        "specialty_name": texts(row, "specialty__name"),
        "title": texts(row, "title"),
        "reason": texts(row, "reason"),
        "description": texts(row, "description"),
        "audience": row["audience"],
        "min_age_years": row["min_age_years"],
        "max_age_years": row["max_age_years"],
        "accepting": accepting_on(row["accepting"], row["accepting_until"], day),
        "accepting_until": iso(row["accepting_until"]),
        **evidence(row),
        "claims": [claim(part) for part in row["claims"]],
        "conditions": [own_condition(part) for part in row["conditions"]],
        "treatments": [own_treatment(part) for part in row["treatments"]],
    }


def claim(row: dict) -> dict:
    return {
        "kind": row["kind"],
        "text": texts(row, "text"),
        "codes": row["codes"],
        "low": row["low"],
        "high": row["high"],
        "unit": UNITS.get(row["kind"], ""),
        "currency": row["currency"],
        "period_from": row["period_from"],
        "period_to": row["period_to"],
        **evidence(row),
    }


def own_condition(row: dict) -> dict:
    return {
        "condition": row["condition__slug"],
        "name": texts(row, "condition__name"),
        "icd10": row["codes"],
        **evidence(row),
    }


def own_treatment(row: dict) -> dict:
    return {
        "treatment": row["treatment__slug"],
        "name": texts(row, "treatment__name"),
        **evidence(row),
    }


def specialty(row: dict) -> dict:
    return {"slug": row["slug"], "area": row["area"], "name": texts(row, "name")}


def condition(row: dict) -> dict:
    return {**named(row), "icd10": row["codes"]}


def named(row: dict) -> dict:
    words = {language_tag(code): shown_words(row, code) for code in LANGUAGES}
    return {
        "slug": row["slug"],
        "name": texts(row, "name"),
        "other_words": {tag: found for tag, found in words.items() if found},
        "audience": row["audience"],
        "specialties": row["specialties"],
    }


def shown_words(row: dict, code: str) -> list[str]:
    """Without those that hurt or are out of date: the search knows them, no page shows them."""
    hidden = {word.casefold() for word in row["hidden_words"].get(code, [])}
    return [word for word in row["words"].get(code, []) if word.casefold() not in hidden]


def texts(row: dict, field: str) -> dict[str, str]:
    """The text in each language that has one."""
    found = zip(LANGUAGES, rows.texts(field), strict=True)
    return {language_tag(code): row[column] for code, column in found if row[column]}


def evidence(row: dict) -> dict:
    """Where a claim comes from and when the hospital confirmed it; never who."""
    return {"source": source(row), "confirmed_on": day_of(row["confirmed_at"])}


def source(row: dict, name: str = "source") -> dict | None:
    if not row[f"{name}__title"]:
        return None
    return {
        "title": row[f"{name}__title"],
        "publisher": row[f"{name}__publisher"],
        "url": row[f"{name}__url"] if row[f"{name}__is_linkable"] else "",
        "date": row[f"{name}_date"],
        "is_unofficial": row[f"{name}__is_weak"],
    }


def day_of(moment: datetime | None) -> str | None:
    """The day in Shanghai."""
    return moment and iso(moment.astimezone(timezone.get_default_timezone()).date())


def iso(day: date | None) -> str | None:
    return day and day.isoformat()


def encode(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _array(name: str, found: Iterable[dict], shape: Callable) -> Iterator[str]:
    """One row a line, so that two versions can be compared line by line."""
    yield f',\n"{name}":['
    for number, row in enumerate(found):
        yield f"{',' if number else ''}\n{encode(shape(row))}"
    yield "\n]"
