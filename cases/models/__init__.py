"""Cases of families: the journey, what they wrote, consents and the trail of events."""

from cases.models.access import FamilyMember, SignInAttempt
from cases.models.case import Case
from cases.models.consent import Consent
from cases.models.draft import Draft
from cases.models.event import CaseEvent, FamilyTask, Message
from cases.models.inquiry import Inquiry
from cases.models.record import CaseKey, Record
from cases.models.tokens import FamilyToken

__all__ = [
    "Case",
    "CaseEvent",
    "CaseKey",
    "Consent",
    "Draft",
    "FamilyMember",
    "FamilyTask",
    "FamilyToken",
    "Inquiry",
    "Message",
    "Record",
    "SignInAttempt",
]
