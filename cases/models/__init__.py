"""Cases of families: the journey, what they wrote, consents and the trail of events."""

from cases.models.access import FamilyMember, IdentityCheck, SignInAttempt, SpentWork
from cases.models.case import Case
from cases.models.consent import Consent
from cases.models.draft import Channel, Draft
from cases.models.duplicate import DuplicateHint, MergeAgreement, PatientTrace
from cases.models.event import CaseEvent, FamilyTask, Message
from cases.models.inquiry import Inquiry
from cases.models.key import CaseKey
from cases.models.record import Record
from cases.models.referral import Referral
from cases.models.tokens import FamilyToken

__all__ = [
    "Case",
    "CaseEvent",
    "CaseKey",
    "Channel",
    "Consent",
    "Draft",
    "DuplicateHint",
    "FamilyMember",
    "FamilyTask",
    "FamilyToken",
    "IdentityCheck",
    "Inquiry",
    "MergeAgreement",
    "Message",
    "PatientTrace",
    "Record",
    "Referral",
    "SignInAttempt",
    "SpentWork",
]
