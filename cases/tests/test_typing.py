"""The office types in a call or a paper form: same pages, same checks, and who typed it."""

import ast
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from cases import actions, intake, links, throttle
from cases.actions import ActionRefusedError
from cases.models import Case, CaseEvent, Consent, Draft, FamilyMember, FamilyToken
from cases.paper import paper_pages
from cases.sessions import MEMBER
from cases.tests.family import ANSWERS, as_a_person, code_on, fill_in, shown, sign_in, step_url
from portal.models import AuditEvent, OutgoingMail
from portal.roles import Role
from portal.tests.fixtures import HEALTH_CANARY, sign_in_staff

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
TYPE = "/office/cases/case/type/"
PAPER = "/en/inquiry/paper/"


def begin_call(user, language="en") -> Client:
    desk = sign_in_staff(user)
    answer = desk.post(TYPE, {"language": language})
    assert answer.url == f"/{language}/inquiry/resume/"
    return desk


def finish(desk, channel="phone", **changes) -> Case:
    fill_in(desk, until="hospital", **changes)
    consents = {**ANSWERS["consents"], "channel": channel, "shown": shown(desk)}
    assert desk.post(step_url("consents"), consents).status_code == 302
    answer = desk.post(reverse("inquiry:check"))
    case = Case.objects.get()
    assert answer.url == reverse("office:cases_case_change", args=[case.pk])
    return case


def test_call_goes_through_the_same_pages_and_names_who_typed(coordinator):
    desk = begin_call(coordinator)
    assert "You type for a family (by phone)" in desk.get(step_url("you")).text
    case = finish(desk)
    assert (case.held_for, case.language) == ("", "en")
    typed = AuditEvent.objects.filter(action="draft.typed", actor_label="coordinator")
    assert [row.data["page"] for row in typed.order_by("pk")] == list(ANSWERS)
    received = AuditEvent.objects.get(action="case.received")
    assert received.actor_label == "coordinator"
    assert HEALTH_CANARY not in str(list(AuditEvent.objects.values_list("data", flat=True)))


def test_consent_trail_says_how_and_who_recorded_it(coordinator):
    case = finish(begin_call(coordinator))
    for consent in case.consents.all():
        assert (consent.channel, consent.recorded_by) == ("phone", coordinator), consent.kind


def test_consents_need_to_say_how_they_were_given(coordinator):
    desk = begin_call(coordinator)
    fill_in(desk, until="hospital")
    page = desk.post(step_url("consents"), {**ANSWERS["consents"], "shown": shown(desk)})
    assert "Choose how the family agreed." in page.text
    assert "channel" not in Client().get(step_url("consents"), follow=True).text


def test_nobody_of_the_office_ever_sees_the_code(coordinator):
    desk = begin_call(coordinator)
    fill_in(desk, until="contact")
    assert desk.get("/en/inquiry/later/").url == TYPE
    assert desk.post(step_url("now"), {"signs": "none", "later": "1"}).url == TYPE
    assert Draft.objects.get().code_hash == ""
    page = desk.post(TYPE, {"again": Draft.objects.get().reference}, follow=True)
    assert code_on(page) == ""
    case = finish(desk)
    assert code_on(desk.get(reverse("office:cases_case_change", args=[case.pk]))) == ""
    assert desk.get(reverse("inquiry:sent")).url == reverse("inquiry:start")


def test_family_of_a_call_is_asked_for_its_address_and_gets_in_by_a_link(coordinator):
    case = finish(begin_call(coordinator, "en"))
    assert OutgoingMail.objects.get().template == "cases/email/received"
    data = {"reference": case.reference, "email": "kowalska@example.org"}
    assert Client().post(reverse("case:lost-code"), data).status_code == 302


def test_caller_without_an_address_is_reached_by_phone(coordinator):
    desk = begin_call(coordinator)
    fill_in(desk, until="you")
    nothing = {**ANSWERS["contact"], "email": "", "phone": ""}
    assert "Write a phone number" in desk.post(step_url("contact"), nothing).text
    case = finish(desk, contact={"email": ""})
    assert case.family.get().email == ""
    assert OutgoingMail.objects.count() == 0


def test_family_s_own_inquiry_needs_an_address(client):
    fill_in(client, until="you")
    page = client.post(step_url("contact"), {**ANSWERS["contact"], "email": ""})
    assert "Write your e-mail address." in page.text


def test_family_s_language_stays_whatever_the_typist_reads(coordinator):
    desk = begin_call(coordinator, "ar")
    fill_in(desk, until="you")
    assert Draft.objects.get().language == "ar"
    assert finish(desk).language == "ar"


def test_draft_closes_with_the_log_in_of_its_typist(coordinator, time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    desk = begin_call(coordinator)
    fill_in(desk, until="problem")
    time_machine.shift(timedelta(minutes=14))
    assert HEALTH_CANARY in desk.get(step_url("problem")).text
    time_machine.shift(timedelta(minutes=14))
    assert desk.get(step_url("problem")).status_code == 200
    time_machine.shift(timedelta(minutes=16))
    assert HEALTH_CANARY not in desk.get(step_url("problem")).text
    desk.logout()
    assert HEALTH_CANARY not in desk.get(step_url("problem"), follow=True).text


def test_disabled_or_password_only_typist_sees_nothing(coordinator):
    desk = begin_call(coordinator)
    fill_in(desk, until="problem")
    coordinator.is_active = False
    coordinator.save()
    assert HEALTH_CANARY not in desk.get(step_url("problem")).text


def test_typist_whose_role_was_changed_sees_nothing(coordinator):
    desk = begin_call(coordinator)
    fill_in(desk, until="problem")
    assert HEALTH_CANARY in desk.get(step_url("problem")).text
    coordinator.role = Role.AUDITOR
    coordinator.save()
    assert HEALTH_CANARY not in desk.get(step_url("problem")).text


def test_drafts_of_families_and_of_others_stay_closed(client, coordinator, other_coordinator):
    fill_in(client, until="problem")
    family = Draft.objects.get()
    desk = begin_call(coordinator)
    mine = Draft.objects.get(typed_by=coordinator)
    other = sign_in_staff(other_coordinator)
    assert "There is no open paper form" in desk.post(TYPE, {"reference": family.reference}).text
    assert desk.post(TYPE, {"again": family.reference}).status_code == 404
    assert other.post(TYPE, {"again": mine.reference}).status_code == 404
    assert mine.reference in desk.get(TYPE).text
    assert mine.reference not in other.get(TYPE).text


def test_only_case_workers_type(auditor, administrator):
    for user in (auditor, administrator):
        assert sign_in_staff(user).get(TYPE).status_code == 403
        with pytest.raises(ActionRefusedError):
            actions.start_typing(by=user, language="en")
        with pytest.raises(ActionRefusedError):
            actions.open_paper(by=user, reference="SH-2222-2222")


def print_form() -> tuple[Draft, str]:
    page = Client().post(PAPER)
    code = page.context["code"]
    assert code in page.text
    return Draft.objects.get(), code


def test_paper_form_has_a_code_that_opens_the_same_draft():
    draft, code = print_form()
    family = Client()
    assert sign_in(family, draft, code).url == reverse("inquiry:resume")
    assert family.get(reverse("inquiry:resume")).url == step_url("you")


def test_paper_form_is_typed_in_and_its_code_opens_the_case(coordinator):
    draft, code = print_form()
    desk = sign_in_staff(coordinator)
    assert desk.post(TYPE, {"reference": draft.reference.lower()}).url == "/en/inquiry/resume/"
    case = finish(desk, channel="paper")
    assert (case.reference, case.held_for) == (draft.reference, "")
    assert set(case.consents.values_list("channel", flat=True)) == {"paper"}
    assert sign_in(Client(), case, code).url == reverse("case:detail", args=[case.reference])
    assert AuditEvent.objects.filter(action="draft.opened", actor_label="coordinator").exists()


def test_family_may_finish_its_paper_form_itself(coordinator):
    draft, code = print_form()
    family = Client()
    sign_in(family, draft, code)
    fill_in(family)
    family.post(reverse("inquiry:check"))
    assert set(Consent.objects.values_list("channel", flat=True)) == {"online"}


def test_paper_asks_every_question_of_the_pages():
    pages = dict(paper_pages())
    assert list(pages) == [*(page.title for page in intake.PAGES), "Papers that you have"]
    labels = [question.label for questions in pages.values() for question in questions]
    for words in ("Patient's date of birth", "What is the problem?", "How soon is help needed?"):
        assert words in labels
    boxes = [box for questions in pages.values() for q in questions for box in q.boxes]
    assert "Pathology report" in boxes and "Vaccination record" in boxes
    assert "Handle it in China" in boxes and "Data of a child under 14" in boxes


def test_machine_makes_few_paper_forms(client):
    for _number in range(throttle.TRIES_AN_HOUR):
        assert client.post(PAPER).status_code == 200
    assert client.post(PAPER).status_code == 429
    assert Draft.objects.count() == throttle.TRIES_AN_HOUR


def test_looking_at_the_paper_page_makes_nothing(client):
    assert client.get(PAPER).status_code == 200
    client.post(PAPER, {"switch_language": "en"})
    assert Draft.objects.count() == 0


def test_page_of_a_typist_whose_log_in_ended_is_given_back_and_kept_nowhere(
    coordinator, time_machine
):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    desk = begin_call(coordinator)
    fill_in(desk, until="guardian")
    time_machine.shift(timedelta(minutes=15))
    page = desk.post(step_url("problem"), {"problem": f"He said: {HEALTH_CANARY}"})
    assert page.status_code == 403
    assert f"He said: {HEALTH_CANARY}" in page.text
    assert reverse("office:login") in page.text
    draft = Draft.objects.get()
    assert (draft.channel, "problem" in draft.answers) == ("phone", False)


# Every view that signs somebody in; a new one is added here with its way of keeping typists out.
SIGNS_IN = {
    ("cases/views/access.py", "_try"),
    ("cases/views/access.py", "_use_link"),
    ("cases/views/inquiry.py", "_written_down"),
}


def callers_of_sign_in() -> set[tuple[str, str]]:
    root, found = settings.BASE_DIR, set()
    for path in [*root.glob("cases/**/*.py"), *root.glob("portal/**/*.py")]:
        if "tests" in path.parts:
            continue
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                calls = {ast.unparse(n.func) for n in ast.walk(function) if isinstance(n, ast.Call)}
                if "sessions.sign_in" in calls:
                    found.add((str(path.relative_to(root)), function.name))
    return found


def test_every_view_that_signs_in_is_known_A5():
    assert callers_of_sign_in() == SIGNS_IN


def print_paper() -> tuple[str, str]:
    """Reference and code of a paper form that a family printed."""
    page = Client().post(PAPER)
    return page.context["draft"].reference, page.context["code"]


def paper_that_both_opened(coordinator) -> tuple[Client, Client, str, str]:
    """The office typed a paper form in and left it open; the family sent it itself."""
    reference, code = print_paper()
    desk = sign_in_staff(coordinator)
    desk.post(TYPE, {"reference": reference})
    family = Client()
    family.post(reverse("case:sign-in"), {"reference": reference, "code": code})
    fill_in(family)
    assert family.post(reverse("inquiry:check"), as_a_person(family)).status_code == 302
    assert Case.objects.get().reference == reference
    return desk, family, reference, code


def holds_no_family(desk, reference: str) -> bool:
    """No page of the case opens, and nothing was recorded as the family's."""
    is_in = MEMBER in desk.session
    pages = [reverse(f"case:{name}", args=[reference]) for name in ("detail", "sharing", "papers")]
    return not is_in and {desk.get(page).status_code for page in pages} == {302}


def as_it_was() -> list:
    """Codes, links and the timeline, which a refusal must not change."""
    member = FamilyMember.objects.values("access_version", "code_hash", "email_confirmed_at").get()
    used = list(FamilyToken.objects.order_by("pk").values_list("used_at", flat=True))
    return [member, used, list(CaseEvent.objects.order_by("pk").values_list("kind", flat=True))]


def test_typist_does_not_become_the_family_that_sends_itself_A5(coordinator):
    desk, family, reference, _code = paper_that_both_opened(coordinator)
    for answer in (desk.get(reverse("inquiry:sent")), desk.post(reverse("inquiry:sent"))):
        assert answer.url == reverse("inquiry:start")
    assert holds_no_family(desk, reference)
    assert family.post(reverse("inquiry:sent")).url == reverse("case:detail", args=[reference])


def test_second_browser_of_a_typist_does_not_become_the_family_A5(coordinator):
    first = begin_call(coordinator)
    second = sign_in_staff(coordinator)
    second.post(TYPE, {"again": Draft.objects.get().reference})
    case = finish(first)
    assert second.post(reverse("inquiry:sent")).url == reverse("inquiry:start")
    assert holds_no_family(second, case.reference)
    assert not CaseEvent.objects.filter(kind="signed_in").exists()


def test_typist_who_knows_the_code_stays_outside_A5(coordinator):
    desk, _family, reference, code = paper_that_both_opened(coordinator)
    before = as_it_was()
    answer = desk.post(reverse("case:sign-in"), {"reference": reference, "code": code})
    assert answer.status_code == 403
    assert as_it_was() == before
    assert holds_no_family(desk, reference)


def test_typist_who_has_the_mailed_link_stays_outside_A5(coordinator):
    desk, _family, reference, _code = paper_that_both_opened(coordinator)
    actions.send_sign_in_link(member=FamilyMember.objects.get())
    token = links.link_token(FamilyToken.objects.latest("created_at").pk)
    path = reverse("case:link", args=[token])
    before = as_it_was()
    assert desk.post(path, {"reference": reference}).status_code == 403
    assert holds_no_family(desk, reference)
    # The link still works for the family, and the trail names nobody.
    assert as_it_was() == before


def test_colleague_who_took_the_paper_over_closes_it_to_the_first(coordinator, lead):
    reference, _code = print_paper()
    desk = sign_in_staff(coordinator)
    desk.post(TYPE, {"reference": reference})
    assert desk.get(step_url("you")).status_code == 200
    sign_in_staff(lead).post(TYPE, {"reference": reference})
    assert desk.get(step_url("you")).status_code != 200


def test_office_erases_only_what_it_began_and_says_so_L3(coordinator):
    desk = begin_call(coordinator)
    desk.post(reverse("inquiry:discard"))
    assert not Draft.objects.exists()
    assert AuditEvent.objects.get(action="draft.discarded").actor_label == "coordinator"


def test_office_does_not_erase_a_paper_of_the_family_L3(coordinator):
    reference, code = print_paper()
    family = Client()
    family.post(reverse("case:sign-in"), {"reference": reference, "code": code})
    fill_in(family, until="problem")
    desk = sign_in_staff(coordinator)
    desk.post(TYPE, {"reference": reference})
    page = desk.post(reverse("inquiry:discard"), follow=True)
    assert "Nothing was erased" in page.text
    assert HEALTH_CANARY in family.get(step_url("problem")).text
    assert not AuditEvent.objects.filter(action="draft.discarded").exists()
