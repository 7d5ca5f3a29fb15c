"""Cases of families: the journey, what they wrote, consents and the trail of events."""

from cases.models.access import (
    FamilyMail,
    FamilyMember,
    IdentityCheck,
    SignInAttempt,
    SpentWork,
)
from cases.models.case import Case
from cases.models.checklist import ChecklistItem, ItemPaper
from cases.models.consent import Consent
from cases.models.derived import DerivedFile, PhotoDocument, PhotoPage, Purpose
from cases.models.draft import Channel, Draft
from cases.models.duplicate import DuplicateHint, MergeAgreement, PatientTrace
from cases.models.event import CaseEvent, FamilyTask, Message
from cases.models.folder import RecordsFolder
from cases.models.imaging import ImagingReading
from cases.models.inquiry import Inquiry
from cases.models.key import CaseKey
from cases.models.proposal import Proposal
from cases.models.record import Record
from cases.models.referral import Referral
from cases.models.tokens import FamilyToken

__all__ = [
    "Case",
    "CaseEvent",
    "CaseKey",
    "Channel",
    "ChecklistItem",
    "Consent",
    "DerivedFile",
    "Draft",
    "DuplicateHint",
    "FamilyMail",
    "FamilyMember",
    "FamilyTask",
    "FamilyToken",
    "IdentityCheck",
    "ImagingReading",
    "Inquiry",
    "ItemPaper",
    "MergeAgreement",
    "Message",
    "PatientTrace",
    "PhotoDocument",
    "PhotoPage",
    "Proposal",
    "Purpose",
    "Record",
    "RecordsFolder",
    "Referral",
    "SignInAttempt",
    "SpentWork",
]
