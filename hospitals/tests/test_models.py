"""The rules that the database itself knows, and who sees what."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import override

from hospitals.choices import CONTACT_KINDS, Area, FactKind
from hospitals.models import (
    Campus,
    DirectoryVersion,
    Fact,
    Hospital,
    Listing,
    Membership,
    Revision,
    Source,
    Specialty,
)
from portal.roles import Role
from portal.tests.fixtures import make_hospital, make_listing, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def listing(scmc):
    return make_listing(scmc)


def refused_by_database(query, **values):
    with pytest.raises(IntegrityError), transaction.atomic():
        query.update(**values)
    return True


@pytest.mark.parametrize(
    "values",
    [
        {"min_age_years": 10, "max_age_years": 9},
        {"min_age_years": 121},
        {"max_age_years": 121},
        {"confirmed_at": timezone.now()},
    ],
)
def test_listing_that_cannot_be_is_refused(listing, values):
    assert refused_by_database(Listing.objects, **values)


@pytest.mark.parametrize(
    ("youngest", "oldest"), [(None, None), (0, 0), (0, 120), (None, 18), (18, None)]
)
def test_listing_with_possible_ages_is_welcome(listing, youngest, oldest):
    Listing.objects.update(min_age_years=youngest, max_age_years=oldest)
    listing.refresh_from_db()
    listing.full_clean(exclude=["id"])


def test_confirmation_needs_its_person_everywhere(scmc, listing):
    Fact.objects.create(hospital=scmc, key="beds", kind="beds", value_en="1")
    Campus.objects.create(hospital=scmc, key="main", district="pudong", name_en="Main")
    for model in (Fact, Campus, Listing):
        assert refused_by_database(model.objects, confirmed_at=timezone.now())


def test_listing_once_per_hospital(scmc, listing):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_listing(scmc)


def test_other_hospital_may_list_the_same(renji, listing):
    assert make_listing(renji).specialty == listing.specialty


def test_fact_and_campus_once_per_key(scmc):
    for make in (
        lambda: Fact.objects.create(hospital=scmc, key="k", kind="beds", value_en="1"),
        lambda: Campus.objects.create(hospital=scmc, key="k", district="pudong", name_en="1"),
    ):
        make()
        with pytest.raises(IntegrityError), transaction.atomic():
            make()


def test_person_has_one_hospital(editor, renji):
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=editor, hospital=renji)


@pytest.mark.parametrize("status", ["approved", "refused", "withdrawn"])
def test_decision_needs_its_person_and_time(scmc, editor, lead, status):
    Revision.objects.create(hospital=scmc, created_by=editor)
    assert refused_by_database(Revision.objects, status=status)
    assert refused_by_database(Revision.objects, status=status, decided_by=lead)
    assert refused_by_database(Revision.objects, status=status, decided_at=timezone.now())


def test_waiting_change_has_no_decision(scmc, editor, lead):
    Revision.objects.create(hospital=scmc, created_by=editor)
    assert refused_by_database(Revision.objects, decided_by=lead, decided_at=timezone.now())


def test_author_may_withdraw(scmc, editor):
    Revision.objects.create(hospital=scmc, created_by=editor)
    Revision.objects.update(status="withdrawn", decided_by=editor, decided_at=timezone.now())
    assert Revision.objects.get().is_pending is False


def test_trail_outlives_what_it_is_about(scmc, editor, listing):
    Revision.objects.create(hospital=scmc, listing=listing, created_by=editor)
    for row in (listing, scmc, editor):
        with pytest.raises(ProtectedError):
            row.delete()


def test_source_in_use_is_not_deleted(scmc):
    source = Source.objects.create(key="s", title="Source")
    Fact.objects.create(hospital=scmc, key="beds", kind="beds", value_en="1", source=source)
    with pytest.raises(ProtectedError):
        source.delete()


def test_specialty_in_use_is_not_deleted(listing):
    with pytest.raises(ProtectedError):
        listing.specialty.delete()


@pytest.mark.parametrize("value", ["2024-13", "2024-02-30", "24", "March 2024", "2024-1"])
def test_source_date_must_be_a_date(scmc, value):
    with pytest.raises(ValidationError):
        Fact(hospital=scmc, key="k", kind="beds", value_en="1", source_date=value).full_clean()


def test_link_of_a_source_that_may_not_be_linked_is_empty():
    assert Source(url="https://a.example", is_linkable=False).link == ""
    assert Source(url="https://a.example").link == "https://a.example"


def test_texts_follow_the_reader_s_language():
    hospital = Hospital(name_en="Renji", name_zh_hans="仁济")
    with override("zh-hans"):
        assert str(hospital) == "仁济"
    with override("pl"):
        assert str(hospital) == "Renji"


def test_dates_of_names_are_shown_as_exactly_as_known():
    hospital = Hospital(
        pilot_source_date="2024-05", name_source_date="2019", name_zh_source_date=""
    )
    with override("en"):
        assert hospital.display_pilot_source_date == "May 2024"
    assert hospital.display_name_source_date == "2019"
    assert hospital.display_name_zh_source_date == ""


def test_version_of_an_empty_directory_is_zero():
    assert DirectoryVersion.current() == 0


def test_version_rises_by_one():
    for _time in range(3):
        DirectoryVersion.raise_number()
    assert DirectoryVersion.current() == 3
    assert str(DirectoryVersion.objects.get()) == "3"


def test_every_contact_kind_is_a_kind():
    assert set(CONTACT_KINDS) - set(FactKind) == set()
    assert len(Area.values) == 19


@pytest.mark.parametrize(
    ("who", "hospitals", "listings"),
    [
        ("lead", 2, 2),
        ("coordinator", 2, 2),
        ("auditor", 0, 0),
        ("administrator", 0, 0),
        ("editor", 1, 1),
        ("reviewer", 1, 1),
    ],
)
def test_who_sees_which_rows(request, scmc, renji, who, hospitals, listings):
    make_listing(scmc)
    make_listing(renji)
    user = request.getfixturevalue(who)
    assert Hospital.objects.visible_to(user).count() == hospitals
    assert Listing.objects.visible_to(user).count() == listings


@pytest.mark.parametrize(("who", "count"), [("lead", 2), ("coordinator", 0), ("editor", 1)])
def test_who_sees_which_proposals(request, scmc, renji, editor, other_editor, who, count):
    Revision.objects.create(hospital=scmc, created_by=editor)
    Revision.objects.create(hospital=renji, created_by=other_editor)
    assert Revision.objects.visible_to(request.getfixturevalue(who)).count() == count


def test_disabled_person_sees_nothing(editor, scmc):
    editor.is_active = False
    make_listing(scmc)
    for model in (Hospital, Listing, Revision):
        assert model.objects.visible_to(editor).count() == 0


def test_person_without_hospital_sees_nothing(scmc):
    nobody = make_user("nobody", Role.HOSPITAL_EDITOR)
    make_listing(scmc)
    for model in (Hospital, Listing, Revision):
        assert model.objects.visible_to(nobody).count() == 0


def test_person_without_role_sees_nothing(scmc):
    nobody = make_user("nobody", "")
    assert Hospital.objects.visible_to(nobody).count() == 0


def test_stranger_is_anonymous_to_the_roles():
    assert AnonymousUser().is_authenticated is False


def test_offered_specialties_are_those_of_public_listings(scmc, renji):
    make_listing(scmc, "shown")
    make_listing(renji, "shown")
    make_listing(scmc, "hidden", is_public=False)
    Specialty.objects.create(slug="nowhere", area="other", name_en="Nowhere")
    gone = make_hospital("gone", is_public=False)
    make_listing(gone, "of-a-hidden-hospital")
    assert [specialty.slug for specialty in Specialty.objects.offered()] == ["shown"]


def test_target_of_a_proposal(scmc, listing):
    assert Revision(hospital=scmc, listing=listing).target == listing
    assert Revision(hospital=scmc, specialty=listing.specialty).target is None
    assert Revision(hospital=scmc).target == scmc


def test_rows_name_themselves(scmc, editor, listing):
    revision = Revision.objects.create(hospital=scmc, created_by=editor)
    assert str(revision).startswith("scmc 20")
    assert str(editor.membership) == "scmc-editor - Shanghai Children's Medical Center"
    assert str(Fact(kind="beds", value_en="10")) == "Beds: 10"
    assert str(Campus(name_en="North")) == "North"
    assert str(listing) == "Neurosurgery"
