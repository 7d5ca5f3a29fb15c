"""Many proposals at once: from a spreadsheet, or from the table of all specialties."""

from dataclasses import dataclass, field
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from hospitals.actions import values
from hospitals.actions.core import (
    ActionRefusedError,
    AlreadyWaitingError,
    ChangedMeanwhileError,
    lock_hospital,
)
from hospitals.actions.propose import propose_revision
from hospitals.models import Hospital, ImportDraft, Listing, Revision, Specialty
from portal import audit


@dataclass(frozen=True)
class Proposal:
    """A row to send: `number` tells it from the others; see `propose_revision` for the rest."""

    number: int
    changes: dict
    base_version: int
    replaces: UUID | None = None
    listing: Listing | None = None
    specialty: Specialty | None = None


@dataclass
class Outcome:
    """Which rows were sent, and why the others were not."""

    sent: set[int] = field(default_factory=set)
    failed: dict[int, Exception] = field(default_factory=dict)


@transaction.atomic
def send_proposals(*, by, hospital: Hospital, proposals: list[Proposal]) -> Outcome:
    """Each for itself: a row that cannot be sent keeps no other one back."""
    refuse_who_may_not_propose(by, hospital)
    lock_hospital(hospital.pk)
    outcome = Outcome()
    for proposal in proposals:
        refusal = _send(proposal, by=by, hospital=hospital)
        if refusal is None:
            outcome.sent.add(proposal.number)
        else:
            outcome.failed[proposal.number] = refusal
    return outcome


def _send(proposal: Proposal, *, by, hospital: Hospital) -> Exception | None:
    try:
        propose_revision(
            by=by,
            hospital=hospital,
            listing=proposal.listing,
            specialty=proposal.specialty,
            changes=proposal.changes,
            base_version=proposal.base_version,
            replaces=proposal.replaces,
        )
    except AlreadyWaitingError as refusal:
        return None if _waits_already(refusal.revision, by, proposal) else refusal
    except (ActionRefusedError, ChangedMeanwhileError, ValidationError) as refusal:
        return refusal
    return None


def _waits_already(waiting: Revision, by, proposal: Proposal) -> bool:
    """A form that was sent twice is one proposal (row R3)."""
    return waiting.created_by_id == by.pk and all(
        values.same(waiting.after.get(name), values.normal(name, value))
        for name, value in proposal.changes.items()
    )


@transaction.atomic
def keep_draft(*, by, hospital: Hospital, header: list, rows: list, encoding: str) -> ImportDraft:
    """What was read of a file, until it is sent. A person has one draft: the last."""
    refuse_who_may_not_propose(by, hospital)
    ImportDraft.objects.filter(created_by=by).delete()
    return ImportDraft.objects.create(
        hospital=hospital, created_by=by, header=header, rows=rows, encoding=encoding
    )


@transaction.atomic
def send_draft(*, by, draft: ImportDraft, proposals: list[Proposal], settled: set[int]) -> Outcome:
    """Propose rows of the draft; what was sent and what is `settled` leaves it.

    Raises ChangedMeanwhileError when another request has sent it already.
    """
    refuse_who_may_not_propose(by, draft.hospital)
    lock_hospital(draft.hospital_id)
    now = ImportDraft.objects.select_for_update().filter(pk=draft.pk).first()
    if now is None:
        raise ChangedMeanwhileError
    there = {row["number"] for row in now.rows}
    wanted = [proposal for proposal in proposals if proposal.number in there]
    outcome = send_proposals(by=by, hospital=now.hospital, proposals=wanted)
    rest = [row for row in now.rows if row["number"] not in outcome.sent | settled]
    if outcome.sent:
        _leave_trace(now, by=by, sent=len(outcome.sent), rest=len(rest))
        _keep_rest(now, rest)
    return outcome


def _leave_trace(draft: ImportDraft, *, by, sent: int, rest: int) -> None:
    hospital = draft.hospital
    audit.record(
        by=by, action="listing.imported", obj=hospital, label=hospital.slug, sent=sent, rest=rest
    )


def _keep_rest(draft: ImportDraft, rest: list) -> None:
    if not rest:
        draft.delete()
        return
    draft.rows = rest
    draft.save(update_fields=["rows"])


@transaction.atomic
def discard_draft(*, by, draft: ImportDraft) -> None:
    refuse_who_may_not_propose(by, draft.hospital)
    draft.delete()


def sweep_drafts() -> int:
    """Forget files that nobody sent. Called by the housekeeping."""
    return ImportDraft.objects.expired().delete()[0]


@transaction.atomic
def record_export(*, by, hospital: Hospital, kind: str) -> None:
    """Raises ActionRefusedError for whoever does not work at the hospital."""
    own = Listing.objects.visible_to(by).filter(hospital=hospital)
    is_own = Hospital.objects.visible_to(by).filter(pk=hospital.pk).exists()
    if not is_own or not by.has_perm("hospitals.view_listing"):
        raise ActionRefusedError(_("You may export the listings of your own hospital only."))
    audit.record(
        by=by,
        action="listing.exported",
        obj=hospital,
        label=hospital.slug,
        kind=kind,
        rows=own.count(),
    )


def refuse_who_may_not_propose(by, hospital: Hospital) -> None:
    own = Hospital.objects.visible_to(by).filter(pk=hospital.pk).exists()
    if not own or not by.has_perm("hospitals.propose_revision"):
        raise ActionRefusedError(_("You may propose changes for your own hospital only."))
