import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone

from hospitals.actions import (
    ActionRefusedError,
    ChangedMeanwhileError,
    approve_revision,
    end_membership,
    propose_revision,
    refuse_revision,
    save_membership,
    values,
)
from hospitals.actions.decide import stale_fields
from hospitals.models import (
    Change,
    Claim,
    DirectoryVersion,
    Hospital,
    Listing,
    Membership,
    Revision,
    SearchEntry,
    Specialty,
)
from portal.models import AuditEvent
from portal.roles import Role
from portal.tests.fixtures import make_listing, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def listing(scmc):
    return make_listing(scmc, title_en="Old")


@pytest.fixture
def revision(editor, listing):
    return propose_revision(
        by=editor,
        hospital=listing.hospital,
        listing=listing,
        changes={"title_en": "New", "min_age_years": 0, "is_public": False},
        base_version=1,
    )


@pytest.fixture
def new_listing(editor, scmc):
    specialty = Specialty.objects.create(slug="heart", area="heart", name_en="Hearts")
    return propose_revision(
        by=editor, hospital=scmc, specialty=specialty, changes={}, base_version=0
    )


def test_approval_writes_the_listing(lead, editor, listing, revision):
    before = timezone.now()
    approve_revision(by=lead, revision=revision)
    listing.refresh_from_db()
    assert (listing.title_en, listing.min_age_years, listing.is_public) == ("New", 0, False)
    assert (listing.version, listing.confirmed_by) == (2, editor)
    assert before <= listing.confirmed_at <= timezone.now()


def test_approval_is_recorded(lead, revision):
    approve_revision(by=lead, revision=revision)
    revision.refresh_from_db()
    assert (revision.status, revision.decided_by) == ("approved", lead)
    event = AuditEvent.objects.first()
    assert (event.action, event.actor_label, event.data) == (
        "revision.approved",
        "lead",
        {"fields": ["is_public", "min_age_years", "title_en"]},
    )


def test_approval_raises_the_version_of_the_directory(lead, revision):
    approve_revision(by=lead, revision=revision)
    assert DirectoryVersion.current() == 1


def test_approval_creates_a_new_listing(lead, editor, scmc, new_listing):
    approve_revision(by=lead, revision=new_listing)
    listing = Listing.objects.get()
    assert (listing.hospital, listing.specialty.slug, listing.title_en) == (scmc, "heart", "Hearts")
    assert (listing.confirmed_by, listing.position, listing.version) == (editor, 0, 1)


def test_approval_of_a_new_listing_that_exists_by_now_is_told(lead, scmc, new_listing):
    make_listing(scmc, "heart")
    with pytest.raises(ChangedMeanwhileError):
        approve_revision(by=lead, revision=new_listing)
    assert Revision.objects.get().status == "pending"


@pytest.mark.parametrize(
    ("changes", "is_confirmed"),
    [({"accepting": "yes"}, True), ({"description_en": "Words"}, False)],
)
def test_approval_writes_the_hospital(lead, editor, scmc, changes, is_confirmed):
    revision = propose_revision(by=editor, hospital=scmc, changes=changes, base_version=1)
    approve_revision(by=lead, revision=revision)
    scmc.refresh_from_db()
    assert {name: getattr(scmc, name) for name in changes} == changes
    assert (scmc.version, bool(scmc.accepting_confirmed_at)) == (2, is_confirmed)


def test_approval_never_by_the_author(scmc, listing):
    """Even if one day a role could do both."""
    lead = make_user("author", Role.LEAD)
    revision = Revision.objects.create(
        hospital=scmc, listing=listing, after={"title_en": "Mine"}, base_version=1, created_by=lead
    )
    with pytest.raises(ActionRefusedError, match="Another person"):
        approve_revision(by=lead, revision=revision)
    with pytest.raises(ActionRefusedError, match="Another person"):
        refuse_revision(by=lead, revision=revision, reason="No")


def test_database_refuses_the_author_as_the_one_who_decides(scmc, editor):
    with pytest.raises(IntegrityError):
        Revision.objects.create(
            hospital=scmc,
            created_by=editor,
            status="approved",
            decided_by=editor,
            decided_at=timezone.now(),
        )


@pytest.mark.parametrize("who", ["coordinator", "auditor", "administrator", "reviewer", "editor"])
def test_decision_needs_the_permission(request, revision, who):
    with pytest.raises(ActionRefusedError):
        approve_revision(by=request.getfixturevalue(who), revision=revision)
    with pytest.raises(ActionRefusedError):
        refuse_revision(by=request.getfixturevalue(who), revision=revision, reason="No")
    assert Revision.objects.get().status == "pending"


def test_approval_of_a_claim_that_changed_is_told_and_writes_nothing(lead, listing, revision):
    Listing.objects.update(title_en="Changed meanwhile", version=2)
    with pytest.raises(ChangedMeanwhileError):
        approve_revision(by=lead, revision=revision)
    listing.refresh_from_db()
    assert (listing.title_en, Revision.objects.get().status) == ("Changed meanwhile", "pending")
    assert DirectoryVersion.current() == 0


def test_approval_twice_is_told(lead, revision):
    approve_revision(by=lead, revision=revision)
    with pytest.raises(ChangedMeanwhileError):
        approve_revision(by=make_user("lead2", Role.LEAD), revision=revision)
    assert Listing.objects.get().version == 2


def test_refusal_keeps_the_reason_and_the_claim(lead, listing, revision):
    refuse_revision(by=lead, revision=revision, reason="  Please name the ages. ")
    revision.refresh_from_db()
    listing.refresh_from_db()
    assert (revision.status, revision.reason) == ("refused", "Please name the ages.")
    assert (listing.title_en, listing.confirmed_at) == ("Old", None)
    assert DirectoryVersion.current() == 0


def test_refusal_s_reason_is_not_in_the_trail(lead, revision):
    refuse_revision(by=lead, revision=revision, reason="canary")
    assert AuditEvent.objects.filter(data__icontains="canary").count() == 0


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_refusal_needs_a_reason_of_a_sensible_length(lead, revision, reason):
    with pytest.raises(ActionRefusedError):
        refuse_revision(by=lead, revision=revision, reason=reason)


def test_refusal_after_approval_is_told(lead, revision):
    approve_revision(by=lead, revision=revision)
    with pytest.raises(ChangedMeanwhileError):
        refuse_revision(by=lead, revision=revision, reason="No")
    assert Revision.objects.get().status == "approved"


def test_new_proposal_after_a_refusal(lead, editor, listing, revision):
    refuse_revision(by=lead, revision=revision, reason="No")
    again = propose_revision(
        by=editor,
        hospital=listing.hospital,
        listing=listing,
        changes={"title_en": "Better"},
        base_version=1,
    )
    assert list(Revision.objects.pending()) == [again]


def test_member_is_saved_and_recorded(administrator, scmc):
    person = make_user("new-editor", Role.HOSPITAL_EDITOR)
    save_membership(by=administrator, membership=Membership(user=person, hospital=scmc))
    assert list(Hospital.objects.visible_to(person)) == [scmc]
    event = AuditEvent.objects.get()
    assert (event.action, event.object_label, event.data) == (
        "membership.saved",
        "scmc",
        {"user": "new-editor"},
    )


def test_member_needs_the_role_of_a_hospital(administrator, scmc, coordinator):
    with pytest.raises(ActionRefusedError):
        save_membership(by=administrator, membership=Membership(user=coordinator, hospital=scmc))
    assert Membership.objects.count() == 0


def test_member_who_leaves_sees_no_hospital(administrator, editor):
    end_membership(by=administrator, membership=editor.membership)
    person = type(editor).objects.get(pk=editor.pk)
    assert list(Hospital.objects.visible_to(person)) == []
    assert AuditEvent.objects.get().action == "membership.ended"


def test_only_the_administrator_changes_members(lead, editor):
    with pytest.raises(ActionRefusedError):
        save_membership(by=lead, membership=editor.membership)
    with pytest.raises(ActionRefusedError):
        end_membership(by=lead, membership=editor.membership)


def test_wrong_data_of_a_member_is_told_by_the_model(scmc, editor):
    with pytest.raises(ValidationError):
        Membership(user=editor, hospital=scmc).full_clean()


def test_partial_approval_writes_only_what_was_accepted(lead, editor, listing, revision):
    approve_revision(by=lead, revision=revision, refused={"title_en": " Too short. "})
    listing.refresh_from_db()
    revision.refresh_from_db()
    assert (listing.title_en, listing.min_age_years, listing.is_public) == ("Old", 0, False)
    assert (revision.status, revision.refused) == ("partly", {"title_en": "Too short."})
    fields = Change.objects.values_list("field", flat=True)
    assert sorted(fields) == ["is_public", "min_age_years"]
    event = AuditEvent.objects.first()
    assert (event.action, event.data["refused"]) == ("revision.partly", ["title_en"])
    assert "Too short" not in str(event.data)


def test_approval_leaves_the_history_with_names(lead, editor, revision):
    approve_revision(by=lead, revision=revision)
    change = Change.objects.get(field="title_en")
    assert (change.before, change.after, change.by, change.approved_by, change.revision) == (
        "Old",
        "New",
        editor,
        lead,
        revision,
    )
    assert change.at == revision.decided_at


@pytest.mark.parametrize(
    ("refused", "says"),
    [
        ({"title_en": " "}, "Say why"),
        ({"title_en": "x" * 501}, "at most 500"),
        ({"reason_en": "No"}, "cannot be changed here"),
        ({"title_en": "a", "min_age_years": "b", "is_public": "c"}, "Nothing is left"),
    ],
)
def test_impossible_partial_approval_writes_nothing(lead, listing, revision, refused, says):
    with pytest.raises(ActionRefusedError, match=says):
        approve_revision(by=lead, revision=revision, refused=refused)
    assert (Listing.objects.get().title_en, Revision.objects.get().status) == ("Old", "pending")


def test_new_listing_is_not_approved_without_its_title(lead, new_listing):
    with pytest.raises(ActionRefusedError, match="English title"):
        approve_revision(by=lead, revision=new_listing, refused={"title_en": "No"})


def test_part_of_a_new_listing_may_be_refused(lead, editor, scmc):
    specialty = Specialty.objects.create(slug="heart", area="heart", name_en="Hearts")
    changes = {"title_en": "Best", "accepting": "yes", "claim_waiting": {"low": 3}}
    revision = propose_revision(
        by=editor, hospital=scmc, specialty=specialty, changes=changes, base_version=0
    )
    approve_revision(by=lead, revision=revision, refused={"claim_waiting": "Until when?"})
    listing = Listing.objects.get()
    assert (listing.title_en, listing.accepting, listing.claims.count()) == ("Best", "yes", 0)
    assert listing.version == 1


def test_part_that_breaks_a_rule_without_the_rest_is_refused(lead, editor, listing):
    """Both ages together are in order; the oldest alone would be below the youngest."""
    Listing.objects.update(min_age_years=10, max_age_years=20)
    revision = propose_revision(
        by=editor,
        hospital=listing.hospital,
        listing=listing,
        changes={"min_age_years": 1, "max_age_years": 5},
        base_version=1,
    )
    with pytest.raises(ActionRefusedError, match="must not be above the oldest"):
        approve_revision(by=lead, revision=revision, refused={"min_age_years": "No"})
    assert Revision.objects.get().status == "pending"


def test_stale_fields_are_named_one_by_one(lead, editor, listing, revision):
    assert stale_fields(revision) == []
    Listing.objects.update(title_en="Public now", description_en="Elsewhere", version=2)
    assert stale_fields(revision) == ["title_en"]


def test_stale_field_can_be_refused_and_the_rest_approved(lead, listing, revision):
    Listing.objects.update(title_en="Public now", version=2)
    approve_revision(by=lead, revision=revision, refused={"title_en": "Look again"})
    listing.refresh_from_db()
    assert (listing.title_en, listing.min_age_years, listing.version) == ("Public now", 0, 3)


def test_stale_claim_is_told(lead, editor, listing):
    revision = propose_revision(
        by=editor,
        hospital=listing.hospital,
        listing=listing,
        changes={"claim_waiting": {"low": 3}},
        base_version=1,
    )
    Claim.objects.create(listing=listing, kind="waiting", low=9)
    with pytest.raises(ChangedMeanwhileError):
        approve_revision(by=lead, revision=revision)
    assert Claim.objects.get().low == 9


def test_approval_that_finds_the_row_changed_at_the_last_moment_is_told(
    lead, listing, revision, monkeypatch
):
    """Behind the lock nobody but the loader gets there: compare-and-set tells it."""
    monkeypatch.setattr(values, "write", lambda *args, **kwargs: False)
    with pytest.raises(ChangedMeanwhileError):
        approve_revision(by=lead, revision=revision)
    assert Revision.objects.get().status == "pending"


def test_write_misses_a_row_of_another_version(editor, listing):
    confirmation = {"confirmed_at": timezone.now(), "confirmed_by_id": editor.pk}
    written = values.write(listing, {"title_en": "New"}, base_version=7, confirmation=confirmation)
    assert (written, Listing.objects.get().title_en) == (False, "Old")


def test_new_listing_is_found_by_its_specialty(lead, new_listing):
    approve_revision(by=lead, revision=new_listing)
    assert SearchEntry.objects.filter(kind="specialty", target="heart").exists()
