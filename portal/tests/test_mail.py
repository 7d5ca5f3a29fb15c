"""Mail says that there is news and nothing else (rows M2, M3, W5)."""

import re

import pytest
from django.conf import settings as django_settings
from django.core import mail as outbox
from django.core.mail import BadHeaderError, EmailMessage

from cases import notifications
from portal.mail import (
    MailboxBackend,
    SmtpBackend,
    TooManyRecipientsError,
    deliver,
    queue_mail,
    render_mail,
)
from portal.models import MailStatus, OutgoingMail
from portal.tests.fixtures import HEALTH_CANARY, NAME_CANARY, make_case

TEMPLATES = [
    notifications.RECEIVED,
    notifications.MESSAGE_WAITING,
    notifications.STATUS_CHANGED,
    notifications.CODE_REPLACED,
]
LANGUAGES = [code for code, _name in django_settings.LANGUAGES]
# Words that would tell whoever looks over a shoulder that somebody is ill.
HEALTH_WORDS = re.compile(
    r"hospital|patient|treat|doctor|medic|health|disease|illness|cancer|tumou?r|diagnos|surg"
    r"|szpital|pacjent|lecz|lekarz|chor(?:ob|y)|zdrow|medycz|diagnoz|operacj"
    r"|医院|病|患者|治疗|医生|医疗|健康|诊断|肿瘤|手术"
    r"|مستشفى|مريض|مرض|علاج|طبيب|طبي|صح(?:ة|ي)|تشخيص|ورم",
    re.IGNORECASE,
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_mail_says_nothing_of_health_or_persons_M2(scmc, template, language):
    case = make_case(language=language, hospital=scmc)
    notifications.notify_family(case, template)
    message = render_mail(OutgoingMail.objects.get())
    whole = message.message().as_string() + message.subject + message.body
    own_words = f"{message.subject}\n{message.body}".replace(case.reference, "")
    for canary in (HEALTH_CANARY, NAME_CANARY, "Kowalska", scmc.name_en, scmc.slug):
        assert canary not in whole
    found = HEALTH_WORDS.search(re.sub(r"https?://\S+", "", own_words))
    assert found is None, found
    assert case.reference in message.subject
    assert message.to == ["family@example.org"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_mail_links_to_our_own_host_in_its_readers_language_W5(db, settings, template, language):
    settings.PUBLIC_URL = "https://portal.example"
    notifications.notify_family(make_case(language=language), template)
    body = render_mail(OutgoingMail.objects.get()).body
    assert re.findall(r"https?://\S+", body) == [f"https://portal.example/{language}/case/"]


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
