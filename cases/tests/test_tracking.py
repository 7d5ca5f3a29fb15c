"""The family's case page: whose turn, tasks, messages, the way, the end."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases import actions
from cases.actions import messages as message_actions
from cases.models import Case, CaseEvent, FamilyTask, Message
from cases.models.event import EventKind
from cases.tests.family import case_url, sign_in, signed_in, without_tokens
from cases.tests.hospitals import agree
from cases.workflow import CloseReason, Stage, WaitingOn
from portal.models import OutgoingMail
from portal.tests.fixtures import make_case

pytestmark = pytest.mark.django_db


def write(case, body="Words", by=None, submission=None):
    return actions.write_message(
        by=by or case.owner,
        case=case,
        body=body,
        language="en",
        submission=submission or uuid.uuid4(),
    )


def give_consent(case, kind="health_data", hospital=None):
    return agree(case, kind, hospital)


def text_of(case, client=None) -> str:
    return (client or signed_in(case)).get(case_url(case)).content.decode()


def test_page_says_first_whose_turn_it_is(time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    case = make_case(stage=Stage.INFO_NEEDED, waiting_on=WaitingOn.FAMILY)
    FamilyTask.objects.create(case=case, code="pathology")
    page = text_of(case)
    assert "Your turn: 1 thing is missing" in page
    assert "Mon 23 Nov, 09:00" in page  # since, in Warsaw
    assert "Wed 25 Nov, 09:00" in page  # by
    assert page.index("Your turn") < page.index("Messages")


def test_clock_that_passed_says_so(case):
    Case.objects.update(next_due_at=timezone.now() - timedelta(hours=1))
    page = text_of(case)
    assert "and we are late" in page
    assert "Ask for a supervisor" in page


def test_clock_of_the_family_that_passed_is_kind(case):
    Case.objects.update(next_due_at=timezone.now() - timedelta(hours=1), waiting_on="family")
    assert "It is not too late" in text_of(case)


def test_closed_case_says_why_and_how_to_reopen(case, lead):
    client = signed_in(case)
    actions.close_case(by=lead, case=case, reason=CloseReason.STAY_HOME)
    page = text_of(case, client)
    assert "The doctors advise treatment at home" in page
    assert "Reopen the case" in page
    client.post(case_url(case, "reopen"))
    case.refresh_from_db()
    assert (case.stage, case.waiting_on) == ("triage", "coordinator")
    assert "You reopened the case" in text_of(case, client)


def test_office_that_reopens_is_named(case, lead):
    actions.close_case(by=lead, case=case, reason=CloseReason.COST)
    actions.reopen_case(by=lead, case=case)
    assert "Your coordinator reopened the case" in text_of(case)


def test_open_case_cannot_be_reopened(case):
    page = signed_in(case).post(case_url(case, "reopen"), follow=True).content.decode()
    assert "This step is not possible now." in page


def test_change_at_the_same_moment_is_told(case, monkeypatch):
    def raced(**kwargs):
        raise actions.ChangedMeanwhileError

    monkeypatch.setattr("cases.actions.withdraw_case", raced)
    page = signed_in(case).post(case_url(case, "withdraw"), follow=True).content.decode()
    assert "changed at this very moment" in page


def test_withdrawing_asks_once_more(case):
    client = signed_in(case)
    assert "Withdraw this case?" in client.get(case_url(case, "withdraw")).content.decode()
    switched = client.post(case_url(case, "withdraw"), {"switch_language": "en"})
    assert "Withdraw this case?" in switched.content.decode()
    case.refresh_from_db()
    assert case.stage == Stage.RECEIVED


def test_withdrawn_case_says_so_until_the_session_ends(case):
    client = signed_in(case)
    page = client.post(case_url(case, "withdraw"), follow=True).content.decode()
    assert "You withdrew this case" in page
    assert 'name="body"' not in page
    assert client.get(case_url(case, "withdraw")).status_code == 302
    assert sign_in(Client(), case).status_code == 200


def test_withdrawn_case_can_be_reopened_until_the_session_ends(case):
    client = signed_in(case)
    client.post(case_url(case, "withdraw"))
    client.post(case_url(case, "reopen"))
    assert sign_in(Client(), case).status_code == 302


def test_message_makes_it_the_coordinators_turn(time_machine):
    time_machine.move_to("2026-11-23 01:00:00+00:00", tick=False)
    case = make_case(stage=Stage.INFO_NEEDED, waiting_on=WaitingOn.FAMILY, next_due_at=None)
    Case.objects.update(has_new_words=False)
    case.refresh_from_db()
    owner = case.family.get()
    actions.write_message(by=owner, case=case, body="Hi", language="pl", submission=uuid.uuid4())
    case.refresh_from_db()
    assert (case.waiting_on, case.has_new_words) == ("coordinator", True)
    assert case.next_due_at.isoformat() == "2026-11-25T09:00:00+00:00"
    assert CaseEvent.objects.get().kind == EventKind.FAMILY_MESSAGE
    assert OutgoingMail.objects.count() == 0


def test_message_does_not_set_a_running_clock_back(case):
    before = case.next_due_at
    write(case)
    case.refresh_from_db()
    assert case.next_due_at == before


def test_message_starts_a_clock_where_none_runs(case):
    Case.objects.update(next_due_at=None)
    case.refresh_from_db()
    case.owner = case.family.get()
    write(case)
    assert case.next_due_at is not None


def test_message_to_a_closed_case_is_read_but_reopens_nothing(case, lead):
    actions.close_case(by=lead, case=case, reason=CloseReason.COST)
    Case.objects.update(has_new_words=False)
    case.refresh_from_db()
    write(case, by=case.family.get())
    case.refresh_from_db()
    assert (case.stage, case.waiting_on, case.has_new_words) == ("closed", "nobody", True)


def test_same_submission_twice_is_one_message(case):
    submission = uuid.uuid4()
    assert write(case, submission=submission) == write(case, submission=submission)
    assert Message.objects.count() == 1
    assert CaseEvent.objects.count() == 1


def test_submission_of_another_case_is_refused(case, other_case):
    submission = uuid.uuid4()
    write(case, submission=submission)
    with pytest.raises(actions.ActionRefusedError):
        write(other_case, submission=submission)


def test_family_of_another_case_cannot_write(case, other_case, coordinator):
    for stranger in (other_case.owner, coordinator):
        with pytest.raises(actions.ActionRefusedError):
            write(case, by=stranger)
    assert Message.objects.count() == 0


def test_words_are_kept_although_the_office_saved_meanwhile(case):
    Case.objects.update(version=9)
    write(case)
    case.refresh_from_db()
    assert (case.version, case.has_new_words) == (10, True)


def test_words_that_cannot_be_kept_leave_nothing_half_done(case, monkeypatch):
    def raced(*args, **kwargs):
        raise actions.ChangedMeanwhileError

    monkeypatch.setattr(message_actions, "change_case", raced)
    with pytest.raises(actions.ChangedMeanwhileError):
        write(case)
    assert Message.objects.count() == 0


def test_message_is_sent_from_the_page(case):
    client = signed_in(case)
    data = {"body": "Dzień dobry 👋", "submission": str(uuid.uuid4())}
    for _click in range(2):
        page = client.post(case_url(case), data, follow=True)
    assert "Your message is with us." in page.content.decode()
    assert Message.objects.get().body == "Dzień dobry 👋"


def test_empty_message_is_asked_for_again(case):
    page = signed_in(case).post(case_url(case), {"body": " ", "submission": str(uuid.uuid4())})
    assert "Write something first." in page.content.decode()


def test_refused_message_stays_in_the_form(case):
    client = signed_in(case)
    client.post(case_url(case, "withdraw"))
    page = client.post(case_url(case), {"body": "Wait", "submission": str(uuid.uuid4())})
    assert "You can no longer write to this case." in page.content.decode()
    assert page.context["form"]["body"].value() == "Wait"


def test_language_change_keeps_the_words_unsent(case):
    typed = {"body": "half a sent", "switch_language": "zh-hans"}
    page = signed_in(case).post(case_url(case).replace("/en/", "/zh-hans/"), typed)
    assert "half a sent" in page.content.decode()
    assert Message.objects.count() == 0


def test_last_task_hands_the_turn_over():
    case = make_case(stage=Stage.INFO_NEEDED, waiting_on=WaitingOn.FAMILY, next_due_at=None)
    for code in ("pathology", "imaging"):
        FamilyTask.objects.create(case=case, code=code)
    client = signed_in(case)
    client.post(case_url(case, "finish-task"), {"code": "pathology"})
    case.refresh_from_db()
    assert (case.waiting_on, case.has_new_words) == ("family", True)
    page = client.post(case_url(case, "finish-task"), {"code": "imaging"}, follow=True)
    case.refresh_from_db()
    assert case.waiting_on == "coordinator"
    assert case.next_due_at is not None
    assert page.content.decode().count("(done)") == 2


def test_task_is_done_once(case):
    FamilyTask.objects.create(case=case, code="lab")
    for _click in range(2):
        actions.complete_task(by=case.owner, case=case, code="lab")
    assert CaseEvent.objects.filter(kind=EventKind.TASK_DONE).count() == 1


@pytest.mark.parametrize("code", ["", "magic", "\x00"])
def test_task_that_is_none_is_refused(case, code):
    page = signed_in(case).post(case_url(case, "finish-task"), {"code": code}, follow=True)
    assert "This task is not known." in page.content.decode()


def test_task_of_a_withdrawn_case_is_refused(case):
    FamilyTask.objects.create(case=case, code="lab")
    client = signed_in(case)
    client.post(case_url(case, "withdraw"))
    page = client.post(case_url(case, "finish-task"), {"code": "lab"}, follow=True)
    assert "This case has ended." in page.content.decode()


def test_consent_is_withdrawn_from_the_page(case, scmc):
    consent = give_consent(case, "share_hospital", scmc)
    Case.objects.update(has_new_words=False)
    client = signed_in(case)
    page = client.post(
        case_url(case, "withdraw-consent"), {"consent": str(consent.pk)}, follow=True
    )
    consent.refresh_from_db()
    case.refresh_from_db()
    assert consent.withdrawn_at is not None
    assert case.has_new_words
    assert "Your consent is withdrawn from now on." in page.content.decode()
    assert "You withdrew a consent" in text_of(case, client)


def test_consent_is_withdrawn_once_and_news_tell_nobody(case):
    consent = give_consent(case, "news")
    Case.objects.update(has_new_words=False)
    for _click in range(2):
        actions.withdraw_consent(by=case.owner, consent=consent)
    case.refresh_from_db()
    assert not case.has_new_words
    assert CaseEvent.objects.count() == 1


def test_only_the_family_withdraws_a_consent(case, other_case, lead):
    consent = give_consent(case)
    for stranger in (other_case.owner, lead):
        with pytest.raises(actions.ActionRefusedError):
            actions.withdraw_consent(by=stranger, consent=consent)


def test_z2_consent_of_another_case_is_404(case, other_case):
    consent = give_consent(other_case)
    client = signed_in(case)
    for sent in (str(consent.pk), str(uuid.uuid4()), "nonsense"):
        assert client.post(case_url(case, "withdraw-consent"), {"consent": sent}).status_code == 404


@pytest.mark.parametrize("name", ["detail", "withdraw"])
def test_z2_foreign_case_is_the_404_of_an_unknown_one(case, other_case, name):
    client = signed_in(case)
    unknown = "SH-2222-2222"
    foreign = client.get(case_url(other_case, name))
    nowhere = client.get(reverse(f"case:{name}", args=[unknown]))
    assert foreign.status_code == nowhere.status_code == 404
    assert without_tokens(foreign).replace(other_case.reference, "") == without_tokens(
        nowhere
    ).replace(unknown, "")


def test_z2_whoever_is_not_signed_in_learns_nothing(client, case):
    known, unknown = client.get(case_url(case)), client.get("/en/case/SH-2222-2222/")
    assert known.url.replace(case.reference, "") == unknown.url.replace("SH-2222-2222", "")


def test_z3_extra_keys_change_nothing(case):
    data = {
        "body": "Words",
        "submission": str(uuid.uuid4()),
        "stage": "closed",
        "case": "x",
        "from_staff": "1",
        "created_at": "2000-01-01",
        "is_owner": "0",
    }
    signed_in(case).post(case_url(case), data)
    message = Message.objects.get()
    case.refresh_from_db()
    assert (message.from_family, message.from_staff) == (case.family.get(), None)
    assert message.created_at.year > 2000
    assert case.stage == Stage.RECEIVED


def test_w4_post_without_token_is_refused(case):
    client = Client(enforce_csrf_checks=True)
    for name in ("detail", "withdraw", "reopen", "finish-task", "withdraw-consent", "stay"):
        assert client.post(case_url(case, name)).status_code == 403
    assert client.post(reverse("case:sign-out")).status_code == 403
    assert client.post(reverse("inquiry:check")).status_code == 403


def test_w4_get_changes_nothing(case):
    client = signed_in(case)
    before = list(Case.objects.values()), CaseEvent.objects.count()
    for name in ("reopen", "finish-task", "withdraw-consent", "stay"):
        assert client.get(case_url(case, name)).status_code == 405
    for _number in range(2):
        client.get(case_url(case))
        client.get(case_url(case, "withdraw"))
    assert (list(Case.objects.values()), CaseEvent.objects.count()) == before


def test_staff_only_events_are_not_shown(case):
    CaseEvent.objects.create(case=case, kind=EventKind.MAIL_FAILED, actor_kind="system")
    client = signed_in(case)
    assert client.get(case_url(case)).context["history"] == []


def fill_case(case, count):
    for number in range(count):
        write(case, f"Words {number}")
        FamilyTask.objects.create(case=case, code="lab", done_at=timezone.now())


@pytest.mark.parametrize("count", [1, 30])
def test_page_costs_the_same_with_1_and_30_of_everything(
    case, scmc, count, django_assert_num_queries
):
    fill_case(case, count)
    give_consent(case, "share_hospital", scmc)
    client = signed_in(case)
    # The first look makes the list of papers.
    actions.refresh_checklist(case=case)
    # 3 of them are the session's, with a savepoint of the test around its saving.
    with django_assert_num_queries(18):
        client.get(case_url(case))


def test_newest_fifty_messages_are_shown_in_order(case):
    for number in range(52):
        write(case, f"Words {number:02}")
    shown = [word["body"] for word in signed_in(case).get(case_url(case)).context["words"]]
    assert shown == [f"Words {number:02}" for number in range(2, 52)]


def test_events_are_told_in_the_family_s_language(case, coordinator):
    actions.start_triage(by=coordinator, case=case)
    actions.ask_for_information(by=coordinator, case=case, reasons=["lab"])
    page = text_of(case)
    assert "Your coordinator began to read" in page
    assert "We asked you for something" in page


def test_way_shows_what_is_done_and_where_the_case_is(case, coordinator):
    actions.start_triage(by=coordinator, case=case)
    actions.send_to_hospital(by=coordinator, case=case)
    states = [place["state"] for place in signed_in(case).get(case_url(case)).context["way"]]
    assert states == ["is-done"] * 3 + ["is-now"] + ["is-next"] * 5


def test_way_of_an_ended_case_stops_where_it_came_to(case, coordinator):
    actions.start_triage(by=coordinator, case=case)
    actions.close_case(by=coordinator, case=case, reason=CloseReason.COST)
    states = [place["state"] for place in signed_in(case).get(case_url(case)).context["way"]]
    assert states == ["is-done"] * 2 + ["is-next"] * 7


def test_page_says_that_nobody_reads_on_after_a_consent_was_withdrawn(case):
    consent = give_consent(case, "health_data")
    assert "none of us opens" not in text_of(case)
    actions.withdraw_consent(by=case.owner, consent=consent)
    page = text_of(case)
    assert "none of us opens the inquiry and the papers" in page
    assert "The coordinators of this portal" not in page
