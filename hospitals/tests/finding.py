"""Small indexes for the tests: what is in the database, without the 12,000 titles of WHO."""

from hospitals.finding.indexing import rebuild
from hospitals.finding.names import curated_names, hospital_names, specialty_names
from hospitals.models import Condition, EntryKind, Hospital, Specialty, Treatment


def slugs(found) -> list[str]:
    """Of the hospitals of an answer, in its order."""
    keys = [hit.hospital_id for hit in found.hospitals]
    rows = Hospital.objects.in_bulk(keys)
    return [rows[key].slug for key in keys]


def index_directory() -> None:
    rebuild(directory_names())


def index_curated() -> None:
    """With conditions and treatments in all languages."""
    names = directory_names()
    for kind, model in ((EntryKind.CONDITION, Condition), (EntryKind.TREATMENT, Treatment)):
        names += [name for row in model.objects.all() for name in curated_names(kind, row)]
    rebuild(names)


def directory_names() -> list:
    names = [name for row in Hospital.objects.public() for name in hospital_names(row)]
    return names + [name for row in Specialty.objects.all() for name in specialty_names(row)]
