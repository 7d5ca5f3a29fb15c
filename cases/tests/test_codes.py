"""Private codes and references (row A1)."""

import logging
from io import StringIO

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from cases import codes
from cases.tests.family import code_on, fill_in, send, sign_in
from portal.mail import render_mail
from portal.models import OutgoingMail
from portal.sealed_sessions import SessionStore

CODES = st.text(codes.ALPHABET, min_size=12, max_size=12)
NOISE = st.text(" -‐‑‒–—_.\t\n", max_size=3)


def test_a1_ten_thousand_codes_without_a_double():
    made = [codes.new_code() for _number in range(10_000)]
    assert len(set(made)) == 10_000
    assert set("".join(made)) <= set(codes.ALPHABET) | {"-"}
    assert {len(code) for code in made} == {14}


def test_a1_alphabet_has_no_letter_that_is_misread():
    assert len(codes.ALPHABET) == 30
    assert not set("01ILOU") & set(codes.ALPHABET)


@given(CODES, st.lists(NOISE, min_size=12, max_size=12), st.booleans())
def test_a1_noise_and_case_do_not_matter(code, noise, lower):
    typed = "".join(f"{space}{letter}" for space, letter in zip(noise, code, strict=True))
    assert codes.normalise_code(typed.lower() if lower else typed) == code


@given(st.text(max_size=200))
def test_a1_whatever_is_typed_becomes_a_code_or_nothing(typed):
    code = codes.normalise_code(typed)
    assert code == "" or (len(code) == 12 and set(code) <= set(codes.ALPHABET))


@given(st.text(max_size=200))
def test_reference_is_normalised_or_nothing(typed):
    reference = codes.normalise_reference(typed)
    assert reference in ("", codes.normalise_reference(reference))


def test_reference_may_be_typed_without_prefix_and_dashes():
    assert codes.normalise_reference("7k3f9q2m") == "SH-7K3F-9Q2M"
    assert codes.normalise_reference("sh 7k3f 9q2m") == "SH-7K3F-9Q2M"


@given(st.text(min_size=1, max_size=60), st.uuids())
def test_code_from_a_secret_is_the_same_each_time(secret, draft):
    code = codes.code_from_secret(secret, draft)
    assert code == codes.code_from_secret(secret, draft)
    assert codes.normalise_code(code)
    assert code != codes.code_from_secret(f"{secret}x", draft)


def decoded_sessions() -> list[str]:
    return [str(SessionStore().decode(row.session_data)) for row in Session.objects.all()]


@pytest.mark.django_db
def test_a1_code_is_found_nowhere(client, caplog):
    caplog.set_level(logging.DEBUG)
    fill_in(client)
    code = code_on(send(client))
    case = client.get("/en/inquiry/sent/").context["case"]
    kept = decoded_sessions()
    client.post("/en/inquiry/sent/")
    sign_in(client, case, code)
    # dumpdata shows a session sealed: a code in it would go unseen.
    kept += decoded_sessions()
    assert "secret" in kept[0] and "access_version" in kept[-1]
    dump = StringIO()
    call_command("dumpdata", stdout=dump)
    mails = [render_mail(mail) for mail in OutgoingMail.objects.all()]
    told = (
        "".join(kept)
        + dump.getvalue()
        + caplog.text
        + "".join(f"{mail.subject}{mail.body}" for mail in mails)
    )
    assert case.reference in told
    assert code not in told
    assert code.replace("-", "") not in told
