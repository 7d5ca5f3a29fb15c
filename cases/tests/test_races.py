"""Two people at once, in threads of their own, on whichever database runs (row R4)."""

import threading
import uuid

import pytest
from django.db import connection, connections
from django.utils import timezone

from cases import actions, notifications
from cases.actions import ActionRefusedError, ChangedMeanwhileError
from cases.models import Case, CaseEvent, FamilyMail, FamilyMember, FamilyTask, Message
from cases.workflow import CloseReason, Stage
from portal.models import OutgoingMail
from portal.roles import Role
from portal.tests.fixtures import make_case, make_user, sign_in_staff

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 8


def at_once(*acts) -> list:
    """What each came to: its value, or the error that it raised."""
    results, gate = [None] * len(acts), threading.Barrier(len(acts))

    def run(number, act):
        try:
            gate.wait()
            results[number] = act()
        except Exception as error:  # noqa: BLE001  the test looks at it
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture
def crowd():
    return [make_user(f"coordinator-{number}", Role.COORDINATOR) for number in range(CROWD)]


def test_of_many_who_take_a_case_one_has_it_R4(crowd):
    case = make_case()

    def take(user):
        fresh = Case.objects.get(pk=case.pk)
        return lambda: actions.assign_case(by=user, case=fresh, to=user, version=1)

    results = at_once(*map(take, crowd))
    assert results.count(None) == 1
    assert all(isinstance(r, ChangedMeanwhileError) for r in results if r is not None)
    winner = crowd[results.index(None)]
    assert Case.objects.get().assigned_to == winner
    assert CaseEvent.objects.count() == 1


def test_of_two_steps_at_once_one_wins_R4(lead_pair):
    case = make_case(stage=Stage.TRIAGE)
    one, two = (Case.objects.get(pk=case.pk) for _copy in range(2))
    results = at_once(
        lambda: actions.send_to_hospital(by=lead_pair[0], case=one, version=1),
        lambda: actions.close_case(by=lead_pair[1], case=two, reason=CloseReason.COST, version=1),
    )
    assert results.count(None) == 1
    kinds = [type(result) for result in results if result is not None]
    assert kinds in ([ChangedMeanwhileError], [ActionRefusedError])
    assert CaseEvent.objects.count() == OutgoingMail.objects.count() == 1


@pytest.fixture
def lead_pair():
    return [make_user(f"lead-{number}", Role.LEAD) for number in range(2)]


def test_twenty_clicks_on_send_are_one_message_R3(lead_pair):
    case, submission = make_case(), uuid.uuid4()

    def answer():
        return actions.answer_family(
            by=lead_pair[0],
            case=Case.objects.get(pk=case.pk),
            body="Once",
            language="en",
            version=1,
            submission=submission,
        )

    results = at_once(*[answer] * 20)
    assert {getattr(result, "pk", result) for result in results} == {Message.objects.get().pk}
    assert OutgoingMail.objects.count() == 1


def test_two_browsers_save_and_the_second_keeps_its_text_R4(lead_pair):
    case = make_case()
    clients = [sign_in_staff(user) for user in lead_pair]

    def send(client, words):
        fields = {"version": 1, "submission": uuid.uuid4(), "body": words, "language": "en"}
        typed = {f"answer-{name}": value for name, value in fields.items()}
        return lambda: client.post(f"/office/cases/case/{case.pk}/answer/", typed)

    pages = at_once(send(clients[0], "Words of one"), send(clients[1], "Words of two"))
    assert sorted(page.status_code for page in pages) == [302, 409]
    conflict = next(page for page in pages if page.status_code == 409)
    assert "Words of one" in conflict.text
    assert "Words of two" in conflict.text
    assert Message.objects.count() == 1


def test_asking_twice_at_once_makes_each_task_once_R4(lead_pair):
    case = make_case(stage=Stage.TRIAGE)

    def ask(user):
        fresh = Case.objects.get(pk=case.pk)
        return lambda: actions.ask_for_information(
            by=user, case=fresh, reasons=["summary", "lab"], version=1
        )

    results = at_once(*map(ask, lead_pair))
    assert results.count(None) == 1
    assert FamilyTask.objects.count() == 2


def test_recovery_code_used_twice_at_once_opens_once_S1(lead_pair):
    from portal.second_factor import find_device, new_recovery_codes

    code = new_recovery_codes(lead_pair[0])[0]
    results = at_once(*[lambda: find_device(lead_pair[0], code)] * 6)
    assert sum(hasattr(result, "code_hashes") for result in results) == 1
    assert connection.vendor in ("sqlite", "postgresql")


def test_phone_code_used_twice_at_once_opens_once_S1(lead_pair):
    from django_otp.oath import totp
    from django_otp.plugins.otp_totp.models import TOTPDevice

    from portal.second_factor import find_device

    phone = TOTPDevice.objects.create(user=lead_pair[0], name="phone", confirmed=True)
    code = f"{totp(phone.bin_key):06d}"
    results = at_once(*[lambda: find_device(lead_pair[0], code)] * 6)
    assert sum(hasattr(result, "key") for result in results) == 1


def test_two_texts_of_one_page_sent_many_times_at_once_are_two_messages_R3():
    """Sent, gone back, changed, sent again: both are kept, and each once."""
    case, submission = make_case(), uuid.uuid4()

    def write(body):
        return lambda: actions.write_message(
            by=case.owner,
            case=Case.objects.get(pk=case.pk),
            body=body,
            language="en",
            submission=submission,
        )

    results = at_once(*[write("first"), write("second")] * 6)
    assert not [result for result in results if isinstance(result, Exception)]
    assert sorted(row.body for row in Message.objects.all()) == ["first", "second"]
    assert CaseEvent.objects.count() == 2


def test_same_question_asked_again_after_a_conflict_is_one_message_R4(lead_pair):
    case, submission = make_case(stage=Stage.TRIAGE), uuid.uuid4()

    def ask():
        fresh = Case.objects.get(pk=case.pk)
        return actions.ask_for_information(
            by=lead_pair[0], case=fresh, reasons=["lab"], body="Please", submission=submission
        )

    assert at_once(ask) == [None]
    # "Do it all the same": the stage allows asking again from triage only.
    Case.objects.update(stage=Stage.TRIAGE)
    assert at_once(ask) == [None]
    assert Message.objects.count() == 1


def test_clicks_on_send_again_at_once_mail_once_M3():
    case = make_case()
    case.owner.email_confirmed_at = None
    case.owner.save()
    results = at_once(*[lambda: actions.send_confirmation(by=case.owner)] * CROWD)
    assert results.count(None) == 1
    assert OutgoingMail.objects.count() == 1


def test_of_many_mails_to_one_address_at_once_one_leaves_M3():
    """Eight strangers ask for a link to somebody else's address in the same moment."""

    def ask(number):
        draft, _secret = actions.start_draft(language="en")
        actions.keep_address(draft=draft, email=f"victim+{number}@example.org")
        draft.refresh_from_db()
        return lambda: actions.send_sign_in_link(member=draft)

    results = at_once(*map(ask, range(CROWD)))
    assert [result for result in results if isinstance(result, Exception)] == []
    assert OutgoingMail.objects.count() == FamilyMail.objects.count() == 1


def test_families_that_share_their_adults_do_not_wait_for_each_other_R4():
    """Two cases with the same two addresses, each the other's owner."""
    first, second = make_case(), make_case(code="PQRS-TVWX-YZ23")
    now = timezone.now()
    for case, owner, other in ((first, "a", "b"), (second, "b", "a")):
        FamilyMember.objects.filter(case=case).update(
            email=f"{owner}@example.org", email_confirmed_at=now
        )
        FamilyMember.objects.create(
            case=case, email=f"{other}@example.org", email_confirmed_at=now,
            name="Other", relation="relative", language="en", code_hash="x", is_owner=False,
        )  # fmt: skip

    def tell(case):
        return lambda: notifications.notify_family(case, notifications.STATUS_CHANGED)

    assert at_once(*map(tell, (first, second) * 4)) == [True] * 8
    assert OutgoingMail.objects.count() == 16
