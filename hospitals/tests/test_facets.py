"""Counts beside the filters, against counting hospital by hospital."""

import itertools
import random
from datetime import timedelta

import pytest
from django.utils import timezone

from hospitals import facets
from hospitals.choices import District, HospitalType
from hospitals.forms.filters import FILTERS
from hospitals.freshness import accepting_on, is_fresh, shanghai_today
from hospitals.loader import load_directory
from hospitals.models import Campus, Claim, DirectoryVersion, Hospital, Listing
from portal.roles import Role
from portal.tests.fixtures import make_hospital, make_listing, make_user

pytestmark = pytest.mark.django_db
NOTHING = dict.fromkeys(FILTERS, "")
CHOICES = {
    "specialty": ["heart", "liver", "neurosurgery", "eyes"],
    "audience": ["children", "adults"],
    "type": ["general", "paediatric", "women"],
    "district": ["pudong", "xuhui", "chongming"],
    "language": ["en", "ar", "pl"],
    "accepting": ["yes"],
    "confirmed": ["yes"],
}
PAIRS = list(itertools.combinations(FILTERS, 2))


@pytest.fixture
def many(db):
    """Hospitals that differ in everything that can be filtered; the same in every run."""
    rng = random.Random(7)
    today = shanghai_today()
    person = make_user("somebody", Role.HOSPITAL_EDITOR)
    for number in range(40):
        hospital = make_hospital(
            f"h{number}",
            type=rng.choice(CHOICES["type"]),
            accepting=rng.choice(["unknown", "unknown", "yes", "no"]),
            is_public=rng.random() < 0.9,
        )
        for district in rng.sample(CHOICES["district"], rng.choice([0, 1, 2])):
            Campus.objects.create(hospital=hospital, key=district, district=district)
        for slug in rng.sample(CHOICES["specialty"], rng.randrange(4)):
            days = rng.choice([None, 1, 300, 365, 366, 800])
            confirmed = days and timezone.now() - timedelta(days=days)
            listing = make_listing(
                hospital,
                slug,
                audience=rng.choice(["", "children", "adults", "both"]),
                accepting=rng.choice(["unknown", "yes", "yes", "no"]),
                accepting_until=rng.choice([None, today, today - timedelta(days=1)]),
                confirmed_at=confirmed,
                confirmed_by=person if confirmed else None,
                is_public=rng.random() < 0.85,
            )
            if rng.random() < 0.6:
                Claim.objects.create(
                    listing=listing,
                    kind="languages",
                    codes=rng.sample(CHOICES["language"], 2),
                    is_public=rng.random() < 0.8,
                )
    return read_rows()


def read_rows() -> list[Hospital]:
    related = ("campuses", "listings__claims", "listings__specialty")
    return list(Hospital.objects.public().prefetch_related(*related))


def by_hand(rows, **filters) -> set:
    """Keys of the hospitals that match, looked at one by one."""
    return {row.pk for row in rows if hospital_matches(row, **(NOTHING | filters))}


def hospital_matches(row, *, specialty, type, district, **said) -> bool:
    if type and row.type != type:
        return False
    if district and district not in {campus.district for campus in row.campuses.all()}:
        return False
    listings = [one for one in row.listings.all() if one.is_public]
    if specialty:
        # One listing says all of it.
        of_it = [one for one in listings if one.specialty.slug == specialty]
        return any(
            all(listing_says(one, row, name, value) for name, value in said.items() if value)
            for one in of_it
        )
    return all(hospital_says(row, listings, name, value) for name, value in said.items() if value)


def hospital_says(row, listings, name, value) -> bool:
    if name == "audience" and value == "children":
        said = any(one.audience in ("children", "both") for one in listings)
        return row.type == HospitalType.PAEDIATRIC or said
    if name == "audience":
        return row.type != HospitalType.PAEDIATRIC
    if name == "accepting":
        return row.accepting == "yes" or any(accepts(one) for one in listings)
    return any(listing_says(one, row, name, value) for one in listings)


def listing_says(one, row, name, value) -> bool:
    is_paediatric = row.type == HospitalType.PAEDIATRIC
    if name == "audience" and value == "children":
        return one.audience in ("children", "both") or (is_paediatric and not one.audience)
    if name == "audience":
        return one.audience != "children" and not is_paediatric
    if name == "accepting":
        return accepts(one) or (row.accepting == "yes" and one.accepting != "no")
    if name == "confirmed":
        return is_fresh(one.confirmed_at, shanghai_today())
    claims = [claim for claim in one.claims.all() if claim.is_public and claim.kind == "languages"]
    return any(value in claim.codes for claim in claims)


def accepts(one) -> bool:
    return accepting_on(one.accepting, one.accepting_until, shanghai_today()) == "yes"


def index_now() -> facets.Index:
    return facets.read(shanghai_today())


def keys_of(index, bits) -> set:
    return set(index.slice(bits, 0, len(index.places)))


@pytest.mark.parametrize("names", PAIRS)
def test_every_pair_of_filters_leaves_what_counting_by_hand_leaves(many, names):
    index = index_now()
    for values in itertools.product(*(CHOICES[name] for name in names)):
        filters = dict(zip(names, values, strict=True))
        assert keys_of(index, index.matching(filters)) == by_hand(many, **filters), filters


def test_many_filters_at_once_leave_what_counting_by_hand_leaves(many):
    index, rng = index_now(), random.Random(11)
    sizes = set()
    for _ in range(150):
        names = rng.sample(FILTERS, rng.randrange(3, len(FILTERS) + 1))
        filters = {name: rng.choice(CHOICES[name]) for name in names}
        found = by_hand(many, **filters)
        sizes.add(len(found))
        assert keys_of(index, index.matching(filters)) == found, filters
    assert len(sizes) > 2


@pytest.mark.parametrize("chosen", [{}, {"type": "general"}, {"specialty": "heart"}])
def test_count_of_a_choice_is_what_it_would_leave(many, chosen):
    index = index_now()
    for name, options in index.counts(NOTHING | chosen).items():
        for value, number in options.items():
            assert number == len(by_hand(many, **(chosen | {name: value}))), (name, value)


def test_choices_of_the_real_directory_are_counted(db):
    load_directory()
    rows = read_rows()
    counts = index_now().counts(NOTHING)
    assert counts["district"] == {
        key: len(by_hand(rows, district=key))
        for key in District.values
        if Campus.objects.filter(district=key).exists()
    }
    assert counts["type"]["paediatric"] == 2
    assert sum(counts["type"].values()) == 13


def test_children_are_treated_where_a_listing_says_so(scmc, renji):
    both, hidden = make_hospital("both"), make_hospital("hidden")
    make_listing(both, audience="both")
    make_listing(both, "heart", audience="adults")
    make_listing(hidden, audience="children", is_public=False)
    make_listing(renji, audience="adults")
    index = index_now()
    children = {"audience": "children"}
    assert keys_of(index, index.matching(children)) == {both.pk, scmc.pk}
    assert index.matching(children | {"specialty": "neurosurgery"}).bit_count() == 1
    assert index.matching(children | {"specialty": "heart"}) == 0


@pytest.mark.parametrize(("days_left", "number"), [(0, 1), (1, 1), (-1, 0)])
def test_offer_ends_after_its_last_day(scmc, days_left, number):
    until = shanghai_today() + timedelta(days=days_left)
    make_listing(scmc, accepting="yes", accepting_until=until)
    assert index_now().matching({"accepting": "yes"}).bit_count() == number


def test_listing_that_takes_nobody_is_not_lent_the_hospital_s_word(scmc):
    Hospital.objects.filter(pk=scmc.pk).update(accepting="yes")
    make_listing(scmc, "heart", accepting="no")
    index = index_now()
    assert index.matching({"accepting": "yes"}).bit_count() == 1
    assert index.matching({"accepting": "yes", "specialty": "heart"}) == 0


def test_withheld_claim_speaks_no_language(scmc):
    listing = make_listing(scmc)
    Claim.objects.create(listing=listing, kind="languages", codes=["pl"], is_public=False)
    assert index_now().values("language") == []


def test_slice_keeps_the_order_of_the_list(many):
    index = index_now()
    order = list(Hospital.objects.public().values_list("pk", flat=True))
    assert index.slice(index.everybody, 0, 100) == order
    assert index.slice(index.everybody, 5, 9) == order[5:9]
    assert index.slice(0, 0, 10) == []


def test_bits_and_keys_lead_to_each_other(many):
    index = index_now()
    for key in Hospital.objects.public().values_list("pk", flat=True):
        bits = index.bits_of([key.bytes])
        assert index.slice(bits, 0, 2) == [key]
        assert index.keys_of(bits) == {key.bytes}
    hidden = Hospital.objects.filter(is_public=False).values_list("pk", flat=True)
    assert index.bits_of(key.bytes for key in hidden) == 0
    assert len(index.keys_of(index.everybody)) == len(index.places)


def test_empty_directory_has_an_index(db):
    index = index_now()
    assert (index.everybody, index.matching(NOTHING), index.counts(NOTHING)["type"]) == (0, 0, {})
    assert index.keys_of(0) == frozenset()


@pytest.mark.parametrize("number", [1, 25])
def test_index_is_read_in_four_questions(number, django_assert_num_queries):
    for index in range(number):
        hospital = make_hospital(f"h{index}")
        Claim.objects.create(listing=make_listing(hospital), kind="languages", codes=["en"])
        Campus.objects.create(hospital=hospital, key="main", district="xuhui")
    with django_assert_num_queries(4):
        index_now()


def test_index_is_kept_until_the_directory_changes(scmc, django_assert_num_queries):
    DirectoryVersion.raise_number()
    version = DirectoryVersion.current()
    facets.current(version)
    with django_assert_num_queries(0):
        facets.current(version)
    with django_assert_num_queries(4):
        facets.current(version + 1)


def test_index_is_read_again_the_next_day(scmc, time_machine):
    noon = timezone.now().replace(hour=4, minute=0)
    time_machine.move_to(noon)
    make_listing(scmc, accepting="yes", accepting_until=shanghai_today())
    assert facets.current(1).matching({"accepting": "yes"}).bit_count() == 1
    time_machine.move_to(noon + timedelta(days=1))
    assert facets.current(1).matching({"accepting": "yes"}) == 0


def test_hospital_published_meanwhile_waits_for_the_next_index(scmc, monkeypatch):
    """Between two questions of one reading a hospital may appear; it is left out whole."""
    rows = [(make_hospital("late").pk.hex, "heart", "", "yes", None, None, None)]
    Listing.objects.all().delete()
    monkeypatch.setattr(facets, "_listings", lambda: rows)
    Hospital.objects.filter(slug="late").update(is_public=False)
    assert index_now().matching({"specialty": "heart"}) == 0
