"""The demo: people of the office and families of nobody, made by the same actions as real ones."""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from cases import actions, codes, consents
from cases.links import link_token
from cases.models import Case
from cases.workflow import CloseReason, InfoReason
from hospitals.demo import create_demo_partners
from hospitals.models import Hospital
from portal.models import User
from portal.roles import Role
from portal.timezones import guess_zone

PASSWORD = "shanghai demo only 2026"
REFERENCE = "SH-DEM2-3456"
CODE = "DEMA-CASE-2345"
# The hospital that the family of that case is asked about.
PROPOSED = "chfu"
OFFICE = (
    ("coordinator", "Demo", "Coordinator", Role.COORDINATOR),
    ("lead", "Demo", "Lead", Role.LEAD),
    ("auditor", "Demo", "Auditor", Role.AUDITOR),
    ("administrator", "Demo", "Administrator", Role.ADMINISTRATOR),
)


class NotADemoError(Exception):
    """Demo data belongs on no real portal."""


@dataclass(frozen=True)
class Story:
    """One demo family: what it asked, and how far the office is with it."""

    patient: str
    country: str
    language: str
    birth_date: date
    problem: str
    hospital: str = ""
    urgency: str = "weeks"
    steps: tuple[str, ...] = ()
    days_ago: int = 0
    # Whether somebody opened the link of the first mail.
    confirms: bool = True
    # Key of the directory; the list of papers follows from it.
    condition: str = ""


_CHILD, _ADULT = date(2024, 2, 3), date(1979, 8, 21)
STORIES = (
    Story("Demo Child A", "PL", "en", _CHILD, "A lump in the belly since May.", "scmc",
          steps=("start_triage", "answer", "ask_for_information", "propose"), days_ago=4,
          condition="hepatoblastoma"),
    Story("Demo Child B", "SA", "ar", _CHILD, "عرض توضيحي: حمى متكررة منذ الولادة.", "chfu",
          confirms=False),
    Story("Demo Adult C", "PL", "pl", _ADULT, "Demo: bóle głowy od lata.", "huashan",
          steps=("start_triage",), days_ago=9),
    Story("Demo Adult D", "KZ", "en", _ADULT, "Demo: a tumour near the eye.", "sphic",
          steps=("start_triage", "answer", "refer"), days_ago=6),
    Story("Demo Child E", "PL", "pl", _CHILD, "Demo: wada serca od urodzenia.", "scmc",
          steps=("start_triage", "refer", "record_opinion"), days_ago=12),
    Story("Demo Adult F", "GB", "en", _ADULT, "Demo: a valve of the heart.", "zhongshan",
          steps=("start_triage", "send_to_hospital", "record_opinion", "start_planning"),
          days_ago=20),
    Story("Demo Adult G", "SG", "zh-hans", _ADULT, "演示：肝脏移植后随访。", "renji",
          steps=("start_triage", "send_to_hospital", "record_opinion", "start_planning",
                 "start_treatment"), days_ago=45),
    Story("Demo Child H", "DE", "en", _CHILD, "Demo: a question about a second opinion.",
          steps=("start_triage", "close"), days_ago=30),
)  # fmt: skip


def load_demo() -> None:
    """Idempotent. Raises NotADemoError anywhere but in demo and development."""
    if not settings.IS_LOCAL:
        raise NotADemoError("Demo data is for ENVIRONMENT=demo or development only.")
    create_office()
    create_demo_partners(PASSWORD)
    if Case.objects.filter(reference=REFERENCE).exists():
        return
    # The story with the printed reference comes last: it stands for all of them being there.
    for number, story in reversed(list(enumerate(STORIES))):
        create_case(story, reference=REFERENCE if number == 0 else "")


def create_office() -> None:
    for username, first, last, role in OFFICE:
        user, _created = User.objects.get_or_create(
            username=username,
            defaults={"role": role, "is_staff": True, "first_name": first, "last_name": last},
        )
        if not check_password(PASSWORD, user.password):
            user.password = make_password(PASSWORD)
            user.save(update_fields=["password"])
        TOTPDevice.objects.get_or_create(user=user, name="phone", defaults={"confirmed": True})


@transaction.atomic
def create_case(story: Story, *, reference: str = "") -> Case:
    draft, _secret = actions.start_draft(language=story.language, reference=reference)
    code = CODE if reference else codes.new_code()
    case = actions.submit_inquiry(draft=draft, code=code, sent=_inquiry(story))
    if story.confirms:
        actions.confirm_email(token=link_token(case.family.get().tokens.get().pk))
    for step in story.steps:
        case.refresh_from_db()
        _take(step, case)
    _move_back(case, story.days_ago)
    return case


def _take(step: str, case: Case) -> None:
    by = User.objects.get(username="coordinator")
    if step == "answer":
        actions.answer_family(
            by=by, case=case, version=case.version, submission=uuid.uuid4(), language="en",
            body="Hello, I am your demo coordinator. I have read what you wrote and will ask "
            "the doctors once the papers are here.",
        )  # fmt: skip
    elif step == "ask_for_information":
        reasons = [InfoReason.PATHOLOGY, InfoReason.IMAGING]
        actions.ask_for_information(by=by, case=case, reasons=reasons)
    elif step == "propose":
        _propose(by, case)
    elif step == "refer" and case.hospital:
        actions.refer_case(by=by, case=case, hospital=case.hospital)
    elif step == "refer":
        actions.send_to_hospital(by=by, case=case)
    elif step == "start_triage":
        actions.start_triage(by=by, case=case)
        actions.mark_read(by=by, case=case)
    elif step == "close":
        actions.close_case(by=by, case=case, reason=CloseReason.STAY_HOME)
    else:
        actions.take_step(by=by, case=case, step=step)


def _propose(by, case: Case) -> None:
    """Where the directory is loaded."""
    hospital = Hospital.objects.filter(slug=PROPOSED).first()
    if hospital:
        reason = "Demo: a second answer beside the first may help you to decide."
        actions.propose_hospital(by=by, case=case, hospital=hospital, language="en", reason=reason)


def _move_back(case: Case, days: int) -> None:
    """As if it had all begun days ago: each event in its order, and old promises broken."""
    case.refresh_from_db()
    past = timedelta(days=days)
    Case.objects.filter(pk=case.pk).update(
        created_at=case.created_at - past,
        first_answer_due_at=case.first_answer_due_at - past,
        turn_since=timezone.now() - past / 2,
        next_due_at=case.next_due_at and case.next_due_at - past / 2,
    )
    events = list(case.events.order_by("at"))
    for number, event in enumerate(events):
        event.at = timezone.now() - past + past / 2 * ((number + 1) / len(events))
        event.save(update_fields=["at"])
    case.consents.update(given_at=case.created_at - past)
    for message in case.messages.all():
        message.created_at -= past / 2
        message.save(update_fields=["created_at"])


def _inquiry(story: Story) -> actions.SentInquiry:
    hospital = Hospital.objects.filter(slug=story.hospital).first()
    name = f"Demo family of {story.patient}"
    is_child = story.birth_date == _CHILD
    return actions.SentInquiry(
        case={
            "language": story.language,
            "country": story.country,
            "time_zone": guess_zone(story.country),
            "hospital": hospital,
            "is_urgent": story.urgency == "days",
        },
        member={
            "relation": "parent" if is_child else "patient",
            "name": name,
            "email": f"{story.patient.lower().replace(' ', '-')}@example.org",
            "language": story.language,
        },
        inquiry={
            "patient_name": story.patient,
            # Other days, or they would be taken for one patient.
            "birth_date": story.birth_date + timedelta(days=ord(story.patient[-1])),
            "guardian_name": name if is_child else "",
            "guardian_relation": "parent" if is_child else "",
            "problem": story.problem,
            "condition": story.condition,
            "wishes": ["opinion", "treatment"],
            "urgency": story.urgency,
            "in_hospital": "no",
            "able_to_travel": "yes",
        },
        consents=_consents(story.language, hospital),
    )


def _consents(language: str, hospital) -> list[dict]:
    wanted = [text for text in consents.texts_in(language, hospital) if text.kind != "news"]
    return [
        {
            "kind": text.kind,
            "hospital": hospital if text.kind == consents.Kind.SHARE_HOSPITAL else None,
            "version": text.version,
            "language": language,
            "text_hash": text.hash,
        }
        for text in wanted
    ]
