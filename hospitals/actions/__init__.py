"""The one door for the directory: nothing else writes a public claim."""

from hospitals.actions.core import (
    ActionRefusedError,
    AlreadyWaitingError,
    ChangedMeanwhileError,
)
from hospitals.actions.decide import approve_revision, refuse_revision
from hospitals.actions.members import end_membership, save_membership
from hospitals.actions.propose import (
    HOSPITAL_FIELDS,
    LISTING_FIELDS,
    propose_revision,
    withdraw_revision,
)

__all__ = [
    "HOSPITAL_FIELDS",
    "LISTING_FIELDS",
    "ActionRefusedError",
    "AlreadyWaitingError",
    "ChangedMeanwhileError",
    "approve_revision",
    "end_membership",
    "propose_revision",
    "refuse_revision",
    "save_membership",
    "withdraw_revision",
]
