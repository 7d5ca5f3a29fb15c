"""What a hospital sees, while it may: asked anew at every request (rows P1, P6 and Z4)."""

import threading

import pytest
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from cases import actions, consents
from cases.actions import ActionRefusedError
from cases.imaging import profile
from cases.models import Case, Consent, Referral
from cases.records import store
from cases.records.crypto import SealBrokenError
from cases.tests.family import case_url, signed_in
from cases.tests.hospitals import agree_to_all, make_copy, share
from cases.tests.scans import make_read_scan, make_slice
from portal.models import AuditEvent, User
from portal.roles import Role
from portal.tests.fixtures import (
    HEALTH_CANARY,
    NAME_CANARY,
    make_case,
    make_hospital,
    make_record,
    make_user,
    sign_in_staff,
)

pytestmark = pytest.mark.django_db


def url_of(referral) -> str:
    return reverse("partners:referral", args=[referral.pk])


def test_p6_summary_without_a_name(case, scmc, coordinator, reviewer):
    make_record(case)
    case.owner.phone = "+48226210000"
    case.owner.save()
    page = sign_in_staff(reviewer).get(url_of(share(case, scmc, coordinator)))
    assert HEALTH_CANARY in page.text
    hidden = (NAME_CANARY, "family@example.org", "226210000", "2024-02-03", case.reference, ".pdf")
    assert [word for word in hidden if word in page.text] == []


def test_l3_each_reading_is_a_row_that_the_family_sees(case, scmc, coordinator, reviewer):
    referral, desk = share(case, scmc, coordinator), sign_in_staff(reviewer)
    for _time in range(2):
        desk.get(url_of(referral))
    rows = AuditEvent.objects.filter(action="referral.opened")
    assert (
        list(rows.values_list("object_label", "actor_label"))
        == [(case.reference, "scmc-reviewer")] * 2
    )
    line = signed_in(case).get(case_url(case, "sharing")).context["openings"][0]
    assert (line["who"], line["what"], line["times"]) == (
        scmc.name,
        "read what is shared with it",
        2,
    )


def test_z4_who_sees_it(case, scmc, renji, coordinator, reviewer, editor):
    referral = share(case, scmc, coordinator)
    other = make_user("renji-reviewer", Role.HOSPITAL_REVIEWER, renji)
    nobody = make_user("lost-reviewer", Role.HOSPITAL_REVIEWER)
    answers = {
        user: sign_in_staff(user).get(url_of(referral)).status_code
        for user in (reviewer, other, nobody, editor)
    }
    assert answers == {reviewer: 200, other: 404, nobody: 404, editor: 403}
    for user in (other, nobody, editor, coordinator):
        with pytest.raises(ActionRefusedError):
            actions.open_referral(by=user, referral=referral)
    assert AuditEvent.objects.filter(action="referral.opened").count() == 1


def test_z4_panel_lists_what_is_shared_with_this_hospital_now(
    case, other_case, scmc, renji, coordinator, reviewer, editor
):
    mine = share(case, scmc, coordinator)
    share(other_case, renji, coordinator)
    ended = share(make_case(), scmc, coordinator)
    actions.end_referral(by=coordinator, referral=ended)
    page = sign_in_staff(reviewer).get(reverse("partners:index"))
    rows = next(panel["rows"] for panel in page.context["panels"] if "rows" in panel)
    assert list(rows) == [mine]
    assert url_of(mine) not in sign_in_staff(editor).get(reverse("partners:index")).text


def revoke(how, case, referral, coordinator, reviewer):
    if how == "ended":
        actions.end_referral(by=coordinator, referral=referral)
    elif how == "closed":
        actions.close_case(by=coordinator, case=case, reason="cost")
    elif how == "disabled":
        User.objects.filter(pk=reviewer.pk).update(is_active=False)
    else:
        consent = Consent.objects.get(case=case, kind=how)
        actions.withdraw_consent(by=case.owner, consent=consent)


WAYS = ["share_hospital", "transfer_china", "health_data", "ended", "closed", "disabled"]


@pytest.mark.parametrize("how", WAYS)
def test_z4_open_revoke_open(case, scmc, coordinator, reviewer, how):
    referral, desk = share(case, scmc, coordinator), sign_in_staff(reviewer)
    assert desk.get(url_of(referral)).status_code == 200
    revoke(how, case, referral, coordinator, reviewer)
    again = desk.get(url_of(referral))
    # Who was disabled is asked to log in; the others find nothing.
    assert again.status_code == (302 if how == "disabled" else 404)
    assert AuditEvent.objects.filter(action="referral.opened").count() == 1


def read(client, path) -> int:
    """To its end: a file that is given out piece by piece is closed there."""
    answer = client.get(path)
    b"".join(answer)
    return answer.status_code


@pytest.mark.parametrize("kind", ["health_data", "transfer_china"])
def test_p1_office_reads_no_further_once_it_is_withdrawn(case, scmc, coordinator, kind):
    agree_to_all(case, scmc)
    record, desk = make_record(case), sign_in_staff(coordinator)
    page = reverse("office:cases_case_change", args=[case.pk])
    paper = reverse("office:cases_case_paper_save", args=[case.pk, record.pk])
    assert HEALTH_CANARY in desk.get(page).context["sections"][1][1][1][1]
    assert read(desk, paper) == 200
    actions.withdraw_consent(by=case.owner, consent=Consent.objects.get(kind=kind))
    closed = desk.get(page).context
    assert (closed["sections"], closed["papers"]) == ([], [])
    assert read(desk, paper) == 404
    # The family itself reads on.
    assert read(signed_in(case), reverse("case:paper", args=[case.reference, record.pk])) == 200


def test_p1_given_again_the_office_reads_again(case, scmc, coordinator):
    agree_to_all(case, scmc)
    actions.withdraw_consent(by=case.owner, consent=Consent.objects.get(kind="health_data"))
    text = consents.text_of("health_data")
    actions.give_consent(by=case.owner, case=case, text=text, language="en")
    assert not Case.objects.get().is_reading_stopped


@pytest.mark.django_db(transaction=True)
def test_z4_reader_and_withdrawal_at_once():
    """Whoever reads while it is withdrawn has read it before, or does not read it at all."""
    scmc, coordinator = make_hospital("scmc"), make_user("coordinator", Role.COORDINATOR)
    reviewer, case = make_user("reviewer", Role.HOSPITAL_REVIEWER, scmc), make_case()
    referral = share(case, scmc, coordinator)
    consent, desk = Consent.objects.get(kind="share_hospital"), sign_in_staff(reviewer)
    seen, withdrawn = [], threading.Event()

    def read():
        try:
            while not withdrawn.is_set():
                seen.append(desk.get(url_of(referral)).status_code)
            seen.append(desk.get(url_of(referral)).status_code)
        finally:
            connections.close_all()

    reader = threading.Thread(target=read)
    reader.start()
    actions.withdraw_consent(by=case.owner, consent=consent)
    withdrawn.set()
    reader.join()
    assert seen[-1] == 404
    assert set(seen) <= {200, 404}
    assert seen == sorted(seen)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["health_data", "share_hospital", "transfer_china"])
def test_p1_share_and_withdrawal_at_once_leave_no_share(kind):
    scmc, coordinator = make_hospital("scmc"), make_user("coordinator", Role.COORDINATOR)
    case = make_case()
    agree_to_all(case, scmc)
    gate, results = threading.Barrier(2), []

    def run(act):
        try:
            gate.wait()
            act()
        except ActionRefusedError as refused:
            results.append(refused)
        finally:
            connections.close_all()

    def refer():
        fresh = Case.objects.get(pk=case.pk)
        actions.refer_case(by=coordinator, case=fresh, hospital=scmc)

    def withdraw():
        consent = Consent.objects.select_related("case").get(kind=kind)
        actions.withdraw_consent(by=case.owner, consent=consent)

    threads = [threading.Thread(target=run, args=[act]) for act in (refer, withdraw)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Consent.objects.get(kind=kind).withdrawn_at is not None
    assert Referral.objects.filter(ended_at=None).count() == 0


# ---- Copies of scans


def scan_url(referral, copy) -> str:
    return reverse("partners:referral-scan", args=[referral.pk, copy.pk])


def test_p1_hospital_saves_the_copy_and_never_the_scan(case, scmc, coordinator, reviewer):
    record = make_record(case, name=f"{NAME_CANARY}.zip")
    referral, copy = share(case, scmc, coordinator), make_copy(record, b"without names")
    answer = sign_in_staff(reviewer).get(scan_url(referral, copy))
    assert b"".join(answer) == b"without names"
    assert answer["Content-Disposition"] == 'attachment; filename="scan.zip"'
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    row = AuditEvent.objects.get(action="record.opened")
    assert (row.object_label, row.data) == (case.reference, {"copy": "shared", "hospital": "scmc"})
    line = signed_in(case).get(case_url(case, "sharing")).context["openings"][0]
    assert (line["who"], line["what"]) == (scmc.name, "opened a paper")


@pytest.mark.parametrize("how", ["share_hospital", "transfer_china", "health_data", "ended"])
def test_z4_file_open_revoke_open(case, scmc, coordinator, reviewer, how):
    referral, copy = share(case, scmc, coordinator), make_copy(make_record(case))
    desk = sign_in_staff(reviewer)
    assert read(desk, scan_url(referral, copy)) == 200
    revoke(how, case, referral, coordinator, reviewer)
    assert read(desk, scan_url(referral, copy)) == 404


def test_z4_no_other_file_is_given(case, other_case, scmc, renji, coordinator, reviewer):
    record, foreign = make_record(case), make_record(other_case)
    referral = share(case, scmc, coordinator)
    share(other_case, renji, coordinator)
    wrong = [
        make_copy(record, purpose="viewing"),
        make_copy(foreign),
        make_copy(record, position=1, storage_name=None, size=0),
        make_copy(make_record(case, status="quarantined", reason="infected")),
    ]
    desk = sign_in_staff(reviewer)
    assert [read(desk, scan_url(referral, copy)) for copy in wrong] == [404] * len(wrong)
    # The action does not rely on the page's own look-up.
    for copy in wrong[0], wrong[1], wrong[3]:
        with pytest.raises(ActionRefusedError):
            actions.open_shared_copy(by=reviewer, referral=referral, copy=copy)
    make_copy(record, position=2)
    assert AuditEvent.objects.filter(action="record.opened").count() == 0


def test_copy_that_was_damaged_on_the_disk_is_not_given(case, scmc, coordinator, reviewer):
    referral, copy = share(case, scmc, coordinator), make_copy(make_record(case))
    path = store.path_of(copy.storage_name)
    path.write_bytes(path.read_bytes()[:-1])
    assert read(sign_in_staff(reviewer), scan_url(referral, copy)) == 404
    with pytest.raises(SealBrokenError):
        actions.open_shared_copy(by=reviewer, referral=referral, copy=copy)
    assert AuditEvent.objects.filter(action="record.opened").count() == 0


def test_page_lists_copies_as_they_are_made(case, scmc, coordinator, reviewer, monkeypatch):
    referral, copy = share(case, scmc, coordinator), make_copy(make_record(case))
    rows = [
        actions.imaging.SharedCopy(copy.record, copy, True, 3),
        actions.imaging.SharedCopy(copy.record, None, True, 0, {"burned": 2}),
        actions.imaging.SharedCopy(copy.record, None, False),
    ]
    monkeypatch.setattr(actions.referrals, "shared_copies", lambda case: rows)
    page = sign_in_staff(reviewer).get(url_of(referral)).text
    assert scan_url(referral, copy) in page
    for words in ("3 pictures", "Held back", "Being made"):
        assert page.count(words) == 1


DOUBT = "What this disc says of the patient does not fit the case."


@pytest.mark.parametrize(
    ("tags", "is_doubtful"),
    [
        ({}, False),
        ({"PatientName": "Nowak^Piotr"}, True),
        ({"PatientBirthDate": "20110101"}, True),
        # What cannot be compared is no alarm.
        ({"PatientName": "", "PatientBirthDate": ""}, False),
    ],
)
def test_hospital_is_warned_of_another_patient_s_disc(
    case, scmc, coordinator, reviewer, tags, is_doubtful
):
    """The copy names nobody, so the doctors could not see it themselves."""
    record = make_read_scan(case, make_slice(**tags))
    record.imaging.copied = {"profile": profile.VERSION, "written": 1, "held": {}}
    record.imaging.save()
    referral, copy = share(case, scmc, coordinator), make_copy(record)
    page = sign_in_staff(reviewer).get(url_of(referral))
    assert scan_url(referral, copy) in page.text
    assert [one.is_doubtful for one in page.context["copies"]] == [is_doubtful]
    assert (DOUBT in page.text) is is_doubtful
    assert "Nowak" not in page.text


def test_doubt_is_about_its_own_disc_alone(case, scmc, coordinator, reviewer):
    make_read_scan(case, make_slice())
    make_read_scan(case, make_slice(2, series="1.2.9", PatientName="Nowak^Piotr"))
    page = sign_in_staff(reviewer).get(url_of(share(case, scmc, coordinator)))
    assert sorted(one.is_doubtful for one in page.context["copies"]) == [False, True]


@pytest.mark.parametrize("how", ["ended", "stopped"])
def test_p1_action_refuses_what_ended_or_was_stopped(case, scmc, coordinator, reviewer, how):
    """Whoever comes past the page's own look-up meets the same rule."""
    referral, copy = share(case, scmc, coordinator), make_copy(make_record(case))
    if how == "ended":
        actions.end_referral(by=coordinator, referral=referral)
    else:
        # Past the action, which would end the share as well.
        held = Consent.objects.filter(kind="health_data")
        held.update(withdrawn_at=timezone.now(), living_key=None)
    row = Referral.objects.select_related("case", "hospital").get()
    with pytest.raises(ActionRefusedError):
        actions.open_referral(by=reviewer, referral=row)
    with pytest.raises(ActionRefusedError):
        actions.open_shared_copy(by=reviewer, referral=row, copy=copy)
