"""Loads conditions and treatments from hospitals/data/conditions and writes the index."""

import json
from collections import Counter
from pathlib import Path

from django.db import transaction
from django.db.models import ProtectedError

from hospitals.finding.indexing import rebuild
from hospitals.finding.names import all_names
from hospitals.loader import CREATED, DATA_DIR, LEFT, UPDATED, digest, texts
from hospitals.models import (
    Condition,
    ConditionCode,
    ConditionSpecialty,
    DirectoryVersion,
    SearchEntry,
    Specialty,
    Treatment,
    TreatmentSpecialty,
)

TREATMENTS = "treatments.json"


@transaction.atomic
def load_conditions(folder: Path = DATA_DIR / "conditions") -> Counter:
    """Rows as in the data; what left the data leaves the database. Returns the counts.

    Unlike facts of hospitals these are curated here alone, so the data always wins. What a
    hospital names stays (counted as left) until the hospital names it no more.
    """
    specialties = dict(Specialty.objects.values_list("slug", "pk"))
    counts: Counter = Counter()
    conditions, treatments = read(folder)
    _load(Condition, conditions, specialties, counts)
    _load(Treatment, treatments, specialties, counts)
    return counts


def read(folder: Path = DATA_DIR / "conditions") -> tuple[list[dict], list[dict]]:
    """Conditions, and treatments, of all files of the folder."""
    conditions, treatments = [], []
    for path in sorted(folder.glob("*.json")):
        rows = json.loads(path.read_text(encoding="utf-8"))
        (treatments if path.name == TREATMENTS else conditions).extend(rows)
    return conditions, treatments


def _load(model, rows: list[dict], specialties: dict, counts: Counter) -> None:
    known = {row.slug: row for row in model.objects.all()}
    new, changed = [], []
    for row in rows:
        target = known.pop(row["slug"], None)
        if target and target.loaded_digest == digest(row):
            continue
        counts[UPDATED if target else CREATED] += 1
        (changed if target else new).append((target or model(slug=row["slug"]), row))
    for target, row in new + changed:
        _describe(target, row)
    # Hundreds the first time: one statement for all of them.
    model.objects.bulk_create(target for target, _row in new)
    for target, _row in changed:
        target.save()
    _connect(model, new + changed, specialties)
    _remove(known.values(), counts)


def _describe(target, row: dict) -> None:
    target.words, target.hidden_words = row["words"], row.get("hidden", {})
    target.audience, target.loaded_digest = row["audience"], digest(row)
    for column, text in texts("name", row["name"]).items():
        setattr(target, column, text)


def _remove(gone, counts: Counter) -> None:
    for target in gone:
        try:
            target.delete()
            counts[UPDATED] += 1
        except ProtectedError:
            counts[LEFT] += 1


def _connect(model, pairs: list[tuple], specialties: dict) -> None:
    """Raises KeyError for a specialty that nobody described."""
    is_condition = model is Condition
    through = ConditionSpecialty if is_condition else TreatmentSpecialty
    name = "condition" if is_condition else "treatment"
    targets = [target for target, _row in pairs]
    through.objects.filter(**{f"{name}__in": targets}).delete()
    through.objects.bulk_create(
        through(**{name: target}, specialty_id=specialties[slug], position=position)
        for target, row in pairs
        for position, slug in enumerate(row["specialties"])
    )
    if is_condition:
        ConditionCode.objects.filter(condition__in=targets).delete()
        ConditionCode.objects.bulk_create(
            ConditionCode(condition=target, code=code)
            for target, row in pairs
            for code in row["icd10"]
        )


@transaction.atomic
def write_index() -> int:
    """The whole index anew; the pages that show answers change with it."""
    count = rebuild(all_names())
    DirectoryVersion.raise_number()
    return count


def index_is_empty() -> bool:
    return not SearchEntry.objects.exists()
