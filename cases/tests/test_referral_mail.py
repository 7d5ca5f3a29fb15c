"""A hospital learns by mail that a case was shared with it, and of nothing else (M2, P1)."""

import pytest
from django.conf import settings as django_settings
from django.core import mail as outbox
from django.test import Client
from django.urls import reverse

from cases import actions, notifications
from cases.actions import ActionRefusedError
from cases.admin.sharing_box import sharing_box
from cases.models import Case, CaseEvent, Consent, Referral
from cases.tests.family import check_twice
from cases.tests.hospitals import agree_to_all
from cases.tests.test_races import at_once
from portal.mail import deliver, render_mail
from portal.models import MailStatus, OutgoingMail, User
from portal.outbox import send_mail
from portal.roles import Role
from portal.tests.fixtures import (
    HEALTH_CANARY,
    NAME_CANARY,
    make_case,
    make_hospital,
    make_user,
    sign_in_staff,
)

pytestmark = pytest.mark.django_db
LANGUAGES = [code for code, _name in django_settings.LANGUAGES]


def make_reader(username, hospital, role=Role.HOSPITAL_REVIEWER, **fields) -> User:
    user = make_user(username, role, hospital)
    User.objects.filter(pk=user.pk).update(email=f"{username}@hospital.example", **fields)
    user.refresh_from_db()
    return user


@pytest.fixture
def reader(scmc):
    return make_reader("reader", scmc)


def refer(case, hospital, by) -> Referral:
    """Shared as the office does it, once the family has agreed."""
    agree_to_all(case, hospital)
    return actions.refer_case(by=by, case=case, hospital=hospital)


def hospital_mails():
    return OutgoingMail.objects.filter(template=notifications.REFERRED).order_by("recipient")


def recipients() -> list[str]:
    return list(hospital_mails().values_list("recipient", flat=True))


def test_sharing_mails_the_hospital_s_readers(case, scmc, coordinator, reader):
    referral = refer(case, scmc, coordinator)
    mail = hospital_mails().get()
    assert (mail.recipient, mail.language, mail.status, mail.about, mail.link) == (
        "reader@hospital.example",
        "en",
        MailStatus.WAITING,
        str(referral.pk),
        reverse("partners:referral", args=[referral.pk]),
    )


def test_only_who_may_read_it_is_told(case, scmc, renji, coordinator, reader):
    """Not an editor, nobody disabled, nobody of another hospital, nobody without an address."""
    make_reader("second", scmc)
    make_reader("writer", scmc, Role.HOSPITAL_EDITOR)
    make_reader("disabled", scmc, is_active=False)
    make_reader("elsewhere", renji)
    make_reader("nowhere", None)
    make_user("silent", Role.HOSPITAL_REVIEWER, scmc)
    refer(case, scmc, coordinator)
    assert recipients() == ["reader@hospital.example", "second@hospital.example"]


@pytest.mark.parametrize(("chosen", "spoken"), [("", "zh-hans"), ("pl", "pl"), ("ar", "ar")])
def test_mail_speaks_the_reader_s_language(case, scmc, coordinator, reader, chosen, spoken):
    User.objects.filter(pk=reader.pk).update(language=chosen)
    refer(case, scmc, coordinator)
    assert hospital_mails().get().language == spoken


def test_agreeing_alone_tells_no_hospital(case, scmc, reader):
    """The family's consent shows nothing yet, so there is nothing to read."""
    agree_to_all(case, scmc)
    assert recipients() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_mail_carries_no_reference_and_one_link_of_ours_M2_W5(
    case, scmc, coordinator, reader, settings, language
):
    settings.PUBLIC_URL = "https://portal.example"
    User.objects.filter(pk=reader.pk).update(language=language)
    referral = refer(case, scmc, coordinator)
    message = render_mail(hospital_mails().get())
    whole = f"{message.message().as_string()}{message.subject}{message.body}"
    canaries = (case.reference, HEALTH_CANARY, NAME_CANARY, case.owner.email, scmc.name_en)
    assert [word for word in canaries if word in whole] == []
    assert str(referral.pk) not in message.subject
    links = [word for word in message.body.split() if "://" in word]
    assert links == [f"https://portal.example/partners/referrals/{referral.pk}/"]
    assert message.to == ["reader@hospital.example"]


def test_link_of_the_mail_opens_after_signing_in_only(case, scmc, coordinator, reader):
    refer(case, scmc, coordinator)
    link = hospital_mails().get().link
    stranger = Client().get(link)
    assert (stranger.status_code, stranger.url) == (302, f"/partners/login/?next={link}")
    assert sign_in_staff(reader).get(link).status_code == 200


# ---- Once


def test_shared_twice_it_is_mailed_once(case, scmc, coordinator, reader):
    refer(case, scmc, coordinator)
    with pytest.raises(ActionRefusedError):
        actions.refer_case(by=coordinator, case=case, hospital=scmc)
    assert recipients() == ["reader@hospital.example"]


@pytest.mark.django_db(transaction=True)
def test_double_click_mails_once_R3():
    scmc, coordinator = make_hospital("scmc"), make_user("coordinator", Role.COORDINATOR)
    make_reader("reader", scmc)
    case = make_case()
    agree_to_all(case, scmc)

    def click():
        fresh = Case.objects.get(pk=case.pk)
        return actions.refer_case(by=coordinator, case=fresh, hospital=scmc)

    results = at_once(*[click] * 4)
    assert [type(result) for result in results].count(Referral) == 1
    assert recipients() == ["reader@hospital.example"]


def test_two_workers_send_it_once_M4(case, scmc, coordinator, reader, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    refer(case, scmc, coordinator)
    first, second = hospital_mails().get(), hospital_mails().get()
    assert [deliver(first), deliver(second)] == [MailStatus.SENT, MailStatus.SENT]
    assert [message.to for message in outbox.outbox] == [["reader@hospital.example"]]


def test_refused_share_leaves_no_mail(case, scmc, coordinator, auditor, reader):
    agree_to_all(case, scmc)
    with pytest.raises(ActionRefusedError):
        actions.refer_case(by=auditor, case=case, hospital=scmc)
    assert recipients() == []


# ---- No longer


def end(how, case, referral, coordinator):
    if how == "ended":
        actions.end_referral(by=coordinator, referral=referral)
    elif how == "closed":
        actions.close_case(by=coordinator, case=case, reason="cost")
    elif how == "withdrawn":
        actions.withdraw_case(by=case.owner, case=case)
    else:
        consent = Consent.objects.get(case=case, kind=how)
        actions.withdraw_consent(by=case.owner, consent=consent)


ENDS = ["share_hospital", "transfer_china", "health_data", "withdrawn", "ended", "closed"]


@pytest.mark.parametrize("how", ENDS)
def test_p1_mail_that_waits_is_dropped(case, scmc, coordinator, reader, settings, how):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    referral = refer(case, scmc, coordinator)
    mail, was_read = hospital_mails().get(), hospital_mails().get()
    end(how, case, referral, coordinator)
    assert send_mail.func(str(mail.pk)) == "nothing to send"
    # A worker that had read the row before.
    assert deliver(was_read) == MailStatus.STOPPED
    assert outbox.outbox == []


def test_p1_another_hospital_s_mail_still_leaves(case, scmc, renji, coordinator, reader):
    make_reader("elsewhere", renji)
    refer(case, renji, coordinator)
    referral = refer(case, scmc, coordinator)
    actions.end_referral(by=coordinator, referral=referral)
    states = dict(hospital_mails().values_list("recipient", "status"))
    assert states == {"elsewhere@hospital.example": "waiting", "reader@hospital.example": "stopped"}


def test_p1_shared_again_it_is_mailed_again(case, scmc, coordinator, reader):
    referral = refer(case, scmc, coordinator)
    actions.end_referral(by=coordinator, referral=referral)
    actions.refer_case(by=coordinator, case=case, hospital=scmc)
    states = hospital_mails().order_by("created_at").values_list("status", flat=True)
    assert list(states) == ["stopped", "waiting"]


@pytest.mark.django_db(transaction=True)
def test_p1_withdrawn_at_the_same_moment_no_mail_is_left():
    scmc, coordinator = make_hospital("scmc"), make_user("coordinator", Role.COORDINATOR)
    make_reader("reader", scmc)
    case = make_case()
    share, _transfer = agree_to_all(case, scmc)

    def click():
        fresh = Case.objects.get(pk=case.pk)
        return actions.refer_case(by=coordinator, case=fresh, hospital=scmc)

    def withdraw():
        consent = Consent.objects.select_related("case").get(pk=share.pk)
        actions.withdraw_consent(by=case.owner, consent=consent)

    at_once(click, withdraw)
    assert Consent.objects.get(pk=share.pk).withdrawn_at is not None
    assert hospital_mails().filter(status=MailStatus.WAITING).count() == 0


def test_new_address_of_the_family_stops_no_hospital_s_mail(case, scmc, coordinator, reader):
    refer(case, scmc, coordinator)
    case.refresh_from_db()
    case.owner.email_confirmed_at = None
    check_twice(case, coordinator)
    actions.correct_email(by=coordinator, member=case.owner, email="new@example.org")
    assert hospital_mails().get().status == MailStatus.WAITING


# ---- What the office learns


def words(case, coordinator) -> str:
    return sharing_box(case, coordinator, {})["rows"][0].words


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        ([], "Nobody there has an address for mail. Please call them."),
        (["failed", "failed"], "The mail to them could not be sent. Please call."),
        (["failed", "waiting"], ""),
        (["waiting"], ""),
    ],
)
def test_office_reads_when_nobody_there_was_told(case, scmc, coordinator, statuses, told):
    for number, _status in enumerate(statuses):
        make_reader(f"reader-{number}", scmc)
    refer(case, scmc, coordinator)
    for mail, status in zip(hospital_mails(), statuses, strict=True):
        OutgoingMail.objects.filter(pk=mail.pk).update(status=status)
    assert words(case, coordinator) == told


def test_office_reads_nothing_of_a_share_that_ended(case, scmc, coordinator):
    actions.end_referral(by=coordinator, referral=refer(case, scmc, coordinator))
    assert words(case, coordinator) == ""


def test_mail_that_cannot_be_sent_is_an_event_of_the_case(
    case, other_case, scmc, coordinator, reader, settings
):
    settings.EMAIL_BACKEND = "cases.tests.test_jobs.BrokenBackend"
    refer(case, scmc, coordinator)
    OutgoingMail.objects.update(attempts=6)
    assert send_mail.func(str(hospital_mails().get().pk)) == "failed"
    event = CaseEvent.objects.get(kind="mail_failed")
    assert (event.case, event.data) == (case, {"template": "cases/email/referred"})


def test_hospital_s_failed_mail_is_not_taken_for_the_family_s(case, scmc, coordinator, reader):
    """Or the office would be asked to correct an address that is right."""
    refer(case, scmc, coordinator)
    hospital_mails().update(status=MailStatus.FAILED)
    page = sign_in_staff(coordinator).get(reverse("office:cases_case_change", args=[case.pk]))
    assert page.context["mail_failed"] is False
    assert notifications.REFERRED not in {mail.template for mail in page.context["mails"]}
