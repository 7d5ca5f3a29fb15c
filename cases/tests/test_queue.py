"""The queue of the office: who sees which rows, in what order, at what cost."""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from cases import actions
from cases.models import Case
from cases.permissions import can_view
from cases.workflow import CloseReason, Stage, WaitingOn
from hospitals.models import Hospital
from portal.models import AuditEvent, MailStatus, OutgoingMail
from portal.roles import Role
from portal.tests.fixtures import HEALTH_CANARY, NAME_CANARY, make_case, make_user, sign_in_staff

QUEUE = "/office/cases/case/"
MAX_QUERIES = 15


def references(response) -> list[str]:
    return re.findall(r">(SH-\w{4}-\w{4})</a>", response.text)


def closed(**fields) -> Case:
    ended = {"waiting_on": WaitingOn.NOBODY, "next_due_at": None}
    return make_case(stage=Stage.CLOSED, close_reason=CloseReason.COST, **ended, **fields)


def in_hours(hours):
    return timezone.now() + timedelta(hours=hours)


def test_queue_shows_open_cases_the_most_overdue_first(lead):
    later, none, late = (
        make_case(next_due_at=in_hours(5)),
        make_case(next_due_at=None, waiting_on=WaitingOn.FAMILY),
        make_case(next_due_at=in_hours(-3)),
    )
    closed()
    page = sign_in_staff(lead).get(QUEUE)
    assert references(page) == [late.reference, later.reference, none.reference]
    assert "overdue since 3 h" in page.text or "overdue since 2 h" in page.text


def test_queue_shows_a_coordinator_own_and_free_cases(coordinator, other_coordinator):
    mine, free = make_case(assigned_to=coordinator), make_case()
    make_case(assigned_to=other_coordinator)
    assert set(references(sign_in_staff(coordinator).get(QUEUE))) == {
        mine.reference,
        free.reference,
    }


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_queue_is_closed_to_who_does_not_work_cases(case, role):
    client = sign_in_staff(make_user("somebody", role))
    assert client.get(QUEUE).status_code == 403
    assert client.get(f"{QUEUE}{case.pk}/change/").status_code == 403
    assert QUEUE not in client.get("/office/").text


@pytest.mark.parametrize("role", [*Role.values, ""])
def test_visible_to_and_can_view_agree_for_every_role(role, coordinator, lead):
    somebody = make_user("somebody", role)
    for owner in (None, coordinator, lead, somebody):
        make_case(assigned_to=owner)
    seen = set(Case.objects.visible_to(somebody))
    assert seen == {case for case in Case.objects.all() if can_view(somebody, case)}


def test_visible_to_and_can_view_agree_for_families_and_nobody(case, other_case):
    assert list(Case.objects.visible_to(case.owner)) == [case]
    assert not can_view(case.owner, other_case)
    assert not Case.objects.visible_to(None).exists()
    assert not can_view(None, case)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("whose=mine", {"mine"}),
        ("whose=unassigned", {"late", "family", "words"}),
        ("queue=overdue", {"late"}),
        ("queue=waiting", {"mine", "late", "words"}),
        ("queue=words", {"words"}),
        ("queue=mail", {"family"}),
        ("stage=info_needed", {"family"}),
        ("stage=closed", {"closed"}),
        ("stage=any", {"mine", "late", "family", "words", "closed"}),
        ("queue=nonsense", {"mine", "late", "family", "words"}),
        ("whose=unassigned&queue=overdue", {"late"}),
    ],
)
def test_queue_filters(lead, query, expected):
    read = {"has_new_words": False}
    cases = {
        "mine": make_case(assigned_to=lead, **read),
        "late": make_case(next_due_at=in_hours(-1), **read),
        "family": make_case(
            stage=Stage.INFO_NEEDED, waiting_on=WaitingOn.FAMILY, next_due_at=None, **read
        ),
        "words": make_case(),
        "closed": closed(**read),
    }
    for name in ("family", "words"):
        mail(cases[name], MailStatus.FAILED)
    mail(cases["words"], MailStatus.SENT)
    page = sign_in_staff(lead).get(f"{QUEUE}?{query}")
    names = {case.reference: name for name, case in cases.items()}
    assert {names[reference] for reference in references(page)} == expected


def mail(case, status):
    OutgoingMail.objects.create(
        template="cases/email/received",
        language="en",
        recipient="family@example.org",
        about=case.reference,
        status=status,
        sent_at=timezone.now() if status == MailStatus.SENT else None,
    )


def test_queue_searches_references_alone(lead):
    case, _other = make_case(), make_case()
    client = sign_in_staff(lead)
    short = case.reference[3:].replace("-", "").lower()
    assert references(client.get(QUEUE, {"q": short})) == [case.reference]
    assert references(client.get(QUEUE, {"q": case.reference[:7]})) == [case.reference]
    for words in (NAME_CANARY, HEALTH_CANARY, "family@example.org", "%"):
        assert references(client.get(QUEUE, {"q": words})) == []


@pytest.mark.parametrize(
    "path",
    [QUEUE, "/office/portal/auditevent/", "/office/portal/outgoingmail/", "/office/portal/user/"],
)
def test_lookups_that_no_filter_offers_are_refused_H4(lead, auditor, administrator, case, path):
    for user in (lead, auditor, administrator):
        client = sign_in_staff(user)
        if client.get(path).status_code == 403:
            continue
        for key in (
            "reference__startswith", "country__gte", "inquiry__diagnosis__regex",
            "family__email__startswith", "assigned_to__password__startswith", "hospital__id__exact",
            "password__startswith", "actor_label__startswith", "data__contains", "recipient__gte",
            "recipient", "id__exact", "role__startswith", "status__in",
        ):  # fmt: skip
            for guess in ("a", "S"):
                assert client.get(path, {key: guess}).status_code == 400, key
        for harmless in ({"o": "1.2.-3"}, {"_facets": "True"}, {"_to_field": "reference"}):
            assert client.get(path, harmless).status_code in (200, 302, 400)


@pytest.mark.parametrize("path", [QUEUE, "/office/"])
def test_queue_costs_the_same_for_1_and_30_rows(
    lead, coordinator, path, django_assert_max_num_queries
):
    client = sign_in_staff(lead)
    make_case(assigned_to=coordinator, next_due_at=in_hours(-1))
    client.get(path)
    with django_assert_max_num_queries(MAX_QUERIES) as one:
        client.get(path)
    for number in range(29):
        make_case(assigned_to=coordinator if number % 2 else lead, next_due_at=in_hours(-1))
    with django_assert_max_num_queries(MAX_QUERIES) as thirty:
        assert len(references(client.get(path))) >= 20
    assert len(one) == len(thirty)


def test_case_page_costs_the_same_for_1_and_30_rows(lead, django_assert_max_num_queries):
    from cases import actions

    case, client = make_case(), sign_in_staff(lead)
    address = f"{QUEUE}{case.pk}/change/"

    def write():
        import uuid

        fresh = Case.objects.get()
        actions.write_message(
            by=fresh.family.get(), case=fresh, body="x", language="en", submission=uuid.uuid4()
        )
        actions.answer_family(
            by=lead, case=fresh, body="y", language="en", version=fresh.version,
            submission=uuid.uuid4(),
        )  # fmt: skip

    write()
    client.get(address)
    with django_assert_max_num_queries(42) as one:
        client.get(address)
    for _number in range(15):
        write()
    with django_assert_max_num_queries(42) as thirty:
        assert client.get(address).text.count("office-message") == 32
    assert len(one) == len(thirty)


def test_queue_has_no_add_delete_or_history(lead, case):
    client = sign_in_staff(lead)
    for end in ("add/", f"{case.pk}/delete/", f"{case.pk}/history/", f"{case.pk}/"):
        assert client.get(QUEUE + end).status_code == 404


def test_queue_carries_no_health_word(lead, case):
    text = sign_in_staff(lead).get(QUEUE).text
    assert HEALTH_CANARY not in text
    assert NAME_CANARY not in text


def assign_me(client, *cases, **more):
    keys = [str(case.pk) for case in cases]
    return client.post(QUEUE, {"action": "assign_to_me", "_selected_action": keys} | more)


def test_assign_to_me_takes_free_cases_through_the_action(coordinator):
    first, second = make_case(), make_case()
    assign_me(sign_in_staff(coordinator), first, second)
    assert Case.objects.filter(assigned_to=coordinator).count() == 2
    assert AuditEvent.objects.filter(action="case.assigned").count() == 2


def test_assign_to_me_touches_no_case_of_others_H6(coordinator, other_coordinator):
    theirs, free = make_case(assigned_to=other_coordinator), make_case()
    assign_me(sign_in_staff(coordinator), theirs, free, select_across="1")
    theirs.refresh_from_db()
    free.refresh_from_db()
    assert (theirs.assigned_to, free.assigned_to) == (other_coordinator, coordinator)


def test_assign_to_me_says_what_somebody_else_has(coordinator):
    mine = make_case(assigned_to=coordinator)
    page = assign_me(sign_in_staff(coordinator), mine, follow=True)
    response = sign_in_staff(coordinator).get(QUEUE)
    assert page.status_code in (200, 302)
    assert response.status_code == 200
    assert Case.objects.get().version == 1


def test_assign_to_me_of_a_lead_leaves_colleagues_their_cases(lead, coordinator):
    theirs, free = make_case(assigned_to=coordinator), make_case()
    client = sign_in_staff(lead)
    assign_me(client, theirs, free)
    theirs.refresh_from_db()
    free.refresh_from_db()
    assert (theirs.assigned_to, free.assigned_to) == (coordinator, lead)
    assert f"{theirs.reference}: somebody has it already." in client.get(QUEUE).text


def test_words_after_the_end_are_seen_by_who_has_the_case_and_by_the_lead(coordinator, lead):
    ended = closed(assigned_to=coordinator, has_new_words=False)
    for user in (coordinator, lead):
        assert references(sign_in_staff(user).get(f"{QUEUE}?queue=words")) == []
    actions.write_message(
        by=ended.owner, case=ended, body="One more thing", language="en", submission=uuid.uuid4()
    )
    for user in (coordinator, lead):
        client = sign_in_staff(user)
        assert references(client.get(f"{QUEUE}?queue=words")) == [ended.reference]
        assert references(client.get(QUEUE)) == []
        desk = client.get("/office/").text
        assert ended.reference in desk
        assert 'queue=words"><strong>1</strong>' in desk


def test_mail_about_the_end_that_failed_is_seen_unless_nobody_is_written_to(lead):
    told = closed()
    died = make_case(
        stage=Stage.CLOSED, close_reason=CloseReason.DIED, waiting_on=WaitingOn.NOBODY,
        next_due_at=None,
    )  # fmt: skip
    for case in (told, died):
        mail(case, MailStatus.FAILED)
    client = sign_in_staff(lead)
    assert references(client.get(f"{QUEUE}?queue=mail")) == [told.reference]
    assert 'queue=mail"><strong>1</strong>' in client.get("/office/").text


def test_desk_counts_what_waits(coordinator, other_coordinator):
    make_case(assigned_to=coordinator, next_due_at=in_hours(-2))
    make_case(assigned_to=other_coordinator, next_due_at=in_hours(-2))
    text = sign_in_staff(coordinator).get("/office/").text
    counts = dict(re.findall(r"\?(?:whose|queue)=(\w+)\"><strong>(\d+)</strong>", text))
    assert counts == {
        "mine": "1", "unassigned": "0", "overdue": "1", "waiting": "1", "words": "1", "mail": "0",
        "held": "0", "papers": "0",
    }  # fmt: skip


def test_desk_of_an_administrator_has_no_queue(administrator, case):
    text = sign_in_staff(administrator).get("/office/").text
    assert case.reference not in text
    assert "What is late" not in text
    assert Hospital.objects.count() == 0
