import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from hospitals.actions import (
    ActionRefusedError,
    AlreadyWaitingError,
    ChangedMeanwhileError,
    approve_revision,
    propose_revision,
    withdraw_revision,
)
from hospitals.models import DirectoryVersion, Listing, Revision, Specialty
from portal.models import AuditEvent
from portal.tests.fixtures import make_listing

pytestmark = pytest.mark.django_db


@pytest.fixture
def listing(scmc):
    return make_listing(scmc, title_en="Old", title_pl="Stary")


@pytest.fixture
def cardiology(db):
    return Specialty.objects.create(
        slug="cardiology",
        area="heart",
        name_en="Cardiology",
        name_zh_hans="心内科",
        name_pl="Kardiologia",
        name_ar="القلب",
    )


def propose(by, listing, replaces=None, version=None, **changes):
    return propose_revision(
        by=by,
        hospital=listing.hospital,
        listing=listing,
        changes=changes,
        base_version=listing.version if version is None else version,
        replaces=replaces,
    )


def test_proposal_keeps_what_was_and_what_shall_be(editor, listing):
    revision = propose(editor, listing, title_en="New", title_pl="Stary", audience="children")
    assert revision.before == {"title_en": "Old", "audience": ""}
    assert revision.after == {"title_en": "New", "audience": "children"}
    assert (revision.status, revision.created_by, revision.base_version) == ("pending", editor, 1)


def test_proposal_changes_nothing_public(editor, listing):
    propose(editor, listing, title_en="New")
    listing.refresh_from_db()
    assert (listing.title_en, listing.version) == ("Old", 1)
    assert DirectoryVersion.current() == 0


def test_proposal_leaves_a_trace_without_contents(editor, listing):
    propose(editor, listing, title_en="New")
    event = AuditEvent.objects.get()
    assert (event.action, event.actor_label) == ("revision.proposed", "scmc-editor")
    assert (event.object_label, event.data) == ("scmc", {"fields": ["title_en"]})


def test_proposal_for_the_hospital_itself(editor, scmc):
    changes = {"description_en": "We treat children.", "accepting": "yes"}
    revision = propose_revision(by=editor, hospital=scmc, changes=changes, base_version=1)
    assert (revision.after, revision.target) == (changes, scmc)


def test_proposal_for_a_new_listing_borrows_the_names_of_the_specialty(editor, scmc, cardiology):
    revision = propose_revision(
        by=editor,
        hospital=scmc,
        specialty=cardiology,
        changes={"title_en": "Hearts of children", "title_pl": "", "min_age_years": None},
        base_version=0,
    )
    assert revision.before == {}
    assert revision.after == {
        "title_en": "Hearts of children",
        "title_zh_hans": "心内科",
        "title_pl": "Kardiologia",
        "title_ar": "القلب",
    }
    assert revision.target is None


def test_proposal_for_a_specialty_that_is_listed_is_refused(editor, listing):
    with pytest.raises(ValidationError, match="lists this specialty already"):
        propose_revision(
            by=editor,
            hospital=listing.hospital,
            specialty=listing.specialty,
            changes={"title_en": "Again"},
            base_version=0,
        )


@pytest.mark.parametrize("who", ["reviewer", "other_editor", "lead", "coordinator"])
def test_proposal_of_a_stranger_is_refused(request, listing, who):
    with pytest.raises(ActionRefusedError):
        propose(request.getfixturevalue(who), listing, title_en="New")


def test_proposal_of_a_disabled_editor_is_refused(editor, listing):
    editor.is_active = False
    with pytest.raises(ActionRefusedError):
        propose(editor, listing, title_en="New")


def test_proposal_for_another_hospital_s_listing_is_refused(editor, scmc, renji):
    foreign = make_listing(renji)
    with pytest.raises(ActionRefusedError):
        propose_revision(
            by=editor,
            hospital=scmc,
            listing=foreign,
            changes={"title_en": "New"},
            base_version=1,
        )


@pytest.mark.parametrize(
    "field", ["reason_en", "hospital_id", "specialty_id", "confirmed_at", "title"]
)
def test_proposal_of_another_column_is_refused(editor, listing, field):
    with pytest.raises(ActionRefusedError):
        propose(editor, listing, **{field: "x"})


def test_unchanged_proposal_is_refused_kindly(editor, listing):
    with pytest.raises(ActionRefusedError, match="Nothing differs"):
        propose(editor, listing, title_en="Old", description_en="", min_age_years=None)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title_en": ""}, "title_en"),
        ({"title_en": "x" * 121}, "title_en"),
        ({"description_en": "x" * 2001}, "description_en"),
        ({"title_en": "safe \u202e efas"}, "title_en"),
        ({"audience": "nobody"}, "audience"),
        ({"accepting": "perhaps"}, "accepting"),
        ({"min_age_years": 12, "max_age_years": 3}, "__all__"),
        ({"max_age_years": 121}, "__all__"),
        ({"min_age_years": -1}, "min_age_years"),
    ],
)
def test_impossible_proposal_is_refused_in_words(editor, listing, changes, field):
    with pytest.raises(ValidationError) as refusal:
        propose(editor, listing, **changes)
    assert list(refusal.value.message_dict) == [field]
    assert Revision.objects.count() == 0


def test_stale_proposal_is_told(editor, listing):
    Listing.objects.update(version=2)
    with pytest.raises(ChangedMeanwhileError):
        propose(editor, listing, version=1, title_en="New")


def test_second_proposal_shows_the_first(editor, listing):
    first = propose(editor, listing, title_en="First")
    with pytest.raises(AlreadyWaitingError) as waiting:
        propose(editor, listing, title_en="Second")
    assert waiting.value.revision == first


def test_second_proposal_may_replace_the_first(editor, listing):
    first = propose(editor, listing, title_en="First")
    second = propose(editor, listing, title_en="Second", replaces=first.pk)
    first.refresh_from_db()
    assert (first.status, first.after, first.decided_by) == (
        "withdrawn",
        {"title_en": "First"},
        editor,
    )
    assert list(Revision.objects.pending()) == [second]


def test_same_proposal_again_is_refused_kindly(editor, listing):
    first = propose(editor, listing, title_en="First")
    with pytest.raises(ActionRefusedError, match="Exactly this change"):
        propose(editor, listing, title_en="First", replaces=first.pk)


def test_impossible_replacement_keeps_the_first(editor, listing):
    first = propose(editor, listing, title_en="First")
    with pytest.raises(ValidationError):
        propose(editor, listing, title_en="", replaces=first.pk)
    assert list(Revision.objects.pending()) == [first]


def test_other_targets_may_wait_at_the_same_time(editor, listing, cardiology):
    propose(editor, listing, title_en="First")
    propose_revision(
        by=editor, hospital=listing.hospital, changes={"accepting": "yes"}, base_version=1
    )
    propose_revision(
        by=editor, hospital=listing.hospital, specialty=cardiology, changes={}, base_version=0
    )
    assert Revision.objects.pending().count() == 3


def test_database_keeps_one_waiting_change_a_target(editor, listing, cardiology):
    """Should an action ever forget its lock."""
    common = {"hospital": listing.hospital, "created_by": editor}
    for target in ({"listing": listing}, {"specialty": cardiology}, {}):
        Revision.objects.create(**common, **target)
        with pytest.raises(IntegrityError), transaction.atomic():
            Revision.objects.create(**common, **target)


def test_author_takes_a_proposal_back(editor, listing):
    revision = propose(editor, listing, title_en="New")
    withdraw_revision(by=editor, revision=revision)
    revision.refresh_from_db()
    assert (revision.status, revision.decided_by) == ("withdrawn", editor)
    assert AuditEvent.objects.first().action == "revision.withdrawn"


@pytest.mark.parametrize("who", ["reviewer", "other_editor", "lead"])
def test_stranger_does_not_take_a_proposal_back(request, editor, listing, who):
    revision = propose(editor, listing, title_en="New")
    with pytest.raises(ActionRefusedError):
        withdraw_revision(by=request.getfixturevalue(who), revision=revision)
    assert list(Revision.objects.pending()) == [revision]


def test_decided_proposal_is_not_taken_back(editor, lead, listing):
    revision = propose(editor, listing, title_en="New")
    approve_revision(by=lead, revision=Revision.objects.get())
    with pytest.raises(ChangedMeanwhileError):
        withdraw_revision(by=editor, revision=revision)
