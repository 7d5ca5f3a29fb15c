"""Two cases become one: nothing is lost, nothing can be read with the wrong key, no way in ends."""

import errno
import threading
from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.apps import apps
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases import actions, jobs
from cases.actions import ActionRefusedError, ChangedMeanwhileError, NotYetError, joining
from cases.links import link_token
from cases.models import (
    Case,
    CaseEvent,
    Consent,
    DuplicateHint,
    FamilyMember,
    FamilyTask,
    FamilyToken,
    Message,
    PatientTrace,
    PhotoDocument,
    Proposal,
    Record,
    Referral,
)
from cases.models.tokens import Purpose
from cases.records import crypto, store
from cases.records.kinds import Reason, Status
from cases.records.sealed import FORM, FORMER, PIECE, SALT_BYTES, Appender
from cases.tests.family import case_url, sign_in, signed_in
from cases.tests.hospitals import agree_to_all, make_hint, propose, share
from cases.tests.papers import Tus, make_pdf, pattern
from portal.models import AuditEvent
from portal.roles import Role
from portal.tests.fixtures import (
    FAMILY_CODE,
    HEALTH_CANARY,
    make_case,
    make_record,
    make_user,
    sign_in_staff,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    """What other tests leave behind is no orphan of this one."""
    settings.RECORDS_DIR = tmp_path / "records"


OTHER_CODE = "PQRS-TVWX-YZ23"


@pytest.fixture
def pair(lead):
    """The mother's case, which goes on, and the father's; both have agreed."""
    keep, left = make_case(), make_case(code=OTHER_CODE)
    FamilyMember.objects.filter(case=left).update(email="father@example.org")
    left.owner.refresh_from_db()
    return keep, left, make_hint(keep, left, lead)


def join(pair, lead, **more):
    keep, _left, hint = pair
    keep.refresh_from_db()
    actions.merge_cases(by=lead, hint=hint, keep=keep, **more)


def write(case, body):
    return Message.objects.create(case=case, body=body, language="pl", from_family=case.owner)


def read(record, by) -> bytes:
    reader, _name = actions.open_record(by=by, record=record)
    data = b"".join(reader.pieces())
    reader.release()
    return data


def owner_of(case):
    return FamilyMember.objects.select_related("case").get(case=case, is_owner=True)


# ---- The table of what moves


def test_every_table_of_a_case_says_what_becomes_of_it():
    """A new model with a key to a case fails here until somebody decides."""
    owned = {
        model.__name__
        for model in apps.get_app_config("cases").get_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model is Case
    }
    said = [joining.STAYS, joining.MOVES, joining.MOVES_WITH_FILES, joining.POINTS_THERE]
    assert owned == set().union(*said)
    assert sum(map(len, said)) == len(owned)


# ---- Words and rows


def test_words_move_and_open_with_the_other_key(pair, lead):
    keep, left, _hint = pair
    write(left, HEALTH_CANARY)
    join(pair, lead)
    message = Message.objects.select_related("case").get()
    assert (message.case, message.body, message.from_family.case_id) == (
        keep,
        HEALTH_CANARY,
        keep.pk,
    )
    sealed = bytes(Message.objects.values_list("body", flat=True).get())
    with pytest.raises(crypto.SealBrokenError):
        crypto.unseal_text(actions.case_key(left), sealed, f"message-body:{message.pk}")
    assert HEALTH_CANARY in signed_in(keep).get(case_url(keep)).text


def test_tasks_move_and_none_is_asked_twice(pair, lead, coordinator):
    keep, left, _hint = pair
    actions.ask_for_information(by=coordinator, case=keep, reasons=["lab"])
    actions.ask_for_information(by=coordinator, case=left, reasons=["lab", "imaging"])
    join(pair, lead)
    open_tasks = FamilyTask.objects.filter(done_at=None)
    assert sorted(open_tasks.values_list("case", "code")) == [
        (keep.pk, "imaging"),
        (keep.pk, "lab"),
    ]


def test_no_consent_is_carried_over_and_every_share_ends(pair, lead, scmc, renji, coordinator):
    keep, left, _hint = pair
    agree_to_all(keep, renji)
    share(left, scmc, coordinator)
    propose(left, renji, coordinator)
    join(pair, lead)
    assert Referral.objects.get().ended_at is not None
    assert Proposal.objects.get().state == "taken_back"
    living = Consent.objects.filter(withdrawn_at=None)
    assert set(living.values_list("case", "given_by")) == {(keep.pk, keep.owner.pk)}
    # As proof all of them go along.
    assert Consent.objects.filter(case=keep, given_by=left.owner).count() == 3
    with pytest.raises(ActionRefusedError):
        actions.refer_case(by=coordinator, case=Case.objects.get(pk=keep.pk), hospital=scmc)


def test_traces_stay_once(pair, lead):
    keep, left, _hint = pair
    for case, keys in ((keep, "ab"), (left, "bc")):
        PatientTrace.objects.bulk_create(PatientTrace(case=case, key=key) for key in keys)
    join(pair, lead)
    assert sorted(PatientTrace.objects.values_list("case", "key")) == [
        (keep.pk, key) for key in "abc"
    ]


def test_trail_of_both_says_so(pair, lead):
    keep, left, _hint = pair
    join(pair, lead)
    left.refresh_from_db()
    assert (left.stage, left.close_reason, left.merged_into) == ("closed", "duplicate", keep)
    row = AuditEvent.objects.get(action="case.merged")
    assert (row.object_label, row.data) == (keep.reference, {"other": left.reference})
    assert CaseEvent.objects.filter(case=left, kind="stage").exists()
    page = signed_in(keep).get(case_url(keep)).text
    assert "Another case of the same patient was joined with this one" in page


def test_stale_page_joins_nothing_R4(pair, lead):
    keep, left, _hint = pair
    with pytest.raises(ChangedMeanwhileError):
        actions.merge_cases(by=lead, hint=pair[2], keep=keep, version=keep.version + 1)


@pytest.mark.parametrize("side", [0, 1])
def test_second_adult_of_either_is_let_out_first(pair, lead, side):
    case = pair[side]
    actions.invite_adult(
        by=case.owner, case=case, name="X", relation="other", language="en", can_write=False
    )
    with pytest.raises(ActionRefusedError):
        join(pair, lead)
    assert DuplicateHint.objects.get().state == "open"


def test_third_case_is_compared_with_the_one_that_goes_on(pair, lead):
    keep, left, _hint = pair
    third = make_hint(left, make_case(), lead)
    twice = make_case()
    make_hint(keep, twice, lead)
    make_hint(left, twice, lead)
    join(pair, lead)
    third.refresh_from_db()
    assert (third.older, third.agreements.count()) == (keep, 0)
    assert DuplicateHint.objects.filter(newer=twice).count() == 1


def test_what_was_joined_is_not_opened_again(pair, lead):
    _keep, left, _hint = pair
    join(pair, lead)
    left.refresh_from_db()
    for by in (lead, owner_of(pair[0])):
        with pytest.raises(ActionRefusedError):
            actions.reopen_case(by=by, case=left)


# ---- Ways in


def test_old_reference_and_code_lead_to_the_other_case(pair, lead):
    keep, left, _hint = pair
    join(pair, lead)
    for reference_of in (left, keep):
        father = Client()
        assert sign_in(father, reference_of, OTHER_CODE).url == case_url(keep)
        assert father.get(case_url(keep)).status_code == 200
    assert sign_in(Client(), keep, FAMILY_CODE).url == case_url(keep)
    adult = FamilyMember.objects.get(case=keep, is_owner=False)
    assert (adult.email, adult.can_write) == ("father@example.org", True)


def test_open_page_goes_on_there_and_loses_no_words(pair, lead):
    keep, left, _hint = pair
    father = signed_in(left, OTHER_CODE)
    form = father.get(case_url(left)).context["form"]
    join(pair, lead)
    answer = father.get(case_url(left, "papers"))
    assert (answer.status_code, answer.url) == (307, case_url(keep, "papers"))
    sent = {"body": "Kept words", "submission": form["submission"].value()}
    assert father.post(case_url(left), sent, follow=True).status_code == 200
    assert Message.objects.get().body == "Kept words"


def test_strangers_learn_nothing_of_it(pair, lead, other_case):
    keep, left, _hint = pair
    join(pair, lead)
    stranger = signed_in(other_case, OTHER_CODE)
    unknown = stranger.get(reverse("case:detail", args=["SH-2222-3333"]))
    for case in (keep, left):
        assert stranger.get(case_url(case)).status_code == unknown.status_code == 404
    assert sign_in(Client(), left, "2345-6789-ABCD").status_code == 200


def test_lost_code_is_mailed_by_the_old_reference(pair, lead, client):
    keep, left, _hint = pair
    join(pair, lead)
    asked = {"reference": left.reference, "email": "father@example.org"}
    client.post(reverse("case:lost-code"), asked)
    member = FamilyMember.objects.get(email="father@example.org")
    actions.send_sign_in_link(member=member)
    token = link_token(FamilyToken.objects.get(purpose=Purpose.SIGN_IN).pk)
    elsewhere = Client()
    path = reverse("case:link", args=[token])
    assert elsewhere.post(path, {"reference": "SH-2222-3333"}).context["form"].errors
    assert "new" in elsewhere.post(path, {"reference": left.reference}).text
    assert elsewhere.get(case_url(keep)).status_code == 200


def test_joined_twice_leads_to_the_last(pair, lead):
    keep, left, _hint = pair
    join(pair, lead)
    last = make_case(code="2345-6789-ABCD")
    hint = make_hint(last, keep, lead)
    with pytest.raises(ActionRefusedError):
        actions.merge_cases(by=lead, hint=hint, keep=last)
    actions.end_adult(by=keep.owner, member=FamilyMember.objects.get(email="father@example.org"))
    keep.refresh_from_db()
    actions.merge_cases(by=lead, hint=hint, keep=last)
    left.refresh_from_db()
    assert left.merged_into == last
    assert sign_in(Client(), left, OTHER_CODE).status_code == 200
    assert sign_in(Client(), keep, FAMILY_CODE).url == case_url(last)


# ---- Papers


def test_papers_are_sealed_anew_and_the_old_file_goes(
    pair, lead, django_capture_on_commit_callbacks
):
    keep, left, _hint = pair
    data = pattern(2 * PIECE + 77)
    record = make_record(left, data, name="befund.pdf")
    former = record.storage_name
    join(pair, lead)
    with django_capture_on_commit_callbacks(execute=True):
        assert actions.move_papers(left=Case.objects.get(pk=left.pk)) == 1
    moved = Record.objects.select_related("case").get()
    assert (moved.pk, moved.case) == (record.pk, keep)
    assert read(moved, owner_of(keep)) == data
    assert moved.name(actions.case_key(keep)) == "befund.pdf"
    with pytest.raises(store.FileLostError):
        store.reading(former)
    with store.reading(moved.storage_name) as file, pytest.raises(crypto.SealBrokenError):
        joining.sealed.open_sealed(file, actions.case_key(left), moved.storage_name)
    assert AuditEvent.objects.get(action="record.moved").data == {"from": left.reference}


def test_files_of_both_forms_move_and_are_bound_to_their_new_names_U5(pair, lead):
    keep, left, _hint = pair
    papers = {make_record(left, data).pk: data for data in (b"%PDF-1.7 1", pattern(PIECE + 5))}
    former = Record.objects.get(pk=next(iter(papers)))
    store.path_of(former.storage_name).write_bytes(FORMER + bytes(SALT_BYTES))
    with store.writing(former.storage_name) as file:
        appender = Appender(file, actions.case_key(left), former.storage_name)
        appender.write(papers[former.pk])
        appender.finish()
    join(pair, lead)
    actions.move_papers(left=Case.objects.get(pk=left.pk))
    moved = list(Record.objects.select_related("case"))
    assert {record.pk: read(record, owner_of(keep)) for record in moved} == papers
    paths = [store.path_of(record.storage_name) for record in moved]
    first, second = (path.read_bytes() for path in paths)
    assert first[:4] == second[:4] == FORM
    paths[0].write_bytes(second)
    with pytest.raises(crypto.SealBrokenError):
        read(moved[0], owner_of(keep))


def test_moved_paper_outlives_the_key_of_the_old_case(pair, lead):
    keep, left, _hint = pair
    make_record(left, b"%PDF-1.7 words")
    join(pair, lead)
    actions.move_papers(left=Case.objects.get(pk=left.pk))
    actions.destroy_case_key(by=None, case=left)
    assert read(Record.objects.select_related("case").get(), owner_of(keep)) == b"%PDF-1.7 words"


def test_u5_erasure_takes_what_was_joined_with_it(pair, lead):
    keep, left, _hint = pair
    join(pair, lead)
    actions.destroy_case_key(by=None, case=Case.objects.get(pk=keep.pk))
    for case in (keep, left):
        with pytest.raises(crypto.KeyDestroyedError):
            actions.case_key(Case.objects.get(pk=case.pk))
    assert AuditEvent.objects.filter(action="case.key_destroyed").count() == 2
    keep.delete()
    assert Case.objects.count() == 0


@pytest.mark.parametrize("size", [PIECE // 2, PIECE, 2 * PIECE + 5])
def test_upload_that_was_cut_off_goes_on_in_the_other_case(pair, lead, size):
    keep, left, _hint = pair
    whole = pattern(3 * PIECE)
    tus = Tus(left)
    begun = tus.begin(len(whole), "scan.pdf")
    assert tus.patch(begun["Location"], 0, whole[:size]).status_code == 204
    join(pair, lead)
    actions.move_papers(left=Case.objects.get(pk=left.pk))
    record = Record.objects.select_related("case").get()
    assert (record.case, record.received, record.status) == (keep, size, "uploading")
    by = FamilyMember.objects.select_related("case").get(pk=record.uploaded_by_id)
    actions.receive(by=by, record=record, offset=size, pieces=[whole[size:]])
    record.refresh_from_db()
    assert record.status == "checking"
    Record.objects.update(status="fine", next_check_at=None, checked_at=timezone.now())
    record.refresh_from_db()
    assert read(record, owner_of(keep)) == whole


def test_paper_that_is_being_checked_is_waited_for(pair, lead):
    _keep, left, _hint = pair
    make_record(left, status=Status.CHECKING, checked_at=None, next_check_at=timezone.now())
    make_record(left)
    join(pair, lead)
    left.refresh_from_db()
    with pytest.raises(NotYetError):
        actions.move_papers(left=left)
    assert Record.objects.filter(case=left).count() == 1
    assert jobs.move_papers.call(str(left.pk)) == "later"
    Record.objects.update(status=Status.FINE, next_check_at=None)
    assert jobs.move_papers.call(str(left.pk)) == "1 moved"
    assert jobs.move_papers.call(str(left.pk)) == "0 moved"


def test_paper_somebody_writes_to_is_waited_for(pair, lead):
    _keep, left, _hint = pair
    tus = Tus(left)
    tus.begin(100, "scan.pdf")
    join(pair, lead)
    left.refresh_from_db()
    with store.writing(Record.objects.get().storage_name), pytest.raises(NotYetError):
        actions.move_papers(left=left)
    assert actions.move_papers(left=left) == 1


@pytest.mark.parametrize("reason", [Reason.TYPE, Reason.BROKEN])
def test_refused_and_damaged_papers_move_too(pair, lead, reason):
    keep, left, _hint = pair
    status = Status.REFUSED if reason == Reason.TYPE else Status.UNREADABLE
    record = make_record(left, status=status, reason=reason)
    store.remove(record.storage_name)
    join(pair, lead)
    left.refresh_from_db()
    assert actions.move_papers(left=left) == 1
    moved = Record.objects.get()
    assert (moved.case_id, moved.storage_name) == (keep.pk, record.storage_name)
    assert moved.name(actions.case_key(keep)).endswith(".pdf")


def test_file_that_is_missing_is_waited_for(pair, lead):
    """With its row it would get the other case's key, and open nowhere when it is back."""
    keep, left, _hint = pair
    record = make_record(left)
    path = store.path_of(record.storage_name)
    path.rename(path.with_suffix(".away"))
    join(pair, lead)
    left.refresh_from_db()
    with pytest.raises(actions.NotYetError):
        actions.move_papers(left=left)
    path.with_suffix(".away").rename(path)
    assert actions.move_papers(left=left) == 1
    assert read(Record.objects.get(), keep.owner) == b"%PDF-1.7"


def test_copies_are_made_anew_and_documents_go_along(pair, lead):
    keep, left, _hint = pair
    record = make_record(left)
    document = PhotoDocument(case=left, asked_by=left.owner, record=record, page_count=1)
    key = actions.case_key(left)
    document.sealed_name = crypto.seal_text(key, "Letter", document.about)
    document.save()
    record.derived.create(case=left, purpose="viewing", kind="jpeg")
    join(pair, lead)
    left.refresh_from_db()
    actions.move_papers(left=left)
    document.refresh_from_db()
    assert (document.case_id, document.name(actions.case_key(keep))) == (keep.pk, "Letter")
    assert record.derived.count() == 0


def test_document_that_is_being_made_is_waited_for(pair, lead):
    _keep, left, _hint = pair
    PhotoDocument.objects.create(case=left, asked_by=left.owner, sealed_name=b"x", page_count=1)
    join(pair, lead)
    left.refresh_from_db()
    with pytest.raises(NotYetError):
        actions.move_papers(left=left)


class KilledError(Exception):
    pass


@pytest.mark.parametrize(
    "place", ["_copy_file", "_move_row", "move_checklist", "queue_what_follows"]
)
def test_u8_killed_anywhere_it_goes_on(
    pair, lead, monkeypatch, place, django_capture_on_commit_callbacks
):
    """Each paper is whole in one of the two cases at every moment, and files are not orphaned."""
    keep, left, _hint = pair
    before = set(store.names_older_than(-9))
    for number in range(3):
        make_record(left, b"%PDF-1.7" + bytes([number]), name=f"{number}.pdf")
    join(pair, lead)
    left.refresh_from_db()
    own, calls = getattr(joining, place), []

    def killed(*args, **named):
        calls.append(args)
        if len(calls) == 2:
            raise KilledError
        return own(*args, **named)

    monkeypatch.setattr(joining, place, killed)
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(KilledError):
        actions.move_papers(left=left)
    monkeypatch.setattr(joining, place, own)
    member = owner_of(keep)
    for record in Record.objects.select_related("case"):
        by = member if record.case_id == keep.pk else FamilyMember(case=left, is_owner=True)
        assert read(record, by).startswith(b"%PDF-1.7")
    with django_capture_on_commit_callbacks(execute=True):
        actions.move_papers(left=left)
    assert Record.objects.filter(case=keep).count() == 3
    names = set(Record.objects.values_list("storage_name", flat=True))
    assert set(store.names_older_than(-9)) - before == names


def test_u8_paper_without_a_file_stays_when_its_row_cannot_move(pair, lead, monkeypatch):
    """A refused one: there is no new file to take away, and none of another is."""
    keep, left, _hint = pair
    make_record(left, status=Status.REFUSED, reason=Reason.TYPE)
    before = set(store.names_older_than(-9))
    join(pair, lead)
    left.refresh_from_db()
    with monkeypatch.context() as broken, pytest.raises(KilledError):
        broken.setattr(joining, "move_checklist", Mock(side_effect=KilledError))
        actions.move_papers(left=left)
    assert (Record.objects.get().case_id, set(store.names_older_than(-9))) == (left.pk, before)
    assert actions.move_papers(left=left) == 1
    assert Record.objects.get().case_id == keep.pk


def test_r6_full_disk_leaves_the_paper_whole_and_no_half_a_copy(pair, lead, monkeypatch):
    keep, left, _hint = pair
    make_record(left, b"%PDF-1.7 words")
    before = set(store.names_older_than(-9))
    join(pair, lead)
    left.refresh_from_db()
    full = OSError(errno.ENOSPC, "no room")
    with monkeypatch.context() as disk, pytest.raises(OSError, match="no room"):
        disk.setattr(joining.sealed.Appender, "finish", Mock(side_effect=full))
        actions.move_papers(left=left)
    assert set(store.names_older_than(-9)) == before
    assert read(Record.objects.select_related("case").get(), FamilyMember(case=left, is_owner=True))
    assert actions.move_papers(left=left) == 1
    assert read(Record.objects.select_related("case").get(), owner_of(keep)) == b"%PDF-1.7 words"


def test_adult_is_not_let_into_a_case_that_was_joined_meanwhile(pair, lead):
    """The page of the invitation was open when the case ended."""
    keep, left, _hint = pair
    stale = Case.objects.get(pk=left.pk)
    by = FamilyMember.objects.get(case=left)
    join(pair, lead)
    with pytest.raises(ActionRefusedError):
        actions.invite_adult(
            by=by, case=stale, name="X", relation="other", language="en", can_write=False
        )
    assert FamilyMember.objects.filter(case=left).count() == 0


def test_lost_job_is_found_again(pair, lead):
    _keep, left, _hint = pair
    make_record(left)
    join(pair, lead)
    assert actions.cases_with_papers_to_move() == [left.pk]
    assert jobs.move_papers.call(str(left.pk)) == "1 moved"
    assert actions.cases_with_papers_to_move() == []
    assert jobs.move_papers.call(str(make_case().pk)) == "nothing to move"


@pytest.mark.django_db(transaction=True)
def test_two_workers_move_each_paper_once():
    lead = make_user("lead", Role.LEAD)
    keep, left = make_case(), make_case(code=OTHER_CODE)
    for number in range(4):
        make_record(left, make_pdf(), name=f"{number}.pdf")
    actions.merge_cases(by=lead, hint=make_hint(keep, left, lead), keep=keep)
    gate, errors = threading.Barrier(2), []

    def run():
        try:
            gate.wait()
            actions.move_papers(left=Case.objects.get(pk=left.pk))
        except NotYetError:
            pass
        except Exception as error:  # noqa: BLE001  the test looks at it
            errors.append(error)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=run) for _number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert errors == []
    rows = Record.objects.select_related("case")
    assert [read(record, owner_of(keep))[:5] for record in rows] == [b"%PDF-"] * 4
    assert AuditEvent.objects.filter(action="record.moved").count() == 4
    names = set(rows.values_list("storage_name", flat=True))
    assert len(names) == 4
    assert set(store.names_older_than(-9)) >= names


# ---- Who opened


def test_l3_family_sees_who_opened_which_paper_by_role(case, coordinator, lead):
    record = make_record(case, name="befund.pdf")
    desk = sign_in_staff(coordinator)
    desk.get(reverse("office:cases_case_change", args=[case.pk]))
    save = reverse("office:cases_case_paper_save", args=[case.pk, record.pk])
    for _time in range(2):
        b"".join(desk.get(save))
    sign_in_staff(lead).get(reverse("office:cases_case_change", args=[case.pk]))
    page = signed_in(case).get(case_url(case, "sharing"))
    lines = [(o["who"], o["what"], o["paper"], o["times"]) for o in page.context["openings"]]
    assert lines == [
        ("A lead coordinator", "opened the case", "", 1),
        ("A coordinator", "opened a paper", "befund.pdf", 2),
        ("A coordinator", "opened the case", "", 1),
    ]
    assert "Coordinator" not in page.text.split("Who opened")[1].split("</dl>")[0]


def test_l3_removed_papers_and_joined_cases_stay_on_the_list(pair, lead, coordinator):
    keep, left, _hint = pair
    record, desk = make_record(left), sign_in_staff(coordinator)
    b"".join(desk.get(reverse("office:cases_case_paper_save", args=[left.pk, record.pk])))
    actions.remove_record(by=left.owner, record=record)
    join(pair, lead)
    openings = signed_in(keep).get(case_url(keep, "sharing")).context["openings"]
    assert [(line["what"], line["paper"]) for line in openings] == [("opened a paper", "")]


def test_l3_rows_of_other_days_are_lines_of_their_own(case, coordinator, time_machine):
    desk = sign_in_staff(coordinator)
    desk.get(reverse("office:cases_case_change", args=[case.pk]))
    old = timezone.now() - timedelta(days=2)
    AuditEvent.objects.filter(action="case.opened").update(at=old)
    desk.get(reverse("office:cases_case_change", args=[case.pk]))
    openings = signed_in(case).get(case_url(case, "sharing")).context["openings"]
    assert [line["times"] for line in openings] == [1, 1]
