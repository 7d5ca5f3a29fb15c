"""Loads the pilot hospitals from hospitals/data without overwriting what people edited.

Each row keeps the digest of what the loader wrote last. A row whose columns no
longer match it, or that its hospital has confirmed, belongs to a person.
"""

import hashlib
import json
from collections import Counter
from pathlib import Path

from django.db import models, transaction
from django.db.models import F

from hospitals.actions.history import keep_loaded
from hospitals.models import (
    Campus,
    Condition,
    DirectoryVersion,
    Fact,
    Hospital,
    Listing,
    Source,
    Specialty,
    Story,
)
from portal import audit

DATA_DIR = Path(__file__).parent / "data"
LANGUAGES = ("en", "zh-hans", "pl", "ar")
# What the history keeps; a key of a source tells a reader nothing.
PLAIN = (str, int, bool)
CREATED, UPDATED, LEFT, SAME = "created", "updated", "left", "same"


@transaction.atomic
def load_directory(folder: Path = DATA_DIR) -> tuple[Counter, list[str]]:
    """Returns how many rows were created, updated, left or the same, and which were left."""
    load = _Load()
    sources = load.sources(_read(folder, "sources"))
    specialties = load.specialties(_read(folder, "specialties"))
    hospitals = load.hospitals(_read(folder, "hospitals"), sources, specialties)
    load.stories(_read(folder, "stories"), sources, hospitals)
    if load.counts[CREATED] or load.counts[UPDATED]:
        DirectoryVersion.raise_number()
        version = DirectoryVersion.objects.get()
        audit.record(by=None, action="directory.loaded", obj=version, **load.counts)
    return load.counts, load.left


@transaction.atomic
def connect_stories(folder: Path = DATA_DIR) -> int:
    """Each story to the conditions that the data names, once both are loaded.

    Returns how many stories changed. Raises KeyError for a condition that nobody described.
    """
    conditions = dict(Condition.objects.values_list("slug", "pk"))
    stories = {story.key: story for story in Story.objects.prefetch_related("conditions")}
    changed = 0
    for row in _read(folder, "stories"):
        story, wanted = stories[row["key"]], {conditions[slug] for slug in row["conditions"]}
        if {condition.pk for condition in story.conditions.all()} != wanted:
            story.conditions.set(wanted)
            changed += 1
    return changed


class _Load:
    """One run: the counters, and a method for each kind of row."""

    def __init__(self):
        self.counts, self.left = Counter(), []

    def sources(self, rows: dict) -> dict[str, Source]:
        table = _Table(self, Source, ["key"])
        return {key: table.put({"key": key}, source_values(row)) for key, row in rows.items()}

    def specialties(self, rows: list) -> dict[str, Specialty]:
        table = _Table(self, Specialty, ["slug"])
        return {
            row["slug"]: table.put(
                {"slug": row["slug"]}, {"area": row["area"], **texts("name", row["name"])}
            )
            for row in rows
        }

    def hospitals(self, rows: list, sources: dict, specialties: dict) -> dict[str, Hospital]:
        table = _Table(self, Hospital, ["slug"])
        campuses = _Table(self, Campus, ["hospital_id", "key"])
        facts = _Table(self, Fact, ["hospital_id", "key"])
        listings = _Table(self, Listing, ["hospital_id", "specialty_id"])
        loaded = {}
        for position, row in enumerate(rows):
            hospital = table.put({"slug": row["slug"]}, hospital_values(row, position, sources))
            loaded[row["slug"]] = hospital
            for campus in row["campuses"]:
                campuses.put(
                    {"hospital_id": hospital.pk, "key": campus["key"]},
                    campus_values(campus, sources),
                )
            for index, fact in enumerate(row["facts"]):
                facts.put(
                    {"hospital_id": hospital.pk, "key": fact["key"]},
                    fact_values(fact, index, sources),
                )
            for index, listing in enumerate(row["listings"]):
                specialty = specialties[listing["specialty"]]
                listings.put(
                    {"hospital_id": hospital.pk, "specialty_id": specialty.pk},
                    listing_values(listing, index, sources),
                )
        return loaded

    def stories(self, rows: list, sources: dict, hospitals: dict) -> None:
        table = _Table(self, Story, ["key"])
        for position, row in enumerate(rows):
            values = story_values(row, position, sources)
            values["hospital_id"] = hospitals[row["hospital"]].pk
            table.put({"key": row["key"]}, values)


class _Table:
    """One model's rows, read once; `put` creates, updates or leaves a row."""

    def __init__(self, load: _Load, model: type[models.Model], lookup: list[str]):
        self.load, self.model = load, model
        self.rows = {
            tuple(getattr(row, name) for name in lookup): row for row in model.objects.all()
        }

    def put(self, lookup: dict, values: dict) -> models.Model:
        new = digest(values)
        row = self.rows.get(tuple(lookup.values()))
        if row is None:
            self.load.counts[CREATED] += 1
            return self.model.objects.create(**lookup, **values, loaded_digest=new)
        outcome = self.outcome(row, values, new)
        self.load.counts[outcome] += 1
        if outcome == LEFT:
            self.load.left.append(f"{self.model._meta.model_name}: {row}")
        if outcome == UPDATED:
            self.write(row, values | {"loaded_digest": new})
        return row

    @staticmethod
    def outcome(row, values: dict, new: str) -> str:
        if row.loaded_digest == new:
            return SAME
        present = digest({name: getattr(row, name) for name in values})
        edited = present != row.loaded_digest or getattr(row, "confirmed_at", None)
        return LEFT if edited else UPDATED

    def write(self, row, values: dict) -> None:
        # Whoever edits this row right now must learn of it (row R4).
        version = {"version": F("version") + 1} if hasattr(row, "version") else {}
        self.model.objects.filter(pk=row.pk).update(**values, **version)
        self.keep_history(row, values)

    def keep_history(self, row, values: dict) -> None:
        """What a reader of the page saw before; sources and specialties have no page."""
        is_hospital = self.model is Hospital
        if not is_hospital and not hasattr(row, "hospital_id"):
            return
        said = {name: value for name, value in values.items() if isinstance(value, PLAIN)}
        for silent in ("loaded_digest", "position"):
            said.pop(silent, None)
        keep_loaded(
            hospital_id=row.pk if is_hospital else row.hospital_id,
            listing_id=row.pk if self.model is Listing else None,
            subject=getattr(row, "key", ""),
            before={name: _plain(getattr(row, name)) for name in said},
            after=said,
        )


def _plain(value):
    """As JSON keeps it: a country is its code."""
    return value if isinstance(value, PLAIN) else str(value)


def digest(values: dict) -> str:
    """SHA-256 of what the loader writes; keys sorted, ids as text."""
    lines = json.dumps(values, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(lines.encode()).hexdigest()


def texts(field: str, text: dict | None) -> dict:
    """The columns of a translated field; empty texts where the data has none."""
    return {f"{field}_{code.replace('-', '_')}": (text or {}).get(code, "") for code in LANGUAGES}


def origin(row: dict, sources: dict, name: str = "source") -> dict:
    """Source and date of a claim. Raises KeyError for a source that nobody described."""
    key = row[name]
    return {
        f"{name}_id": sources[key].pk if key else None,
        f"{name}_date": row[f"{name}_date"] or "",
    }


def source_values(row: dict) -> dict:
    return {
        "title": row["title"],
        "publisher": row["publisher"] or "",
        "url": row["url"] or "",
        "is_weak": row["weak"],
        "is_linkable": row["linkable"],
    }


def hospital_values(row: dict, position: int, sources: dict) -> dict:
    return {
        "type": row["type"],
        "pilot_status": row["pilot_status"],
        "position": position,
        **texts("name", row["name"]),
        **texts("short_name", row["short_name"]),
        **origin(row, sources, "pilot_source"),
        **origin(row, sources, "name_source"),
        **origin(row, sources, "name_zh_source"),
    }


def campus_values(row: dict, sources: dict) -> dict:
    return {
        "district": row["district"],
        "is_main": row["is_main"],
        "is_withheld": row["withheld"],
        **texts("name", row["name"]),
        **texts("address", row["address"]),
        **texts("note", row["note"]),
        **origin(row, sources),
    }


def fact_values(row: dict, position: int, sources: dict) -> dict:
    return {
        "kind": row["kind"],
        "is_withheld": row["withheld"],
        "position": position,
        **texts("value", row["value"]),
        **texts("note", row["note"]),
        **origin(row, sources),
    }


def listing_values(row: dict, position: int, sources: dict) -> dict:
    return {
        "audience": row["audience"] or "",
        "position": position,
        **texts("title", row["title"]),
        **texts("reason", row["reason"]),
        **origin(row, sources),
    }


def story_values(row: dict, position: int, sources: dict) -> dict:
    return {
        "country": row["country"],
        "position": position,
        **texts("patient", row["patient"]),
        **texts("condition", row["condition"]),
        **texts("summary", row["summary"]),
        **origin(row, sources),
    }


def _read(folder: Path, name: str):
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
