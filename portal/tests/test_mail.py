"""Mail says that there is news and nothing else (rows M2, M3, W5)."""

import re
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.core import mail as outbox
from django.core.mail import BadHeaderError, EmailMessage
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from cases import actions, notifications
from cases.actions.access import SIGN_IN_LINK
from cases.models import CaseEvent
from cases.templatetags.office import MAIL_WORDS
from cases.tests.family import check_twice
from cases.tests.hospitals import share
from portal.mail import (
    MailboxBackend,
    SmtpBackend,
    TooManyRecipientsError,
    deliver,
    queue_mail,
    render_mail,
)
from portal.models import MailStatus, OutgoingMail
from portal.outbox import send_mail
from portal.roles import Role
from portal.tests.fixtures import HEALTH_CANARY, NAME_CANARY, make_case, make_user

TEMPLATES = [
    notifications.RECEIVED,
    notifications.MESSAGE_WAITING,
    notifications.STATUS_CHANGED,
    notifications.CODE_REPLACED,
    notifications.CONFIRM_EMAIL,
    notifications.WITHDRAWN,
    notifications.INVITATION,
    notifications.EMAIL_CHANGED,
    notifications.DRAFT_REMINDER,
    SIGN_IN_LINK,
]
# Mails that carry a link of their own: its address below the case's.
OWN_LINKS = {
    SIGN_IN_LINK: "link/",
    notifications.RECEIVED: "mail/",
    notifications.CONFIRM_EMAIL: "mail/",
    notifications.INVITATION: "link/",
}
LANGUAGES = [code for code, _name in django_settings.LANGUAGES]
# Words that would tell whoever looks over a shoulder that somebody is ill.
HEALTH_WORDS = re.compile(
    r"hospital|patient|treat|doctor|medic|health|disease|illness|cancer|tumou?r|diagnos|surg"
    r"|szpital|pacjent|lecz|lekarz|chor(?:ob|y)|zdrow|medycz|diagnoz|operacj"
    r"|医院|病|患者|治疗|医生|医疗|健康|诊断|肿瘤|手术"
    r"|مستشفى|مريض|مرض|علاج|طبيب|طبي|صح(?:ة|ي)|تشخيص|ورم",
    re.IGNORECASE,
)


def test_every_mail_is_in_the_list_M2():
    folder = django_settings.BASE_DIR / "templates" / "cases" / "email"
    names = {path.name.removesuffix("_body.txt") for path in folder.glob("*_body.txt")}
    listed = {*TEMPLATES, notifications.REFERRED}
    assert {template.rpartition("/")[2] for template in listed} == names


def test_office_has_words_for_every_mail():
    names = [template.rpartition("/")[2] for template in (*TEMPLATES, notifications.REFERRED)]
    assert sorted(MAIL_WORDS) == sorted(names)


def write(case, template) -> None:
    """This mail, as its own cause writes it."""
    writers = {SIGN_IN_LINK: write_link, notifications.INVITATION: write_invitation}
    writers |= {notifications.EMAIL_CHANGED: write_change, notifications.DRAFT_REMINDER: remind}
    writers[notifications.REFERRED] = write_to_hospital
    writers.get(template, lambda case: notifications.notify_family(case, template))(case)


def write_link(case) -> None:
    actions.send_sign_in_link(member=case.owner)


def write_invitation(case) -> None:
    rights = {"relation": "relative", "language": case.language, "can_write": True}
    actions.invite_adult(
        by=case.owner, case=case, name=NAME_CANARY, email="family@example.org", **rights
    )


def write_change(case) -> None:
    """To the address of before; what goes to the new one is asked for elsewhere."""
    by = make_user("lead", Role.LEAD)
    check_twice(case, by)
    actions.correct_email(by=by, member=case.owner, email="new@example.org")
    OutgoingMail.objects.exclude(template=notifications.EMAIL_CHANGED).delete()


def remind(case) -> None:
    """Of a draft with words in it and the same address."""
    draft, _secret = actions.start_draft(language=case.language)
    draft.email, draft.answers = "family@example.org", {"problem": HEALTH_CANARY}
    draft.created_at = timezone.now() - timedelta(days=8)
    draft.save()
    actions.remind_of_drafts()


def write_to_hospital(case) -> None:
    """To a reader at the hospital that the family wished for."""
    reader = make_user("reader", Role.HOSPITAL_REVIEWER, case.hospital)
    reader.email, reader.language = "family@example.org", case.language
    reader.save()
    notifications.notify_hospital(share(case, case.hospital, make_user("lead", Role.LEAD)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", [*TEMPLATES, notifications.REFERRED])
def test_mail_says_nothing_of_health_or_persons_M2(scmc, template, language):
    case = make_case(language=language, hospital=scmc)
    write(case, template)
    mail = OutgoingMail.objects.get()
    message = render_mail(mail)
    whole = message.message().as_string() + message.subject + message.body
    own_words = f"{message.subject}\n{message.body}".replace(mail.about, "")
    for canary in (HEALTH_CANARY, NAME_CANARY, "Kowalska", scmc.name_en, scmc.slug):
        assert canary not in whole
    found = HEALTH_WORDS.search(re.sub(r"https?://\S+", "", own_words))
    assert found is None, found
    # Mail boxes show the sender's name before anything else.
    headers = "\n".join(f"{name}: {value}" for name, value in message.message().items())
    assert "From: " in headers and "Subject: " in headers
    assert HEALTH_WORDS.search(headers.replace(mail.about, "")) is None
    assert message.to == ["family@example.org"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_mail_links_to_our_own_host_in_its_readers_language_W5(db, settings, template, language):
    settings.PUBLIC_URL = "https://portal.example"
    write(make_case(language=language), template)
    links = re.findall(r"https?://\S+", render_mail(OutgoingMail.objects.get()).body)
    assert links or template == notifications.WITHDRAWN
    own = f"https://portal.example/{language}/case/"
    wanted = own + (OWN_LINKS[template] + r"[\w-]+/" if template in OWN_LINKS else "")
    for link in links:
        assert re.fullmatch(wanted, link), link


def test_mail_names_the_operator_as_it_is_called(db, settings):
    settings.OPERATOR = settings.OPERATOR | {"name": "Smith & Sons", "email": "help@portal.example"}
    notifications.notify_family(make_case(), notifications.RECEIVED)
    body = render_mail(OutgoingMail.objects.get()).body
    assert "Smith & Sons" in body
    assert "help@portal.example" in body


@pytest.mark.parametrize("backend", [SmtpBackend, MailboxBackend])
@pytest.mark.parametrize(
    "recipients",
    [
        {"to": ["a@example.org", "b@example.org"]},
        {"to": ["a@example.org"], "cc": ["b@example.org"]},
        {"to": ["a@example.org"], "bcc": ["b@example.org"]},
        {"to": []},
    ],
)
def test_message_with_another_recipient_raises_M3(backend, recipients):
    with pytest.raises(TooManyRecipientsError):
        backend().send_messages([EmailMessage("Subject", "Body", **recipients)])


@pytest.mark.parametrize("field", ["recipient", "about"])
@pytest.mark.parametrize("ending", ["\r\nBcc: x@evil.example", "\nBcc: x@evil.example"])
def test_mail_takes_no_header_from_outside_M3(db, settings, field, ending):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    values = {"recipient": "a@example.org", "about": "SH-AAAA-BBBB"}
    values[field] += ending
    mail = queue_mail(template=notifications.RECEIVED, language="en", **values)
    status = deliver(mail)
    if field == "recipient":
        assert status == MailStatus.WAITING
        assert outbox.outbox == []
        with pytest.raises(BadHeaderError):
            render_mail(mail).message()
    else:
        headers = outbox.outbox[0].message().as_string().partition("\n\n")[0]
        assert not re.search(r"^bcc:", headers, re.IGNORECASE | re.MULTILINE)
        assert outbox.outbox[0].recipients() == ["a@example.org"]


def test_mail_is_taken_by_one_of_two_workers_M4(db, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    notifications.notify_family(make_case(), notifications.RECEIVED)
    first, second = OutgoingMail.objects.get(), OutgoingMail.objects.get()
    deliver(first)
    assert deliver(second) == MailStatus.SENT
    assert len(outbox.outbox) == 1


class StoppedMeanwhile:
    """A mail server that refuses; while it is asked, the mail is stopped after a death."""

    def __init__(self, *args, **kwargs):
        pass

    def send_messages(self, messages):
        OutgoingMail.objects.update(status=MailStatus.STOPPED)
        raise ConnectionError


@pytest.mark.parametrize("attempts", [0, 5])
def test_mail_stopped_while_it_is_sent_is_not_tried_again_M4(db, settings, attempts):
    settings.EMAIL_BACKEND = "portal.tests.test_mail.StoppedMeanwhile"
    notifications.notify_family(make_case(), notifications.RECEIVED)
    OutgoingMail.objects.update(attempts=attempts)
    jobs = DBTaskResult.objects.count()
    assert send_mail.func(str(OutgoingMail.objects.get().pk)) == "stopped"
    assert OutgoingMail.objects.get().status == MailStatus.STOPPED
    assert DBTaskResult.objects.count() == jobs
    assert not CaseEvent.objects.exists()
