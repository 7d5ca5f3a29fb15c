"""The page of one case: what it shows, what its forms do, who may open it (rows Z2, Z3, R4)."""

import re
import uuid
from datetime import UTC, datetime

import pytest
import time_machine
from django.forms.models import model_to_dict
from django.utils import timezone

from cases import actions
from cases.models import Case, CaseEvent, Consent, FamilyMember, FamilyTask, Message
from cases.tests.scans import make_read_scan
from cases.workflow import CloseReason, InfoReason, Stage, Step, WaitingOn
from portal.models import AuditEvent, MailStatus, OutgoingMail
from portal.tests.fixtures import HEALTH_CANARY, make_case, sign_in_staff

POSTS = ("answer", "assign", "take", "read", "due", "email", "check", "link")


def address(case, end="change") -> str:
    pk = getattr(case, "pk", case)
    return f"/office/cases/case/{pk}/{end}/"


def typed(name, **fields) -> dict:
    return {f"{name}-{field}": value for field, value in ({"version": 1} | fields).items()}


def answer(**fields) -> dict:
    values = {"submission": uuid.uuid4(), "body": "Our answer", "language": "en", "waiting_on": ""}
    return typed("answer", **(values | fields))


def text_of(response) -> str:
    return re.sub(r'csrfmiddlewaretoken" value="[^"]+"', "", response.text)


@pytest.fixture
def desk(coordinator):
    return sign_in_staff(coordinator)


def test_case_page_shows_everything_and_leaves_a_row(desk, coordinator, case, scmc):
    Consent.objects.create(
        case=case, kind="share_hospital", hospital=scmc, version="1", language="en",
        text_hash="0" * 64, given_by=case.owner,
    )  # fmt: skip
    actions.ask_for_information(
        by=coordinator, case=case, reasons=["summary"], body="Words of ours"
    )
    page = desk.get(address(case))
    for part in (
        HEALTH_CANARY, "Words of ours", "A medical summary", "family@example.org", "Scmc",
        "There is news", "Stage changed: Information needed", "Coordinator Coordinator",
    )[:7]:  # fmt: skip
        assert part in page.text, part
    row = AuditEvent.objects.get(action="case.opened")
    assert (row.actor_label, row.object_label) == ("coordinator", case.reference)
    assert "no-store" in page.headers["Cache-Control"]


def test_case_page_says_what_time_it_is_for_the_family(desk, coordinator):
    case = make_case(time_zone="Europe/Warsaw")
    with time_machine.travel(datetime(2027, 1, 4, 4, 5, tzinfo=UTC)):
        page = sign_in_staff(coordinator).get(address(case)).text
    assert "there it is Mon 05:05" in page
    assert desk.get(address(make_case(time_zone="Nowhere/At-All"))).status_code == 200


@pytest.mark.parametrize("stage", list(Stage))
def test_case_page_has_exactly_the_buttons_of_the_table(lead, stage):
    from cases.tests.test_steps import case_at
    from cases.workflow import staff_steps

    case = case_at(stage)
    text = sign_in_staff(lead).get(address(case)).text
    shown = set(re.findall(r'action="/office/cases/case/[^"]+/step/(\w+)/"', text))
    assert shown == {str(step) for step in staff_steps(stage)}


def test_case_of_a_colleague_is_like_one_that_does_not_exist_Z2(desk, other_coordinator):
    case = make_case(assigned_to=other_coordinator)
    for end in ("change", *POSTS, "step/start_triage"):
        method = desk.get if end == "change" else desk.post
        theirs, nobodys = method(address(case, end)), method(address(uuid.uuid4(), end))
        assert theirs.status_code == nobodys.status_code == 404
        assert text_of(theirs) == text_of(nobodys)
    assert not AuditEvent.objects.filter(action="case.opened").exists()


def test_case_page_posts_alone_change_something_W4(desk, case):
    for end in (*POSTS, "step/start_triage"):
        assert desk.get(address(case, end)).status_code == 405
    assert Case.objects.get().version == 1


def test_step_that_does_not_exist_is_404(desk, case):
    for step in ("nonsense", "withdraw"):
        assert desk.post(address(case, f"step/{step}"), typed(step)).status_code == 404


def test_step_is_taken_and_said(desk, case):
    response = desk.post(address(case, "step/start_triage"), typed("start_triage"), follow=True)
    assert "Being read. The family is told by mail." in response.text
    assert Case.objects.get().stage == Stage.TRIAGE


def test_step_that_the_table_forbids_is_refused_with_a_sentence(desk, case):
    response = desk.post(
        address(case, "step/start_follow_up"), typed("start_follow_up"), follow=True
    )
    assert "This step is not possible now." in response.text
    assert Case.objects.get().stage == Stage.RECEIVED


def test_ask_for_information_form_makes_tasks(desk, case):
    fields = typed(
        "ask_for_information",
        submission=uuid.uuid4(),
        reasons=["summary", "imaging"],
        body="Please",
        language="pl",
    )
    desk.post(address(case, "step/ask_for_information"), fields)
    assert FamilyTask.objects.count() == 2
    assert Message.objects.get().language == "pl"


def test_ask_for_information_without_a_reason_keeps_the_words(desk, case):
    fields = typed(
        "ask_for_information", submission=uuid.uuid4(), body="Please send it", language="pl"
    )
    page = desk.post(address(case, "step/ask_for_information"), fields)
    assert "Choose at least one thing" in page.text
    assert "Please send it" in page.text
    assert Case.objects.get().stage == Stage.RECEIVED


def test_close_form_needs_a_reason(desk, case):
    page = desk.post(address(case, "step/close"), typed("close", reason=""))
    assert page.status_code == 200
    desk.post(address(case, "step/close"), typed("close", reason=CloseReason.STAY_HOME))
    assert Case.objects.get().close_reason == CloseReason.STAY_HOME
    assert "Advised to be treated at home" in desk.get(address(case)).text


def test_reopen_button_works(desk, coordinator, case):
    actions.close_case(by=coordinator, case=case, reason=CloseReason.COST)
    desk.post(address(case, "step/reopen"), typed("reopen", version=2))
    assert Case.objects.get().stage == Stage.TRIAGE


def test_answer_form_sends_once(desk, case):
    fields = answer()
    for _click in range(2):
        assert desk.post(address(case, "answer"), fields).status_code == 302
    assert Message.objects.count() == 1


def test_answer_too_long_is_refused_with_the_words_kept(desk, case):
    page = desk.post(address(case, "answer"), answer(body="x" * 5001))
    assert "5000" in page.text
    assert "x" * 5001 in page.text


def test_answer_keeps_markup_and_odd_letters_as_text(desk, case):
    body = "<script>alert(1)</script> \u202etxt.exe 🦠"
    desk.post(address(case, "answer"), answer(body=body))
    assert Message.objects.get().body == body
    assert "<script>alert(1)" not in desk.get(address(case)).text


def test_read_take_due_email_and_link(desk, coordinator, case):
    FamilyMember.objects.update(email_confirmed_at=None)
    case.consents.update(channel="phone", recorded_by=coordinator)
    desk.post(address(case, "read"), typed("read"))
    desk.post(address(case, "take"), typed("take", version=2))
    desk.post(address(case, "due"), typed("due", version=3, due="2027-01-04T10:30"))
    desk.post(address(case, "email"), typed("email", version=4, email="new@example.org"))
    before = FamilyMember.objects.get().code_hash
    FamilyMember.objects.update(email_confirmed_at=timezone.now())
    desk.post(address(case, "link"), typed("link", version=5))
    case = Case.objects.get()
    assert (case.has_new_words, case.assigned_to) == (False, coordinator)
    assert FamilyMember.objects.get().email == "new@example.org"
    assert FamilyMember.objects.get().code_hash != before
    assert OutgoingMail.objects.order_by("created_at").last().template.endswith("sign_in_link")


def test_link_button_pressed_twice_sends_one_link(desk, case):
    statuses = [desk.post(address(case, "link"), typed("link")).status_code for _press in range(2)]
    assert statuses == [302, 409]
    assert OutgoingMail.objects.filter(template__endswith="sign_in_link").count() == 1
    assert CaseEvent.objects.filter(kind="code_replaced").count() == 1


@pytest.mark.parametrize("due", ["2020-01-01T10:00", "2999-01-01T10:00", "tomorrow", ""])
def test_due_form_refuses_dates_out_of_reason(desk, case, due):
    before = Case.objects.get().next_due_at
    assert desk.post(address(case, "due"), typed("due", due=due)).status_code == 200
    assert Case.objects.get().next_due_at == before


def test_assign_form_is_the_leads(desk, lead, coordinator, other_coordinator, auditor, case):
    assert "Assign to somebody" not in desk.get(address(case)).text
    page = sign_in_staff(lead).get(address(case)).text
    assert "Assign to somebody" in page
    assert str(auditor.pk) not in page
    to_other = typed("assign", to=other_coordinator.pk)
    desk.post(address(case, "assign"), to_other)
    assert Case.objects.get().assigned_to is None
    sign_in_staff(lead).post(address(case, "assign"), to_other)
    assert Case.objects.get().assigned_to == other_coordinator


def test_conflict_shows_both_texts_and_keeps_our_own_R4(desk, lead, case):
    sign_in_staff(lead).post(address(case, "answer"), answer(body="The leads own words"))
    fields = answer(body="What I had written meanwhile")
    page = desk.post(address(case, "answer"), fields)
    assert page.status_code == 409
    assert "The leads own words" in page.text
    assert "What I had written meanwhile" in page.text
    assert Message.objects.count() == 1
    again = dict(re.findall(r'name="(answer-\w+)" value="([^"]*)"', page.text))
    assert again["answer-version"] == "2"
    desk.post(address(case, "answer"), fields | again)
    assert Message.objects.count() == 2


def test_conflict_over_a_step_that_is_gone_offers_the_words_to_copy_R4(desk, coordinator, case):
    actions.close_case(by=coordinator, case=case, reason=CloseReason.COST)
    fields = typed(
        "ask_for_information",
        submission=uuid.uuid4(),
        reasons=["summary"],
        body="Long words of mine",
        language="en",
    )
    page = desk.post(address(case, "step/ask_for_information"), fields, follow=True)
    assert "Long words of mine" in page.text
    assert "no longer possible" in page.text


def test_family_words_during_an_answer_are_a_conflict_not_a_loss_R4(desk, case):
    actions.write_message(
        by=case.owner, case=case, body="One more thing", language="en", submission=uuid.uuid4()
    )
    page = desk.post(address(case, "answer"), answer())
    assert page.status_code == 409
    assert "One more thing" in page.text


def test_ways_about_the_page_lead_to_its_boxes(desk, case):
    """A box that is not there has no way to it either."""
    for with_papers in (False, True):
        if with_papers:
            make_read_scan(case)
        page = desk.get(address(case)).text
        ways = set(re.findall(r'href="#(h-\w+)"', page))
        assert ways == ways & set(re.findall(r'<h2 id="(h-\w+)"', page))
        assert ("h-scans" in ways) is with_papers


def test_what_the_family_wrote_stands_before_the_list_of_papers(desk, case):
    page = desk.get(address(case)).text
    boxes = [page.index(f'<h2 id="h-{name}"') for name in ("messages", "inquiry", "papers")]
    assert boxes == sorted(boxes)


def test_boxes_for_text_take_the_direction_of_their_words(desk, case):
    """A coordinator with an Arabic desk writes to families in English, and the other way."""
    boxes = re.findall(r"<textarea[^>]*>", desk.get(address(case)).text)
    assert boxes
    assert [box for box in boxes if 'dir="auto"' not in box] == []


def test_mail_that_did_not_arrive_is_said_on_the_case_M4(desk, coordinator, case):
    actions.start_triage(by=coordinator, case=case)
    assert "did not arrive" not in desk.get(address(case)).text
    OutgoingMail.objects.update(status=MailStatus.FAILED)
    actions.record_mail_failure(reference=case.reference, template="cases/email/status_changed")
    page = desk.get(address(case)).text
    assert "This mail did not arrive: check the address." in page
    assert "A mail could not be delivered: There is news" in page


def test_extra_keys_change_no_other_column_Z3(lead, case):
    client = sign_in_staff(lead)
    FamilyMember.objects.update(email_confirmed_at=None)
    case.consents.update(channel="phone", recorded_by=lead)
    extra = {
        field.name: "999"
        for model in (Case, FamilyMember, CaseEvent, Message, Consent)
        for field in model._meta.concrete_fields
    } | {"stage": Stage.CLOSED, "is_staff": "1", "from_family": str(case.owner.pk)}
    sent = {
        "read": typed("read"),
        "take": typed("take", version=2),
        "due": typed("due", version=3, due="2027-01-04T10:30"),
        "email": typed("email", version=4, email="new@example.org"),
        "answer": answer(version=5),
    }
    allowed = {
        "has_new_words", "version", "assigned_to", "next_due_at", "first_answered_at", "turn_since",
    }  # fmt: skip
    before = model_to_dict(Case.objects.get()) | {"version": 0}
    for name, fields in sent.items():
        prefixed = {f"{name}-{key}": value for key, value in extra.items()}
        assert client.post(address(case, name), extra | prefixed | fields).status_code == 302
    after = model_to_dict(Case.objects.get())
    assert {key for key in before if before[key] != after.get(key, 0)} <= allowed
    member = FamilyMember.objects.get()
    assert (member.email, member.name) == ("new@example.org", case.owner.name)
    message = Message.objects.get()
    assert (message.from_staff, message.from_family) == (lead, None)


def test_every_word_of_the_codes_is_known():
    from cases.templatetags.office import event_words

    for kind, data in (
        ("stage", {"to": Stage.CLOSED, "reason": CloseReason.DIED}),
        ("task_done", {"code": InfoReason.LAB}),
        ("due_extended", {"due": "2027-01-04T10:30:00+08:00"}),
        ("due_extended", {}),
        ("assigned", {"to": "lead"}),
        ("received", {}),
    ):
        assert event_words(CaseEvent(kind=kind, data=data))
    assert str(Step.CLOSE) not in event_words(CaseEvent(kind="stage", data={"to": Stage.CLOSED}))
    assert WaitingOn.values
