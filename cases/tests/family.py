"""What a family does, for the tests: valid answers, sending them, signing in."""

import re
from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases import actions, spam, work
from cases.models import Draft
from portal.models import User
from portal.roles import Role
from portal.tests.fixtures import FAMILY_CODE, HEALTH_CANARY, NAME_CANARY, make_user

CODE = re.compile(r"<bdi>([2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4})</bdi>")
REFERENCE = re.compile(r"SH-[2-9A-Z]{4}-[2-9A-Z]{4}")
TOKEN = re.compile(r'(<input type="hidden" name="csrfmiddlewaretoken" value="|data-work=")[\w.]+')

ANSWERS = {
    "you": {"relation": "parent"},
    "contact": {
        "name": NAME_CANARY,
        "email": "kowalska@example.org",
        "country": "PL",
        "phone": "22 621 00 00",
    },
    "now": {"signs": ["none"]},
    "patient": {
        "patient_name": NAME_CANARY,
        "birth_date_day": "3",
        "birth_date_month": "2",
        "birth_date_year": "2024",
    },
    "guardian": {"declared": "on"},
    "problem": {"problem": f"It began in May. {HEALTH_CANARY}"},
    "known": {"diagnosis": HEALTH_CANARY, "condition": ""},
    "wish": {"wishes": ["opinion", "price"]},
    "urgency": {"urgency": "weeks", "in_hospital": "no", "able_to_travel": "yes"},
    "hospital": {"hospital": "", "specialty_wish": "", "when": "March"},
    "consents": {
        "health_data": "on",
        "transfer_china": "on",
        "child": "on",
        "signed_name": NAME_CANARY,
    },
}


def step_url(slug: str) -> str:
    return reverse("inquiry:step", args=[slug])


def shown(client: Client, slug: str = "consents") -> str:
    """The hidden fingerprint of the texts of a page, as a browser would post it."""
    page = client.get(step_url(slug)).content.decode()
    found = re.search(r'name="shown" value="([^"]+)"', page)
    # An adult's inquiry has no page about a guardian.
    return found.group(1) if found else ""


def fill_in(client: Client, until: str = "", **changes) -> None:
    """Answer every page in order, up to and with `until`."""
    for slug, answers in ANSWERS.items():
        data = {**answers, **changes.get(slug, {})}
        if slug in ("guardian", "consents"):
            data["shown"] = shown(client, slug)
        answer = client.post(step_url(slug), data)
        assert answer.status_code == 302, (slug, answer.context["form"].errors)
        if slug == until:
            return


def as_a_person(client: Client) -> dict:
    """What the last page posts after the minutes that a person needs and the browser's work."""
    kept = client.session.get("inquiry") or {}
    draft = Draft.objects.filter(pk=kept.get("id")).first()
    if draft is None:
        return {}
    begun = timezone.now() - timedelta(minutes=2)
    Draft.objects.filter(pk=draft.pk).update(created_at=begun)
    purpose = spam.purpose_of(draft)
    return {
        "work": work.solve(work.new_challenge(purpose)),
        "shown_at": work.new_ticket(purpose, 0),
        "website": "",
    }


def send(client: Client):
    """Send what was filled in; the confirmation page."""
    return client.post(reverse("inquiry:check"), as_a_person(client), follow=True)


def code_on(page) -> str:
    found = CODE.search(page.content.decode())
    return found.group(1) if found else ""


def sign_in(client: Client, case, code: str = FAMILY_CODE, **more):
    return client.post(reverse("case:sign-in"), {"reference": case.reference, "code": code, **more})


def signed_in(case, code: str = FAMILY_CODE) -> Client:
    client = Client()
    assert sign_in(client, case, code).status_code == 302
    return client


def case_url(case, name: str = "detail") -> str:
    return reverse(f"case:{name}", args=[case.reference])


def without_tokens(page) -> str:
    """The body as compared: the CSRF token and the sum for the browser always differ."""
    return TOKEN.sub(r"\1", page.content.decode())


def check_twice(case, by) -> None:
    """What the office does before it changes an address of the family: two ways, two people."""
    second = User.objects.filter(username="second-lead").first()
    second = second or make_user("second-lead", Role.LEAD)
    for kind, who in (("called_back", by), ("questions", second)):
        actions.record_identity_check(by=who, case=case, kind=kind)
