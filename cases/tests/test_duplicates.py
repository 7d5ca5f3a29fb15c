"""The same child by another adult: proposed to the office, joined with both consents alone."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from cases import actions, traces
from cases.actions import ActionRefusedError
from cases.models import Case, CaseEvent, DuplicateHint, FamilyMember, MergeAgreement, PatientTrace
from cases.tests.family import case_url, sign_in, signed_in, without_tokens
from cases.tests.test_submit import CODE, make_draft, make_sent
from portal.models import OutgoingMail
from portal.roles import Role
from portal.tests.fixtures import make_user, sign_in_staff

pytestmark = pytest.mark.django_db
BIRTH = date(2024, 2, 3)


def ask(name="Jan Kowalski", birth=BIRTH, code=CODE, **member) -> Case:
    sent = make_sent(**member)
    sent.inquiry.update(patient_name=name, birth_date=birth)
    case = actions.submit_inquiry(draft=make_draft(), code=code, sent=sent)
    case.owner = case.family.get()
    return case


@pytest.fixture
def pair():
    """The mother's case and the father's, with their hint."""
    first = ask(email="mother@example.org")
    second = ask("KOWALSKI  Ján", code="PQRS-TVWX-YZ23", email="father@example.org")
    hint = DuplicateHint.objects.get()
    return hint, first, second


@pytest.mark.parametrize(
    "name", ["Jan Kowalski", "kowalski jan", "Ján  KOWALSKI", "Jan Maria Kowalski", "Kowalski, Jan"]
)
def test_same_patient_is_found_however_the_name_is_written(name):
    first, second = ask(), ask(name)
    hint = DuplicateHint.objects.get()
    assert (hint.older, hint.newer, hint.state) == (first, second, "open")


@pytest.mark.parametrize(
    ("name", "birth"),
    [
        ("Jan Kowalski", date(2024, 2, 4)),
        ("Jan Nowak", BIRTH),
        ("Anna Kowalski", BIRTH),
        ("", BIRTH),
    ],
)
def test_another_patient_is_not(name, birth):
    ask()
    ask(name, birth)
    assert DuplicateHint.objects.count() == 0


def test_name_of_one_word_is_enough_with_the_birth_date():
    ask("王小明")
    ask("王小明")
    assert DuplicateHint.objects.count() == 1


def test_traces_tell_nothing():
    ask()
    keys = list(PatientTrace.objects.values_list("key", flat=True))
    assert len(keys) == 2
    assert all(len(key) == 64 for key in keys)
    assert not traces.keys_of("Jan Kowalski", BIRTH) & traces.keys_of(
        "Jan Kowalski", date(1999, 1, 1)
    )


def test_neither_family_is_told(pair):
    _hint, first, second = pair
    lone = ask("Somebody Else", code="2345-6789-ABCD")
    codes = {first: CODE, second: "PQRS-TVWX-YZ23", lone: "2345-6789-ABCD"}
    pages = {
        without_tokens(signed_in(case, code).get(case_url(case))).replace(case.reference, "SH")
        for case, code in codes.items()
    }
    titles = {page.split("<h1")[1].split("</section>")[0] for page in pages}
    assert len(titles) == 1
    for page in pages:
        assert "patient as in another" not in page
    mails = OutgoingMail.objects.values_list("template", flat=True)
    assert set(mails) == {"cases/email/received"}


def test_hint_opens_no_case_to_who_does_not_see_it(pair, coordinator, other_coordinator):
    _hint, first, second = pair
    Case.objects.filter(pk=second.pk).update(assigned_to=other_coordinator)
    page = sign_in_staff(coordinator).get(reverse("office:cases_case_change", args=[first.pk]))
    assert "Perhaps the same patient" not in page.text.split("office-side")[1].split("Timeline")[0]
    assert page.context["duplicates"] == []


def test_only_who_works_on_both_decides(pair, coordinator, other_coordinator, auditor):
    hint, first, second = pair
    Case.objects.filter(pk=second.pk).update(assigned_to=other_coordinator)
    hint = DuplicateHint.objects.select_related("older", "newer").get(pk=hint.pk)
    for by in (coordinator, auditor, first.owner):
        with pytest.raises(ActionRefusedError):
            actions.tell_apart(by=by, hint=hint)
        with pytest.raises(ActionRefusedError):
            actions.record_merge_agreement(by=by, hint=hint, case=first, how="phone")
        with pytest.raises(ActionRefusedError):
            actions.merge_cases(by=by, hint=hint, keep=first)


def agree(hint, by, *cases):
    for case in cases:
        actions.record_merge_agreement(by=by, hint=hint, case=case, how="phone")


def test_nothing_is_joined_without_both_consents(pair, lead):
    hint, first, second = pair
    with pytest.raises(ActionRefusedError):
        actions.merge_cases(by=lead, hint=hint, keep=first)
    agree(hint, lead, first, first)
    with pytest.raises(ActionRefusedError):
        actions.merge_cases(by=lead, hint=hint, keep=first)
    assert MergeAgreement.objects.count() == 1
    assert Case.objects.exclude(stage="received").count() == 0


def test_with_both_one_case_goes_on_and_both_adults_are_in_it(pair, lead):
    hint, first, second = pair
    agree(hint, lead, first, second)
    actions.merge_cases(by=lead, hint=hint, keep=first)
    second.refresh_from_db()
    assert (second.stage, second.close_reason) == ("closed", "duplicate")
    father = Client()
    assert sign_in(father, first, "PQRS-TVWX-YZ23").url == case_url(first)
    assert sign_in(Client(), first, CODE).url == case_url(first)
    adult = FamilyMember.objects.get(case=first, is_owner=False)
    assert (adult.email, adult.can_write) == ("father@example.org", True)
    with pytest.raises(ActionRefusedError):
        actions.merge_cases(by=lead, hint=hint, keep=first)


def test_case_with_a_second_adult_is_not_joined(pair, lead):
    hint, first, second = pair
    actions.invite_adult(
        by=first.owner, case=first, name="X", relation="other", language="en", can_write=False
    )
    agree(hint, lead, first, second)
    with pytest.raises(ActionRefusedError):
        actions.merge_cases(by=lead, hint=hint, keep=first)
    assert DuplicateHint.objects.get().state == "open"


def test_ended_or_foreign_cases_are_not_joined(pair, lead, case):
    hint, first, second = pair
    agree(hint, lead, first, second)
    with pytest.raises(ActionRefusedError):
        actions.merge_cases(by=lead, hint=hint, keep=case)
    with pytest.raises(ActionRefusedError):
        actions.record_merge_agreement(by=lead, hint=hint, case=case, how="phone")
    with pytest.raises(ActionRefusedError):
        actions.record_merge_agreement(by=lead, hint=hint, case=first, how="dream")
    actions.withdraw_case(by=second.owner, case=second)
    hint = DuplicateHint.objects.select_related("older", "newer").get()
    with pytest.raises(ActionRefusedError):
        actions.merge_cases(by=lead, hint=hint, keep=first)


def test_told_apart_is_decided_once_and_logged(pair, lead):
    hint, first, second = pair
    actions.tell_apart(by=lead, hint=hint)
    with pytest.raises(ActionRefusedError):
        actions.tell_apart(by=lead, hint=hint)
    rows = CaseEvent.objects.filter(kind="told_apart").values_list("data", flat=True)
    assert {row["other"] for row in rows} == {first.reference, second.reference}
    with pytest.raises(IntegrityError), transaction.atomic():
        DuplicateHint.objects.update(decided_by=None)


def test_desk_leads_to_the_decision(pair):
    hint, first, second = pair
    desk = sign_in_staff(make_user("lead-b", Role.LEAD))
    url = reverse("office:cases_case_duplicate", args=[first.pk])

    def press(deed, **fields):
        first.refresh_from_db()
        typed = {"version": first.version, "hint": hint.pk, "deed": deed, **fields}
        data = {f"duplicate-{key}": value for key, value in typed.items()}
        return desk.post(url, data, follow=True).text

    page = desk.get(reverse("office:cases_case_change", args=[first.pk])).text
    assert second.reference in page.split("Perhaps the same patient")[1]
    join = reverse("office:cases_case_join", args=[first.pk, hint.pk])
    press("agreed_here", how="phone")
    assert (desk.get(join).status_code, join in page) == (404, False)
    assert join in press("agreed_there", how="paper")
    first.refresh_from_db()
    look = desk.get(join)
    assert look.context["moving"][-1] == ("Adults", 1)
    assert "Tick the box if you are sure." in desk.post(join, {"version": first.version}).text
    assert DuplicateHint.objects.get().state == "open"
    sure = {"version": first.version, "sure": "on"}
    assert "Joined with this case" in desk.post(join, sure, follow=True).text
    assert DuplicateHint.objects.get().state == "merged"
    assert desk.post(join, sure).status_code == 404


def test_desk_tells_apart_and_refuses_strange_hints(pair, case, lead):
    hint, first, _second = pair
    desk = sign_in_staff(lead)
    data = {"duplicate-version": 1, "duplicate-hint": hint.pk, "duplicate-deed": "apart"}
    strange = reverse("office:cases_case_duplicate", args=[case.pk])
    assert desk.post(strange, data).status_code == 404
    url = reverse("office:cases_case_duplicate", args=[first.pk])
    assert desk.post(url, data).status_code == 302
    assert DuplicateHint.objects.get().state == "different"
