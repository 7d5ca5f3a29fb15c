"""The fixed cast of the tests: who works here, two hospitals, two families.

Loaded by the conftest at the top. Canaries are words that must never show up
where they do not belong.
"""

import itertools
from datetime import date, timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from cases import consents
from cases.actions import case_key, keep_whole
from cases.codes import new_reference
from cases.models import Case, Consent, FamilyMember, Inquiry, Record
from cases.records import store
from cases.records.kinds import Status
from cases.records.sealed import Appender
from cases.workflow import Stage, WaitingOn
from hospitals.models import Hospital, Listing, Membership, Specialty
from portal.models import User
from portal.roles import OFFICE_ROLES, Role

PASSWORD = "correct horse battery staple"
FAMILY_CODE = "ABCD-EFGH-JKMN"
HEALTH_CANARY = "hepatocanaryblastoma"
NAME_CANARY = "Canary Kowalska"
RECORD_NAME = f"{HEALTH_CANARY}.pdf"
_numbers = itertools.count(1)


def make_user(username: str, role: str, hospital: Hospital | None = None) -> User:
    user = User.objects.create(
        username=username,
        role=role,
        is_staff=role in OFFICE_ROLES,
        password=make_password(PASSWORD),
        first_name=username.title(),
        language="en",
    )
    if hospital:
        Membership.objects.create(user=user, hospital=hospital)
    return user


def sign_in_staff(user: User) -> Client:
    """A client whose session passed password and second factor."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    device, _created = TOTPDevice.objects.get_or_create(user=user, name="phone", confirmed=True)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return client


def make_hospital(slug: str, **fields) -> Hospital:
    values = {
        "name_en": f"{slug.title()} Hospital",
        "short_name_en": slug.title(),
        "type": "general",
        "pilot_status": "confirmed",
        "position": next(_numbers),
    }
    return Hospital.objects.create(slug=slug, **(values | fields))


def make_listing(hospital: Hospital, slug: str = "neurosurgery", **fields) -> Listing:
    specialty, _created = Specialty.objects.get_or_create(
        slug=slug, defaults={"name_en": slug.replace("-", " ").title(), "area": "brain"}
    )
    values = {"title_en": specialty.name_en, "reason_en": f"Why {hospital.slug}"}
    return Listing.objects.create(hospital=hospital, specialty=specialty, **(values | fields))


# What every inquiry agrees to before it is sent.
CONSENTS = ("health_data", "transfer_china")


def make_case(*, stage=Stage.RECEIVED, code=FAMILY_CODE, agreed=CONSENTS, **fields) -> Case:
    """A case with its owner, inquiry and consents; `case.owner` is set for the tests' use."""
    now = timezone.now()
    values = {
        "reference": new_reference(),
        "stage": stage,
        "waiting_on": WaitingOn.COORDINATOR,
        "next_due_at": now + timedelta(days=2),
        "first_answer_due_at": now + timedelta(days=2),
        "language": "en",
        "country": "PL",
        "time_zone": "Europe/Warsaw",
    }
    case = Case.objects.create(**(values | fields))
    case.owner = FamilyMember.objects.create(
        case=case,
        relation="parent",
        name=NAME_CANARY,
        email="family@example.org",
        email_confirmed_at=now,
        language=case.language,
        code_hash=make_password(code.replace("-", "")),
    )
    Inquiry.objects.create(
        case=case,
        patient_name=NAME_CANARY,
        birth_date=date(2024, 2, 3),
        guardian_name=NAME_CANARY,
        problem=f"A tumour: {HEALTH_CANARY}",
        diagnosis=HEALTH_CANARY,
        wishes=["opinion"],
        urgency="weeks",
        in_hospital="no",
        able_to_travel="yes",
    )
    for kind in agreed:
        Consent.objects.create(
            case=case, kind=kind, version=consents.VERSIONS[kind], language=case.language,
            text_hash="0" * 64, given_by=case.owner,
        )  # fmt: skip
    return case


def make_record(case, data: bytes = b"%PDF-1.7", name: str = RECORD_NAME, **fields) -> Record:
    """A paper that arrived and passed the checks, as if it had been sent and looked at."""
    storage_name = store.create()
    with store.writing(storage_name) as file:
        appender = Appender(file, case_key(case), storage_name)
        appender.write(data)
        appender.finish()
    record = keep_whole(
        by=case.owner, case=case, name=name, size=len(data), storage_name=storage_name
    )
    values = {"status": Status.FINE, "checked_at": timezone.now(), "next_check_at": None} | fields
    Record.objects.filter(pk=record.pk).update(**values)
    record.refresh_from_db()
    return record


@pytest.fixture
def scmc(db):
    return make_hospital("scmc", type="paediatric", name_en="Shanghai Children's Medical Center")


@pytest.fixture
def renji(db):
    return make_hospital("renji", name_en="Renji Hospital")


@pytest.fixture
def coordinator(db):
    return make_user("coordinator", Role.COORDINATOR)


@pytest.fixture
def other_coordinator(db):
    return make_user("other-coordinator", Role.COORDINATOR)


@pytest.fixture
def lead(db):
    return make_user("lead", Role.LEAD)


@pytest.fixture
def auditor(db):
    return make_user("auditor", Role.AUDITOR)


@pytest.fixture
def administrator(db):
    return make_user("administrator", Role.ADMINISTRATOR)


@pytest.fixture
def editor(scmc):
    return make_user("scmc-editor", Role.HOSPITAL_EDITOR, scmc)


@pytest.fixture
def reviewer(scmc):
    return make_user("scmc-reviewer", Role.HOSPITAL_REVIEWER, scmc)


@pytest.fixture
def other_editor(renji):
    return make_user("renji-editor", Role.HOSPITAL_EDITOR, renji)


@pytest.fixture
def case(db):
    return make_case()


@pytest.fixture
def other_case(db):
    return make_case(code="PQRS-TVWX-YZ23")
