"""Proposals, consents and shares as they stand in the database, for the tests."""

from cases import consents
from cases.actions import case_key
from cases.models import (
    Consent,
    DerivedFile,
    DuplicateHint,
    MergeAgreement,
    Proposal,
    Referral,
)
from cases.records import store
from cases.records.sealed import Appender

REASON = "Its doctors treat many children with this."


def agree(case, kind, hospital=None, **fields) -> Consent:
    """A living consent to the text of today, in place of the one that there is."""
    case.consents.filter(kind=kind, hospital=hospital, withdrawn_at=None).delete()
    values = {"version": consents.VERSIONS[kind], "language": "en", "text_hash": "0" * 64}
    return Consent.objects.create(
        case=case, kind=kind, hospital=hospital, given_by=case.owner, **(values | fields)
    )


def agree_to_all(case, hospital) -> tuple[Consent, Consent]:
    """What a share needs; what the case has already stays."""
    for kind in ("health_data", "transfer_china"):
        if not case.consents.filter(kind=kind, withdrawn_at=None).exists():
            agree(case, kind)
    return agree(case, "share_hospital", hospital), case.consents.get(
        kind="transfer_china", withdrawn_at=None
    )


def propose(case, hospital, by, **fields) -> Proposal:
    words = {"reason": REASON, "language": "en", "proposed_by": by}
    return Proposal.objects.create(case=case, hospital=hospital, **(words | fields))


def share(case, hospital, by) -> Referral:
    own, transfer = agree_to_all(case, hospital)
    return Referral.objects.create(
        case=case, hospital=hospital, share=own, transfer=transfer, sent_by=by
    )


def make_copy(record, data: bytes = b"copy", **fields) -> DerivedFile:
    """A copy of a scan for hospitals, as if the job had made it."""
    name = store.create()
    with store.writing(name) as file:
        appender = Appender(file, case_key(record.case), name)
        appender.write(data)
        appender.finish()
    values = {"purpose": "shared", "kind": "zip", "storage_name": name, "size": len(data)}
    return DerivedFile.objects.create(case=record.case, record=record, **(values | fields))


def make_hint(older, newer, by) -> DuplicateHint:
    """Of two cases whose families have both agreed that they are joined."""
    hint = DuplicateHint.objects.create(older=older, newer=newer)
    for case in (older, newer):
        MergeAgreement.objects.create(hint=hint, case=case, how="phone", by=by)
    return hint
