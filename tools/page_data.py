"""What has to be in the database before some pages can be seen. Runs inside the demo.

`python manage.py shell -c "from tools.page_data import prepare; prepare('en')"` prints what
`tools.state_pages` needs to find those pages.
"""

import json
import uuid
from datetime import date, timedelta

from django.contrib.auth.hashers import make_password
from django.http import QueryDict
from django.test import RequestFactory
from django.utils import timezone

from cases import demo
from cases.actions import case_key
from cases.codes import normalise_code
from cases.links import link_token
from cases.models import (
    Case,
    FamilyMember,
    FamilyToken,
    PhotoDocument,
    Record,
    SignInAttempt,
)
from cases.records import crypto
from cases.records.kinds import STAFF_REASONS, Kind, Reason, Status
from cases.workflow import HeldFor, Stage
from portal.views.errors import error_page

BORN = date(2024, 2, 3)
WORDS = "A sentence that somebody typed and does not want to lose."
# Pages that a healthy portal does not show: status, template beyond the usual one, its context.
ERRORS = {
    "400": (400, "", {}),
    "403": (403, "", {}),
    "405": (405, "", {}),
    "413": (413, "", {}),
    "429": (429, "", {}),
    "500": (500, "", {}),
    "503": (503, "errors/503.html", {"fields": [], "words": ""}),
    "503-kept": (503, "errors/503.html", {"fields": [("body", WORDS)], "words": WORDS}),
    "csrf": (403, "errors/csrf.html", {"words": WORDS, "has_cookies": True}),
    "no-cookies": (403, "errors/csrf.html", {"words": "", "has_cookies": False}),
    "ended": (403, "errors/ended.html", {"words": [WORDS, WORDS], "log_in": "/office/login/"}),
}
# Of the other demo cases: each stage is another page. Closed ones open to nobody's code.
STAGES = ("triage", "hospital_review", "opinion_ready", "planning", "in_treatment")


def prepare(language: str) -> None:
    """Prints references, codes and tokens. May run again for the next language."""
    SignInAttempt.objects.all().delete()
    # One hash for all: making it is slow on purpose.
    FamilyMember.objects.filter(is_owner=True).exclude(case__reference=demo.REFERENCE).update(
        code_hash=make_password(normalise_code(demo.CODE))
    )
    unconfirmed = FamilyMember.objects.filter(email_confirmed_at=None, tokens__purpose="confirm")
    confirm = FamilyToken.objects.filter(member__in=unconfirmed, purpose="confirm").first()
    stages = dict(Case.objects.filter(stage__in=STAGES).values_list("stage", "reference"))
    told = {
        "code": demo.CODE,
        "stages": stages | {"received": confirm.member.case.reference},
        "confirm": link_token(confirm.pk),
        "own": _new_case("Demo Child J", language).reference,
        "held": str(_held_case(language).pk),
        "papers": _case_with_papers(stages["hospital_review"]).reference,
        "errors": {name: _render(language, *page) for name, page in ERRORS.items()},
        "desks": _desks(),
    }
    print(json.dumps(told))


def _new_case(patient: str, language: str) -> Case:
    """A family's case of today, with the demo's code."""
    story = demo.Story(patient, "PL", language, BORN, "Demo: a case of today.", "scmc")
    case = demo.create_case(story)
    FamilyMember.objects.filter(case=case).update(
        code_hash=make_password(normalise_code(demo.CODE))
    )
    return case


def _held_case(language: str) -> Case:
    held = Case.objects.exclude(held_for="").first()
    if held is None:
        held = _new_case("Demo Child K", language)
        Case.objects.filter(pk=held.pk).update(held_for=HeldFor.NO_SCRIPT)
    return held


def _case_with_papers(reference: str) -> Case:
    """One of every state and of every reason, and a document of photos that could not be made."""
    case = Case.objects.get(reference=reference)
    if case.records.count():
        return case
    for status in (Status.UPLOADING, Status.CHECKING, Status.FINE):
        _keep_paper(case, status)
    for reason in Reason:
        status = Status.QUARANTINED if reason == Reason.INFECTED else Status.UNREADABLE
        _keep_paper(case, status, reason, is_marked_by_staff=reason in STAFF_REASONS)
    _keep_paper(case, Status.REFUSED, Reason.TYPE)
    _keep_failed_document(case)
    return case


def _keep_paper(case: Case, status: str, reason: str = "", **fields) -> None:
    """A row without contents: no worker looks at it, and it stays in its state."""
    is_whole = status != Status.UPLOADING
    paper = Record(
        case=case, uploaded_by=case.family.get(is_owner=True), kind=Kind.PDF, size=2_000, **fields
    )
    paper.status, paper.reason, paper.storage_name = status, reason, f"shown-{uuid.uuid4().hex}"
    paper.received = paper.size if is_whole else 900
    paper.completed_at = timezone.now() if is_whole else None
    paper.expires_at = timezone.now() + timedelta(days=1)
    name = f"{status} {reason}.pdf"
    paper.sealed_name = crypto.seal_text(case_key(case), name, paper.about("name"))
    paper.save()


def _keep_failed_document(case: Case) -> None:
    document = PhotoDocument(case=case, page_count=2, failed_at=timezone.now())
    document.asked_by = case.family.get(is_owner=True)
    document.sealed_name = crypto.seal_text(case_key(case), "Letter", document.about)
    document.save()


def _desks() -> dict[str, str]:
    """Cases in other stages than the first of the office's list."""
    wanted = (Stage.HOSPITAL_REVIEW, Stage.PLANNING, Stage.CLOSED)
    rows = Case.objects.filter(stage__in=wanted).values_list("stage", "pk")
    return {stage: str(pk) for stage, pk in rows}


def _render(language: str, status: int, template: str, context: dict) -> str:
    request = RequestFactory().get(f"/{language}/")
    request.POST = QueryDict()
    return error_page(request, status, template, context).content.decode()
