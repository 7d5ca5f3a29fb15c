"""A second adult: own code, own language, read or write; the owner sees and ends it."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from cases import actions, links
from cases.actions import ActionRefusedError
from cases.models import CaseEvent, FamilyMember, FamilyTask, FamilyToken
from cases.models.event import EventKind
from cases.permissions import can_take_step, can_view, can_write_message
from cases.tests.family import case_url, code_on, sign_in, signed_in, without_tokens
from cases.tests.test_tracking import give_consent, write
from cases.workflow import Step
from portal.mail import render_mail
from portal.models import OutgoingMail
from portal.tests.fixtures import FAMILY_CODE, HEALTH_CANARY

pytestmark = pytest.mark.django_db
TYPED = {"name": "Jan Nowak", "relation": "parent", "rights": "read", "language": "ar"}


def let_in(case, **fields) -> tuple[FamilyMember, str]:
    values = {"name": "Jan", "relation": "parent", "language": "ar", "can_write": True} | fields
    return actions.invite_adult(by=case.owner, case=case, **values)


def test_owner_lets_somebody_in_with_a_code_to_hand_over(case):
    owner = signed_in(case)
    page = owner.post(case_url(case, "invite-adult"), TYPED)
    code = code_on(page)
    assert code != FAMILY_CODE
    second = Client()
    assert sign_in(second, case, code).url == case_url(case)
    assert "Your case" in second.get(case_url(case)).text
    assert code not in owner.get(case_url(case)).text
    assert "Jan Nowak</bdi>: reads" in owner.get(case_url(case)).text
    assert sign_in(Client(), case, FAMILY_CODE).url == case_url(case)


def test_reader_reads_and_changes_nothing(case):
    consent = give_consent(case)
    _adult, code = let_in(case, can_write=False)
    second = signed_in(case, code)
    page = second.get(case_url(case))
    for name in ("withdraw-consent", "end-adult", "invite-adult", "withdraw", "give-consent"):
        assert case_url(case, name) not in page.text
    second.post(case_url(case), {"body": "Words"})
    second.post(case_url(case, "withdraw-consent"), {"consent": str(consent.pk)})
    second.post(case_url(case, "withdraw"))
    assert second.get(case_url(case, "invite-adult")).status_code == 404
    assert second.post(case_url(case, "give-consent"), {"kind": "news"}).status_code == 404
    second.post(case_url(case, "end-adult"))
    case.refresh_from_db()
    consent.refresh_from_db()
    assert (case.stage, consent.withdrawn_at, case.messages.count()) == ("received", None, 0)
    assert FamilyMember.objects.filter(ended_at=None).count() == 2


def test_writer_writes_under_their_own_name(case):
    adult, code = let_in(case)
    adult.case = case
    write(case, "From the father", by=adult)
    page = signed_in(case).get(case_url(case)).text
    assert "<strong>Jan</strong>" in page
    assert "<strong>Jan</strong>" not in signed_in(case, code).get(case_url(case)).text


def test_permissions_of_a_second_adult(case, other_case):
    reader, _code = let_in(case, can_write=False)
    assert can_view(reader, case) and not can_view(reader, other_case)
    assert not can_write_message(reader, case)
    assert not can_take_step(reader, case, Step.WITHDRAW)
    reader.can_write = True
    assert can_write_message(reader, case)
    reader.ended_at = case.created_at
    assert not can_view(reader, case)


def test_owner_ends_access_at_once(case):
    _adult, code = let_in(case)
    second = signed_in(case, code)
    signed_in(case).post(case_url(case, "end-adult"))
    assert second.get(case_url(case)).status_code == 302
    assert sign_in(Client(), case, code).status_code == 200
    kinds = CaseEvent.objects.filter(kind__startswith="adult").values_list("kind", flat=True)
    assert sorted(kinds) == [EventKind.ADULT_ENDED, EventKind.ADULT_INVITED]
    assert code_on(signed_in(case).post(case_url(case, "invite-adult"), TYPED))


def test_one_second_adult_at_a_time(case):
    let_in(case)
    with pytest.raises(ActionRefusedError):
        let_in(case)
    page = signed_in(case).post(case_url(case, "invite-adult"), TYPED, follow=True)
    assert "Somebody has been let in already" in page.text
    with pytest.raises(IntegrityError), transaction.atomic():
        FamilyMember.objects.create(case=case, is_owner=False, name="Third")


def test_stranger_lets_nobody_in(case, other_case, coordinator):
    adult, _code = let_in(case)
    for by in (other_case.owner, coordinator, adult, None):
        with pytest.raises(ActionRefusedError):
            actions.invite_adult(
                by=by, case=case, name="X", relation="other", language="en", can_write=True
            )
        with pytest.raises(ActionRefusedError):
            actions.end_adult(by=by, member=adult)
    with pytest.raises(ActionRefusedError):
        actions.end_adult(by=case.owner, member=case.owner)


def test_ended_case_lets_nobody_in(case):
    actions.withdraw_case(by=case.owner, case=case)
    with pytest.raises(ActionRefusedError):
        let_in(case)


def test_ending_twice_leaves_one_event(case):
    adult, _code = let_in(case)
    for _time in range(2):
        actions.end_adult(by=case.owner, member=adult)
    assert CaseEvent.objects.filter(kind="adult_ended").count() == 1


def invited(case) -> str:
    """The path in the mail of an invitation."""
    _adult, code = let_in(case, email="jan@example.org")
    assert code == ""
    return f"/ar/case/link/{links.link_token(FamilyToken.objects.get().pk)}/"


def test_mailed_invitation_makes_a_code_that_the_owner_never_sees(case):
    path = invited(case)
    second = Client()
    assert second.get(path).status_code == 200
    assert second.post(path).status_code == 200
    assert code_on(second.post(path, {"reference": "SH-2222-2222"})) == ""
    page = second.post(path, {"reference": case.reference})
    assert sign_in(Client(), case, code_on(page)).url == case_url(case)
    assert FamilyMember.objects.get(is_owner=False).email_confirmed_at is not None
    assert second.post(path).status_code == 410


def test_invitation_does_not_say_that_they_sent_an_inquiry(case):
    path = invited(case)
    assert Client().get(path).context["form"]["reference"].help_text == ""


def test_history_says_whose_code_is_new(case):
    owner, url = signed_in(case), case_url(case)
    Client().post(invited(case), {"reference": case.reference})
    history = [row["text"] for row in owner.get(url).context["history"]]
    assert history == [
        "The second adult has a new private code",
        "The second adult confirmed their e-mail address",
        "A second adult was let in",
    ]


def test_reader_is_not_asked_to_decide(case):
    FamilyTask.objects.create(case=case, code="hospital")
    _adult, code = let_in(case, can_write=False)
    asked = "See and decide"
    pages = [signed_in(case, key).get(case_url(case)).text for key in (FAMILY_CODE, code)]
    assert [asked in page for page in pages] == [True, False]
    assert "Read why" in pages[1]


def test_mail_of_the_invitation_names_neither_case_nor_person(case):
    invited(case)
    mail = OutgoingMail.objects.get(template="cases/email/invitation")
    message = render_mail(mail)
    text = f"{message.subject} {message.body}"
    assert mail.language == "ar"
    for word in (case.reference, case.owner.name, "Jan", HEALTH_CANARY):
        assert word not in text


def test_ended_invitation_opens_nothing(case):
    path = invited(case)
    actions.end_adult(by=case.owner, member=FamilyMember.objects.get(is_owner=False))
    assert Client().post(path, {"reference": case.reference}).status_code == 410


def test_news_go_to_both_in_their_languages(case, lead):
    adult, _code = let_in(case, email="jan@example.org")
    FamilyMember.objects.filter(pk=adult.pk).update(email_confirmed_at=case.created_at)
    OutgoingMail.objects.all().delete()
    actions.start_triage(by=lead, case=case)
    sent = sorted(OutgoingMail.objects.values_list("recipient", "language"))
    assert sent == [("family@example.org", "en"), ("jan@example.org", "ar")]


def test_new_code_is_told_to_whom_it_belongs_alone(case):
    adult, _code = let_in(case)
    actions.replace_code(member=adult, by=adult)
    assert OutgoingMail.objects.count() == 0


def test_lost_code_works_for_a_second_adult_too(case):
    path = reverse("case:lost-code")
    let_in(case, email="jan@example.org")
    pages = [
        Client(REMOTE_ADDR=f"203.0.113.{number}").post(
            path, {"reference": case.reference, "email": email}, follow=True
        )
        for number, email in enumerate(("jan@example.org", "no@example.org"))
    ]
    assert without_tokens(pages[0]) == without_tokens(pages[1])


def test_form_says_what_is_missing_and_survives_the_language(case):
    owner = signed_in(case)
    page = owner.post(case_url(case, "invite-adult"), {"email": "x"})
    assert "Choose what they may do." in page.text
    path = case_url(case, "invite-adult").replace("/en/", "/ar/")
    page = owner.post(path, {**TYPED, "switch_language": "ar"})
    assert 'value="Jan Nowak"' in page.text
    assert FamilyMember.objects.count() == 1


def test_slip_of_the_case(case):
    page = signed_in(case).get(case_url(case, "slip")).text
    assert case.reference in page and "data:image/svg+xml" in page
