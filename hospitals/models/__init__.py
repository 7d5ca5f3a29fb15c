"""The directory: hospitals, what they treat, and where each claim comes from."""

from hospitals.models.directory import DirectoryVersion
from hospitals.models.hospital import Campus, Fact, Hospital, Specialty, Story
from hospitals.models.listing import Listing
from hospitals.models.membership import Membership
from hospitals.models.revision import Revision
from hospitals.models.source import Source, Sourced

__all__ = [
    "Campus",
    "DirectoryVersion",
    "Fact",
    "Hospital",
    "Listing",
    "Membership",
    "Revision",
    "Source",
    "Sourced",
    "Specialty",
    "Story",
]
