"""The whole cast for the access matrix: everybody who could ask, and the objects they ask for."""

import re

from django.apps import apps
from django.test import Client
from django.utils import timezone

from cases import notifications
from cases.actions import case_key
from cases.imaging.studies import study_key
from cases.sessions import MEMBER
from cases.tests.hospitals import make_copy, make_hint, propose, share
from cases.tests.pictures import make_photo_document, make_picture
from cases.tests.scans import STUDY, make_read_scan
from hospitals.models import Condition, Fact, ImportDraft, Listing, Revision, Source, Story
from portal import access, audit
from portal.models import AccessKind, User
from portal.roles import Role
from portal.tests.fixtures import (
    make_case,
    make_hospital,
    make_listing,
    make_record,
    make_user,
    sign_in_staff,
)
from portal.tests.routes import UNKNOWN_ID, Route

CAST = (
    "nobody", "family", "other_family", "editor", "other_editor", "reviewer", "coordinator",
    "other_coordinator", "lead", "auditor", "administrator", "disabled", "password_only",
)  # fmt: skip
# Addresses of a paper that are there for pictures alone.
PICTURE = re.compile(r"<uuid:record_id>/(look|picture|small)/$")
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")


class Stage:
    """Two hospitals, two families, one coordinator who has the first family's case."""

    def __init__(self):
        self.hospital, self.other_hospital = make_hospital("scmc"), make_hospital("renji")
        listing = make_listing(self.hospital)
        self.coordinator = make_user("coordinator", Role.COORDINATOR)
        self.case = make_case(assigned_to=self.coordinator)
        self.other_case = make_case(code="PQRS-TVWX-YZ23")
        self.record = make_record(self.case)
        self.picture = make_picture(self.case)
        self.document = make_photo_document(self.case)
        self.scan = make_read_scan(self.case)
        self.proposal = propose(self.case, self.other_hospital, self.coordinator)
        self.referral = share(self.case, self.hospital, self.coordinator)
        self.copy = make_copy(self.record)
        self.hint = make_hint(self.case, make_case(assigned_to=self.coordinator), self.coordinator)
        # So that every address of an object leads to one: the rows must be real.
        member = make_user("member", Role.HOSPITAL_EDITOR, self.hospital)
        hospital = {"hospital": self.hospital}
        Revision.objects.create(**hospital, listing=listing, created_by=member)
        self.draft = ImportDraft.objects.create(**hospital, created_by=member)
        Source.objects.create(key="source", title="A source")
        Condition.objects.create(slug="condition", name_en="A condition")
        Fact.objects.create(**hospital, key="fact", kind="claim", value_en="A claim")
        Story.objects.create(**hospital, key="story", patient_en="A", summary_en="B")
        audit.record(by=member, action="test.made", obj=listing)
        self.request = access.ask(
            by=make_user("asker", Role.ADMINISTRATOR),
            user=self.coordinator,
            kind=AccessKind.PASSWORD,
        )
        notifications.notify_family(self.case, notifications.RECEIVED)

    def client(self, who: str) -> Client:
        makers = {
            "nobody": Client,
            "family": lambda: sign_in_family(self.case),
            "other_family": lambda: sign_in_family(self.other_case),
            "editor": lambda: self.staff(who, Role.HOSPITAL_EDITOR, self.hospital),
            "other_editor": lambda: self.staff(who, Role.HOSPITAL_EDITOR, self.other_hospital),
            "reviewer": lambda: self.staff(who, Role.HOSPITAL_REVIEWER, self.hospital),
            "coordinator": lambda: sign_in_staff(self.coordinator),
            "other_coordinator": lambda: self.staff(who, Role.COORDINATOR),
            "lead": lambda: self.staff(who, Role.LEAD),
            "auditor": lambda: self.staff(who, Role.AUDITOR),
            "administrator": lambda: self.staff(who, Role.ADMINISTRATOR),
            "disabled": self.disabled,
            "password_only": self.password_only,
        }
        return makers[who]()

    def staff(self, name, role, hospital=None) -> Client:
        return sign_in_staff(make_user(name, role, hospital))

    def disabled(self) -> Client:
        client = self.staff("disabled", Role.LEAD)
        User.objects.filter(username="disabled").update(is_active=False)
        return client

    def password_only(self) -> Client:
        client = Client()
        client.force_login(
            make_user("password-only", Role.LEAD),
            backend="django.contrib.auth.backends.ModelBackend",
        )
        return client

    def path(self, route: Route) -> str:
        """The first hospital's and the first family's own objects, wherever a route names one."""
        return route.path(
            case_id=self.case.pk,
            draft_id=self.draft.pk,
            user_id=self.coordinator.pk,
            pk=Revision.objects.get().pk,
            reference=self.case.reference,
            record_id=self.paper(route).pk,
            key=study_key(case_key(self.case), STUDY),
            document_id=self.document.pk,
            proposal_id=self.proposal.pk,
            referral_id=self.referral.pk,
            hint_id=self.hint.pk,
            request_id=self.request.pk,
            copy_id=self.copy.pk,
            slug=self.slug(route),
            object_id=self.object_id(route),
        )

    def paper(self, route: Route):
        if "/series/" in route.pattern:
            return self.scan
        return self.picture if PICTURE.search(route.pattern) else self.record

    def slug(self, route: Route) -> str:
        named = {"inquiry": "contact", "conditions": "condition"}
        return next((s for word, s in named.items() if word in route.pattern), self.hospital.slug)

    def object_id(self, route: Route) -> str:
        parts = route.pattern.split("/")
        if "<path:object_id>" not in parts:
            return UNKNOWN_ID
        model = apps.get_model(parts[1], parts[2])
        mine = {Listing: {"hospital": self.hospital}}.get(model, {})
        row = self.coordinator if model is User else model.objects.filter(**mine).first()
        return str(row.pk) if row else UNKNOWN_ID


def sign_in_family(case) -> Client:
    client, now = Client(), timezone.now().isoformat()
    session = client.session
    session[MEMBER] = {
        "id": str(case.owner.pk),
        "access_version": case.owner.access_version,
        "started": now,
        "last_seen": now,
    }
    session.save()
    client.cookies["session"] = session.session_key
    return client
