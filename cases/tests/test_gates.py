"""One gate for each question: may this hospital see this file, may the office read this inquiry.

Rows P1, Z4: closed by default, asked again at every request, also of cases that were joined.
"""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from cases import actions, jobs
from cases.actions import ActionRefusedError
from cases.actions.imaging import _keep_reading, _keep_report
from cases.models import Case, ImagingReading, Record, Referral
from cases.permissions import can_read_health, can_share_record
from cases.records.kinds import Reason, Status
from cases.tests.hospitals import agree_to_all, make_copy, make_hint, share
from cases.tests.scans import make_read_scan
from portal.roles import Role
from portal.tests.fixtures import (
    HEALTH_CANARY,
    make_case,
    make_record,
    make_user,
    sign_in_staff,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared(case, scmc, lead):
    """A scan with its copy, shared with a hospital whose reviewer looks at it."""
    case.assigned_to = lead
    case.save()
    record = make_read_scan(case)
    copy = make_copy(record)
    referral = share(case, scmc, lead)
    return record, copy, referral, make_user("reviewer", Role.HOSPITAL_REVIEWER, scmc)


def copy_address(referral, copy) -> str:
    return f"/partners/referrals/{referral.pk}/scans/{copy.pk}/"


def test_scan_of_another_person_is_closed_to_the_hospital_Z4(shared, lead):
    record, copy, referral, reviewer = shared
    client = sign_in_staff(reviewer)
    answer = client.get(copy_address(referral, copy))
    assert (answer.status_code, b"".join(answer)) == (200, b"copy")
    actions.mark_unreadable(by=lead, record=record, reason=Reason.OTHER_PERSON)
    assert client.get(copy_address(referral, copy)).status_code == 404
    # Nor is anything of it there to be given out by another way.
    assert not record.derived.exists()
    assert not ImagingReading.objects.filter(pk=record.pk).exists()
    assert jobs.make_shared_copy.func(str(record.pk)) == "none"
    assert not record.derived.exists()


@pytest.mark.parametrize("status", [s for s in Status if s != Status.FINE])
def test_hospital_sees_only_what_passed_every_check_Z4(shared, status):
    record, copy, referral, reviewer = shared
    record.status, record.is_marked_by_staff = status, status == Status.UNREADABLE
    assert not can_share_record(reviewer, record, referral)


def test_hospital_sees_nothing_once_its_share_or_a_consent_ended_Z4(shared, case, lead):
    record, copy, referral, reviewer = shared
    assert can_share_record(reviewer, record, referral)
    consent = case.consents.get(kind="health_data", withdrawn_at=None)
    actions.withdraw_consent(by=case.owner, consent=consent)
    assert sign_in_staff(reviewer).get(copy_address(referral, copy)).status_code == 404


def test_scan_that_another_person_s_mark_was_taken_from_is_made_anew(shared, lead):
    record, _copy, _referral, _reviewer = shared
    actions.mark_unreadable(by=lead, record=record, reason=Reason.OTHER_PERSON)
    record.refresh_from_db()
    actions.mark_readable(by=lead, record=record)
    assert Record.objects.get(pk=record.pk).status == Status.FINE
    assert jobs.read_scans.module_path in queued_jobs()


def queued_jobs() -> set[str]:
    return set(DBTaskResult.objects.values_list("task_path", flat=True))


@pytest.mark.parametrize("missing", ["health_data", "transfer_china"])
def test_office_reads_nothing_without_each_consent_P1(coordinator, missing):
    kept = {"health_data", "transfer_china"} - {missing}
    case = make_case(assigned_to=coordinator, agreed=kept)
    assert not can_read_health(coordinator, case)
    page = sign_in_staff(coordinator).get(f"/office/cases/case/{case.pk}/change/")
    assert HEALTH_CANARY not in page.text


@pytest.fixture
def joined(lead):
    """Two families' cases of one patient, joined; the papers have not moved yet."""
    keep, left = make_case(), make_case(code="PQRS-TVWX-YZ23")
    record = make_record(left)
    hint = make_hint(keep, left, lead)
    actions.merge_cases(by=lead, hint=hint, keep=keep)
    return Case.objects.get(pk=keep.pk), Case.objects.get(pk=left.pk), record


def withdraw(case, kind: str) -> None:
    owner = case.family.get(is_owner=True)
    actions.withdraw_consent(by=owner, consent=case.consents.get(kind=kind, withdrawn_at=None))


@pytest.mark.parametrize("kind", ["health_data", "transfer_china"])
def test_withdrawal_reaches_the_joined_case_and_its_papers_P1_Z4(joined, lead, kind):
    keep, left, record = joined
    client = sign_in_staff(lead)
    pages = [f"/office/cases/case/{case.pk}/change/" for case in (keep, left)]
    paper = f"/office/cases/case/{left.pk}/papers/{record.pk}/save/"
    assert all(HEALTH_CANARY in client.get(page).text for page in pages)
    withdraw(keep, kind)
    for page in pages:
        assert HEALTH_CANARY not in client.get(page).text
    for case in (keep, left):
        assert not can_read_health(lead, Case.objects.get(pk=case.pk))
    assert client.get(paper).status_code in (403, 404)
    with pytest.raises(ActionRefusedError):
        actions.open_record(by=lead, record=Record.objects.get(pk=record.pk))


def test_papers_of_a_joined_family_wait_for_a_consent_that_knows_of_them_P1(lead, scmc):
    keep, left = make_case(assigned_to=lead), make_case(code="PQRS-TVWX-YZ23")
    record = make_read_scan(left)
    referral = share(keep, scmc, lead)
    reviewer = make_user("reviewer", Role.HOSPITAL_REVIEWER, scmc)
    actions.merge_cases(by=lead, hint=make_hint(keep, left, lead), keep=keep)
    assert jobs.move_papers.func(str(left.pk)) == "1 moved"
    moved = Record.objects.select_related("case").get(pk=record.pk)
    assert moved.case_id == keep.pk
    assert not can_share_record(reviewer, moved, referral)
    page = sign_in_staff(reviewer).get(f"/partners/referrals/{referral.pk}/")
    assert page.status_code == 200
    assert page.context["copies"] == []
    own, _transfer = agree_to_all_again(keep, scmc)
    own.given_at = timezone.now() + timedelta(seconds=1)
    referral.share = own
    assert can_share_record(reviewer, moved, referral)


def agree_to_all_again(case, hospital):
    """The owner agrees anew, to what the case is now."""
    Referral.objects.filter(case=case).update(ended_at=timezone.now(), share=None, transfer=None)
    return agree_to_all(case, hospital)


def test_reading_that_ends_after_a_join_is_not_kept(lead):
    """It was sealed with the key of the case that the paper left, and nothing opened any more."""
    keep, left = make_case(), make_case(code="PQRS-TVWX-YZ23")
    record = make_read_scan(left)
    contents = ImagingReading.objects.get(pk=record.pk).contents
    stale = Record.objects.select_related("case").get(pk=record.pk)
    actions.merge_cases(by=lead, hint=make_hint(keep, left, lead), keep=keep)
    jobs.move_papers.func(str(left.pk))
    _keep_reading(stale, contents)
    reading = ImagingReading(record=stale, contents=contents, version=1)
    _keep_report(reading, {"written": 0, "held": {}})
    assert not ImagingReading.objects.filter(pk=record.pk).exists()


def test_reading_sealed_with_another_key_counts_as_not_made(lead, case):
    record = make_read_scan(case)
    other = make_read_scan(make_case(code="PQRS-TVWX-YZ23"))
    raw = raw_contents(other.pk)
    set_raw_contents(record.pk, raw)
    assert actions.readings_of(case) == []
    page = sign_in_staff(lead).get(f"/office/cases/case/{case.pk}/change/")
    assert page.status_code == 200
    jobs.read_scans.func(str(case.pk))
    assert [reading.pk for reading in actions.readings_of(case)] == [record.pk]


def raw_contents(pk) -> bytes:
    key = pk.hex if connection.vendor == "sqlite" else str(pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT contents FROM cases_imagingreading WHERE record_id = %s", [key])
        return bytes(cursor.fetchone()[0])


def set_raw_contents(pk, raw: bytes) -> None:
    key = pk.hex if connection.vendor == "sqlite" else str(pk)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_imagingreading SET contents = %s WHERE record_id = %s", [raw, key]
        )
