"""Writes the history of public claims."""

from hospitals.choices import ChangeOrigin
from hospitals.models import Change, Hospital, Listing, Revision


def keep_approved(revision: Revision, *, listing: Listing | None, by, accepted: dict) -> None:
    """One row for each field that became public: before, after, author, approver."""
    Change.objects.bulk_create(
        Change(
            hospital_id=revision.hospital_id,
            listing=listing,
            field=name,
            before=revision.before.get(name),
            after=value,
            origin=ChangeOrigin.PROPOSAL,
            at=revision.decided_at,
            by_id=revision.created_by_id,
            approved_by=by,
            revision=revision,
        )
        for name, value in accepted.items()
    )


def keep_confirmed(hospital: Hospital, *, by, at) -> None:
    Change.objects.create(hospital=hospital, origin=ChangeOrigin.CONFIRMATION, at=at, by=by)


def keep_loaded(*, hospital_id, listing_id, subject: str, before: dict, after: dict) -> None:
    """A newer state of the project's own data: one row for each column that differs."""
    Change.objects.bulk_create(
        Change(
            hospital_id=hospital_id,
            listing_id=listing_id,
            subject=subject,
            field=name,
            before=before[name],
            after=value,
            origin=ChangeOrigin.DATA,
        )
        for name, value in after.items()
        if before[name] != value
    )
