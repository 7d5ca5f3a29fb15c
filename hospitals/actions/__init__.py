"""The one door for the directory: nothing else writes a public claim."""

from hospitals.actions.confirm import confirm_page
from hospitals.actions.core import (
    ActionRefusedError,
    AlreadyWaitingError,
    ChangedMeanwhileError,
)
from hospitals.actions.decide import approve_revision, refuse_revision
from hospitals.actions.members import end_membership, save_membership
from hospitals.actions.propose import propose_revision, withdraw_revision
from hospitals.actions.remind import remind_editors
from hospitals.actions.values import HOSPITAL_FIELDS, LISTING_FIELDS
from hospitals.confirmations import page_fingerprint

__all__ = [
    "HOSPITAL_FIELDS",
    "LISTING_FIELDS",
    "ActionRefusedError",
    "AlreadyWaitingError",
    "ChangedMeanwhileError",
    "approve_revision",
    "confirm_page",
    "end_membership",
    "page_fingerprint",
    "propose_revision",
    "refuse_revision",
    "remind_editors",
    "save_membership",
    "withdraw_revision",
]
