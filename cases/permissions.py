"""Predicates `can_<verb>(who, case)`. A leaf: imports no model.

`who` is a user of the portal, a family member signed in with a code, or None.
`CaseQuerySet.visible_to` says the same as `can_view` (a test holds them together).
"""

from cases.workflow import ENDED_STAGES, FAMILY_STEPS, TRANSITIONS, Stage, Step
from portal.roles import CASE_WORKERS


def is_family(who) -> bool:
    """A family member is what carries a case of its own; users never do."""
    return getattr(who, "case_id", None) is not None


def is_owner(who) -> bool:
    """The adult who asked: a second one reads, or writes, and decides nothing."""
    return is_family(who) and who.is_owner


def is_case_worker(who) -> bool:
    return bool(getattr(who, "is_active", False)) and getattr(who, "role", "") in CASE_WORKERS


def can_view(who, case) -> bool:
    """Family: its own. Lead: all. Coordinator: assigned to them, or to nobody yet."""
    if is_family(who):
        return who.case_id == case.pk and who.ended_at is None
    if not is_case_worker(who):
        return False
    if who.has_perm("cases.view_all_cases"):
        return True
    return case.assigned_to_id in (None, who.pk)


def can_work(who, case) -> bool:
    return can_view(who, case) and is_case_worker(who) and who.has_perm("cases.work_case")


def can_assign(who, case) -> bool:
    """Leads give cases to anyone; a coordinator may only take a free one (see actions.assign)."""
    return can_work(who, case)


def can_write_message(who, case) -> bool:
    """Families also write after the end: their word reopens nothing but is read."""
    if is_family(who):
        return can_view(who, case) and who.can_write and case.stage != Stage.WITHDRAWN
    return can_work(who, case) and case.stage not in ENDED_STAGES


def can_send_records(who, case) -> bool:
    """Papers come from the family alone; also after the end, for a case may be reopened."""
    return is_family(who) and can_write_message(who, case)


def can_read_health(who, case) -> bool:
    """What the family wrote about health: for the office only while its consents hold (row P1)."""
    return can_view(who, case) and (is_family(who) or not case.is_reading_stopped)


def can_read_record(who, record) -> bool:
    """Whoever may read of health, and only what was found fine; asked again at every request."""
    return can_read_health(who, record.case) and record.is_readable


def can_read_referral(who, referral) -> bool:
    """A reviewer of the hospital, while the share and the office's own consents hold (row Z4)."""
    is_theirs = getattr(who, "is_active", False) and who.has_perm("cases.view_referral")
    membership = getattr(who, "membership", None) if is_theirs else None
    is_shared = referral.ended_at is None and not referral.case.is_reading_stopped
    return bool(membership) and membership.hospital_id == referral.hospital_id and is_shared


def can_share_record(who, record, referral) -> bool:
    """A hospital: what passed every check, and was there when the family agreed to share.

    A paper that staff call unreadable may be looked at by them alone. One that came from a case
    that was joined later is another adult's: it waits for a consent that knows of it.
    """
    if not can_read_referral(who, referral) or record.case_id != referral.case_id:
        return False
    moved, share = record.moved_at, referral.share
    was_known = moved is None or (share is not None and share.given_at > moved)
    return record.status == "fine" and was_known


def can_remove_record(who, record) -> bool:
    """The family's own. Nothing is shared with a hospital yet; what is shared stays."""
    return can_send_records(who, record.case)


def can_take_step(who, case, step: Step) -> bool:
    """Whether this person may take this step at the case's present stage.

    A held inquiry is let into the queue first, or ended.
    """
    if case.held_for and step not in (Step.CLOSE, Step.WITHDRAW):
        return False
    if case.stage not in TRANSITIONS[step].sources:
        return False
    if case.merged_into_id:
        # What was joined with another case goes on there.
        return False
    if is_family(who):
        return step in FAMILY_STEPS and is_owner(who) and can_view(who, case)
    return step != Step.WITHDRAW and can_work(who, case)
