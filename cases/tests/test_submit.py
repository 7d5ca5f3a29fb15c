"""Sending: one draft, one case, one mail, however often and from wherever (row R3)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases import actions, codes, notifications
from cases.actions.drafts import hash_secret
from cases.models import Case, CaseEvent, Consent, Draft, FamilyMember
from cases.tests.family import REFERENCE, as_a_person, code_on, fill_in
from portal.models import AuditEvent, OutgoingMail

CODE = "ABCD-EFGH-JKMN"
PARALLEL = 20


def make_sent(**member) -> actions.SentInquiry:
    return actions.SentInquiry(
        case={"language": "pl", "country": "PL", "time_zone": "Europe/Warsaw"},
        member={"relation": "parent", "name": "A", "email": "a@example.org", "language": "pl"}
        | member,
        inquiry={
            "patient_name": "B",
            "birth_date": "2024-02-03",
            "problem": "C",
            "urgency": "weeks",
            "in_hospital": "no",
            "able_to_travel": "yes",
        },
        consents=[
            {
                "kind": "health_data",
                "hospital": None,
                "version": "1",
                "language": "pl",
                "text_hash": "0" * 64,
            }
        ],
    )


def make_draft() -> Draft:
    return actions.start_draft(language="pl")[0]


@pytest.mark.django_db
def test_submit_writes_case_with_all_that_belongs_to_it():
    draft = make_draft()
    case = actions.submit_inquiry(draft=draft, code=CODE, sent=make_sent())
    member = FamilyMember.objects.get(case=case)
    mail = OutgoingMail.objects.get()
    assert (case.stage, case.waiting_on) == ("received", "coordinator")
    assert case.next_due_at == case.first_answer_due_at
    assert check_password("ABCDEFGHJKMN", member.code_hash)
    assert (mail.recipient, mail.language, mail.about) == ("a@example.org", "pl", case.reference)
    assert CaseEvent.objects.get(case=case).kind == "received"
    assert AuditEvent.objects.get(action="case.received").actor_kind == "family"
    assert Consent.objects.get(case=case).given_by == member


@pytest.mark.django_db
def test_submit_empties_the_draft():
    draft = actions.save_page(
        draft=make_draft(), page="problem", typed={"problem": ["x"]}, language="pl"
    )
    case = actions.submit_inquiry(draft=draft, code=CODE, sent=make_sent())
    draft.refresh_from_db()
    assert (draft.case, draft.answers) == (case, {})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "is_confirmed"), [("A@example.org", True), ("b@example.org", False), ("", False)]
)
def test_m3_only_the_address_that_a_link_went_to_is_confirmed(address, is_confirmed):
    draft = make_draft()
    actions.keep_address(draft=draft, email="a@example.org")
    Draft.objects.update(email_confirmed_at=timezone.now())
    draft.refresh_from_db()
    case = actions.submit_inquiry(draft=draft, code=CODE, sent=make_sent(email=address))
    assert bool(case.family.get().email_confirmed_at) is is_confirmed


@pytest.mark.django_db
def test_second_submit_gives_the_same_case():
    draft = make_draft()
    first = actions.submit_inquiry(draft=draft, code=CODE, sent=make_sent())
    second = actions.submit_inquiry(draft=draft, code=CODE, sent=make_sent())
    assert first == second
    assert OutgoingMail.objects.count() == 1


@pytest.mark.django_db
def test_submit_of_an_expired_draft_is_refused():
    draft = make_draft()
    Draft.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(actions.ActionRefusedError):
        actions.submit_inquiry(draft=draft, code=CODE, sent=make_sent())
    assert Case.objects.count() == 0


@pytest.mark.django_db
def test_reference_that_is_taken_is_not_used_again(monkeypatch, case):
    draft = make_draft()
    numbers = iter([case.reference, draft.reference, "SH-2222-3333"])
    monkeypatch.setattr(codes, "new_reference", lambda: next(numbers))
    assert make_draft().reference == "SH-2222-3333"


@pytest.mark.django_db
def test_case_has_the_reference_and_the_code_of_its_draft():
    draft, secret = actions.start_draft(language="pl")
    actions.keep_code(draft=draft, secret=secret)
    draft.refresh_from_db()
    case = actions.submit_inquiry(draft=draft, code="", sent=make_sent())
    assert (case.reference, case.family.get().code_hash) == (draft.reference, draft.code_hash)
    code = actions.draft_code(draft, secret)
    assert actions.sign_in(reference=case.reference, code=code) == case.family.get()


@pytest.mark.django_db
def test_browser_that_a_new_code_shut_out_sends_nothing():
    draft = make_draft()
    Draft.objects.update(access_version=2)
    with pytest.raises(actions.ActionRefusedError):
        actions.submit_inquiry(draft=draft, code=CODE, sent=make_sent())
    assert Case.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_half_a_case_is_never_left(monkeypatch):
    draft = make_draft()
    monkeypatch.setattr(notifications, "notify_family", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        actions.submit_inquiry(draft=draft, code=CODE, sent=make_sent())
    draft.refresh_from_db()
    assert draft.case_id is None
    assert Case.objects.count() + OutgoingMail.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_r3_twenty_parallel_submits_make_one_case_and_one_mail(scmc):
    client = Client()
    fill_in(client)
    cookie, typed = client.cookies["session"].value, as_a_person(client)
    with ThreadPoolExecutor(PARALLEL) as pool:
        pages = list(pool.map(send_from_elsewhere, [cookie] * PARALLEL, [typed] * PARALLEL))
    case = Case.objects.get()
    assert OutgoingMail.objects.count() == 1
    assert {code_on(page) for page in pages} == {code_on(pages[0])} != {""}
    assert {REFERENCE.search(page.content.decode()).group() for page in pages} == {case.reference}
    member = case.family.get()
    assert check_password(codes.normalise_code(code_on(pages[0])), member.code_hash)


def send_from_elsewhere(cookie: str, typed: dict):
    client = Client()
    client.cookies["session"] = cookie
    try:
        return client.post(reverse("inquiry:check"), typed, follow=True)
    finally:
        connections.close_all()


@pytest.mark.django_db
def test_draft_keeps_a_hash_of_its_secret():
    draft, secret = actions.start_draft(language="en")
    assert draft.secret_hash == hash_secret(secret) != secret
    assert draft.expires_at - draft.created_at >= timedelta(days=29, hours=23)


@pytest.mark.django_db
def test_new_draft_clears_expired_ones_but_not_sent_ones():
    old, sent = make_draft(), make_draft()
    actions.submit_inquiry(draft=sent, code=CODE, sent=make_sent())
    Draft.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    fresh = make_draft()
    assert set(Draft.objects.all()) == {sent, fresh}
    assert old not in Draft.objects.all()


@pytest.mark.django_db
def test_two_tabs_keep_each_other_s_pages():
    draft = make_draft()
    other_tab = Draft.objects.get()
    actions.save_page(draft=draft, page="you", typed={"a": ["1"]}, language="en")
    actions.save_page(draft=other_tab, page="wish", typed={"b": ["2"]}, language="ar")
    saved = Draft.objects.get()
    assert saved.answers == {"you": {"a": ["1"]}, "wish": {"b": ["2"]}}
    assert (saved.language, saved.version) == ("ar", 3)


@pytest.mark.django_db
def test_sent_draft_takes_no_more_pages():
    draft = make_draft()
    actions.submit_inquiry(draft=draft, code=CODE, sent=make_sent())
    saved = actions.save_page(draft=draft, page="you", typed={"a": ["1"]}, language="en")
    assert saved.answers == {}


@pytest.mark.django_db
def test_discard_leaves_what_was_sent():
    draft = make_draft()
    actions.submit_inquiry(draft=draft, code=CODE, sent=make_sent())
    actions.discard_draft(draft=draft)
    assert Draft.objects.count() == 1
