"""The directory: hospitals, what they treat, and where each claim comes from."""

from hospitals.models.change import Change
from hospitals.models.claim import Claim, ListingCondition, ListingTreatment
from hospitals.models.condition import (
    Condition,
    ConditionCode,
    ConditionSpecialty,
    ImportedName,
    Treatment,
    TreatmentSpecialty,
)
from hospitals.models.directory import DirectoryVersion
from hospitals.models.hospital import Campus, Fact, Hospital, Specialty, Story
from hospitals.models.import_draft import ImportDraft
from hospitals.models.listing import Listing
from hospitals.models.membership import Membership
from hospitals.models.revision import Revision
from hospitals.models.search import (
    EntryKind,
    SearchEntry,
    SearchPosting,
    SearchTypo,
    SearchWord,
)
from hospitals.models.source import Source, Sourced

__all__ = [
    "Campus",
    "Change",
    "Claim",
    "Condition",
    "ConditionCode",
    "ConditionSpecialty",
    "DirectoryVersion",
    "EntryKind",
    "Fact",
    "Hospital",
    "ImportDraft",
    "ImportedName",
    "Listing",
    "ListingCondition",
    "ListingTreatment",
    "Membership",
    "Revision",
    "SearchEntry",
    "SearchPosting",
    "SearchTypo",
    "SearchWord",
    "Source",
    "Sourced",
    "Specialty",
    "Story",
    "Treatment",
    "TreatmentSpecialty",
]
