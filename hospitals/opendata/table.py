"""The directory as a table: one row a listing, the columns always in this order."""

import csv
from collections.abc import Iterator
from datetime import date, datetime
from io import StringIO

from hospitals.choices import ClaimKind
from hospitals.exchange.cells import FORMULA_SIGNS
from hospitals.opendata import LICENCE_NAME, rows
from hospitals.opendata.document import day_of, hospital
from portal.addresses import LANGUAGES, language_tag

RANGES = (ClaimKind.VOLUME, ClaimKind.OUTCOME, ClaimKind.PRICE, ClaimKind.WAITING)
PERIODS = (ClaimKind.VOLUME, ClaimKind.OUTCOME)
CODES = (ClaimKind.LANGUAGES, ClaimKind.RECORDS)


def suffix(code: str) -> str:
    return language_tag(code).lower().replace("-", "_")


def in_languages(name: str) -> list[str]:
    return [f"{name}_{suffix(code)}" for code in LANGUAGES]


def evidence_columns(prefix: str = "") -> list[str]:
    parts = ("source", "source_url", "source_date", "source_is_unofficial", "confirmed_on")
    return [f"{prefix}{part}" for part in parts]


def claim_columns(kind: ClaimKind) -> list[str]:
    names = []
    if kind in RANGES:
        names += [f"{kind}_low", f"{kind}_high"]
    if kind == ClaimKind.PRICE:
        names.append("price_currency")
    if kind in PERIODS:
        names += [f"{kind}_from", f"{kind}_to"]
    if kind in CODES:
        names.append(f"{kind}_codes")
    return [*names, *in_languages(f"{kind}_text"), *evidence_columns(f"{kind}_")]


COLUMNS = (
    "hospital", *in_languages("hospital_name"), "hospital_type", "hospital_url", "districts",
    "hospital_accepting", "hospital_accepting_confirmed_on", "first_13_pilots",
    "specialty", "area", *in_languages("specialty_name"),
    *in_languages("title"), *in_languages("reason"), *in_languages("description"),
    "audience", "min_age_years", "max_age_years", "accepting", "accepting_until",
    *evidence_columns(),
    "conditions", "icd10", "treatments",
    *(column for kind in ClaimKind for column in claim_columns(kind)),
    "licence", "updated",
)  # fmt: skip


def write_table(version: int, changed_at: datetime | None, day: date) -> Iterator[str]:
    """A line of names, then the lines of one hospital after the other."""
    updated = {"licence": LICENCE_NAME, "updated": day_of(changed_at)}
    yield lines([COLUMNS])
    for row in rows.read_hospitals():
        shaped = hospital(row, day)
        yield lines(cells(shaped, listing, updated) for listing in shaped["listings"])


def lines(table) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(table)
    return text.getvalue()


def cells(shaped: dict, listing: dict, updated: dict) -> list[str]:
    values = {**of_hospital(shaped), **of_listing(listing), **updated}
    for claim in listing["claims"]:
        values |= of_claim(claim)
    return [safe_cell(values.get(column)) for column in COLUMNS]


def of_hospital(shaped: dict) -> dict:
    districts = dict.fromkeys(campus["district"] for campus in shaped["campuses"])
    return {
        "hospital": shaped["slug"],
        **texts("hospital_name", shaped["name"]),
        "hospital_type": shaped["type"],
        "hospital_url": shaped["url"],
        "districts": " ".join(districts),
        "hospital_accepting": shaped["accepting"],
        "hospital_accepting_confirmed_on": shaped["accepting_confirmed_on"],
        "first_13_pilots": shaped["first_13_pilots"]["status"],
    }


def of_listing(listing: dict) -> dict:
    plain = (
        "specialty", "area", "audience", "min_age_years", "max_age_years", "accepting",
        "accepting_until",
    )  # fmt: skip
    codes = dict.fromkeys(code for row in listing["conditions"] for code in row["icd10"])
    return {
        **{name: listing[name] for name in plain},
        **texts("specialty_name", listing["specialty_name"]),
        **texts("title", listing["title"]),
        **texts("reason", listing["reason"]),
        **texts("description", listing["description"]),
        **evidence(listing),
        "conditions": " ".join(row["condition"] for row in listing["conditions"]),
        "icd10": " ".join(codes),
        "treatments": " ".join(row["treatment"] for row in listing["treatments"]),
    }


def of_claim(claim: dict) -> dict:
    kind = claim["kind"]
    return {
        f"{kind}_low": claim["low"],
        f"{kind}_high": claim["high"],
        f"{kind}_currency": claim["currency"],
        f"{kind}_from": claim["period_from"],
        f"{kind}_to": claim["period_to"],
        f"{kind}_codes": " ".join(claim["codes"]),
        **texts(f"{kind}_text", claim["text"]),
        **evidence(claim, f"{kind}_"),
    }


def texts(name: str, found: dict[str, str]) -> dict[str, str]:
    return {f"{name}_{suffix(tag)}": text for tag, text in found.items()}


def evidence(row: dict, prefix: str = "") -> dict:
    source = row["source"] or {}
    values = (
        source.get("title"), source.get("url"), source.get("date"), source.get("is_unofficial"),
        row["confirmed_on"],
    )  # fmt: skip
    return dict(zip(evidence_columns(prefix), values, strict=True))


def safe_cell(value) -> str:
    """As text; one that a spreadsheet would take for a formula begins with an apostrophe."""
    if value is None:
        return ""
    text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return f"'{text}" if text.lstrip(" ")[:1] in tuple(FORMULA_SIGNS) else text
