"""What counts as a change, and which row is meant."""

import pytest

from hospitals.actions import propose_revision
from hospitals.actions.exchange import Proposal, send_proposals
from hospitals.exchange.difference import (
    CHANGED,
    NEW,
    SAME,
    WRONG,
    explain,
    foreign_rows,
    naming,
    plan_rows,
    reads_alike,
    unknown_columns,
)
from hospitals.models import Revision, Specialty
from hospitals.tests.exchange import full_listing
from portal.tests.fixtures import make_listing

pytestmark = pytest.mark.django_db


@pytest.fixture
def listing(scmc):
    return full_listing(scmc)


def plans(hospital, header, *rows, **options):
    lines = [
        {"number": number, "cells": list(cells), "bad": []} for number, cells in enumerate(rows, 2)
    ]
    return plan_rows(hospital, header.split(), lines, **options)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("a\r\nb", "a\nb", True),
        (" a ", "a", True),
        ("", None, True),
        (None, [], True),
        (["b", "a"], ["a", "b"], True),
        (["a"], [], False),
        (0, None, False),
        (False, None, False),
        (0, 1, False),
        ("a", "A", False),
    ],
)
def test_line_ends_and_order_are_no_change(one, other, is_same):
    assert reads_alike(one, other) is is_same
    assert reads_alike(other, one) is is_same


def test_kinds_of_rows(listing):
    Specialty.objects.create(slug="liver", name_en="Liver", area="digestive")
    found = plans(
        listing.hospital,
        "specialty price_low",
        ("neurosurgery", "1"),
        ("liver", "5"),
        ("nothing", ""),
    )
    # A price without its currency is refused, for the new specialty.
    assert [plan.kind for plan in found] == [CHANGED, WRONG, WRONG]
    assert found[1].problems == ["price_currency: Say in which currency the price is."]
    assert [plan.kind for plan in plans(listing.hospital, "specialty", ("liver",))] == [NEW]
    assert [plan.kind for plan in plans(listing.hospital, "specialty", ("neurosurgery",))] == [SAME]


def test_name_that_two_specialties_share_is_not_guessed(listing):
    for slug in ("liver-a", "liver-b"):
        Specialty.objects.create(slug=slug, name_en=slug, name_pl="Wątroba", area="digestive")
    assert "wątroba" not in naming(Specialty)
    (plan,) = plans(listing.hospital, "specialty", ("Wątroba",))
    assert plan.problems[0].startswith("We know no specialty “Wątroba”.")


def test_key_counts_before_a_name(db):
    Specialty.objects.create(slug="heart", name_en="Cardiology", area="heart")
    Specialty.objects.create(slug="other", name_en="Heart", area="heart")
    assert naming(Specialty)["heart"] == "heart"


def test_cells_before_the_key_are_read_too(listing):
    (plan,) = plans(listing.hospital, "title_pl specialty", ("Mózg", "neurosurgery"))
    assert plan.proposal == {"title_pl": "Mózg"}


def test_part_of_a_claim_keeps_the_rest_of_it(listing):
    (plan,) = plans(listing.hospital, "specialty volume_low", ("neurosurgery", "150"))
    assert plan.proposal["claim_volume"] == {
        "low": 150,
        "period_from": "2024",
        "period_to": "2024-12",
        "source_title": "=Yearbook",
        "source_url": "https://a.example/",
        "source_date": "2025-06",
    }


def test_rules_are_left_to_the_action_when_it_is_sent(listing, editor):
    row = ("neurosurgery", "90", "3")
    header = "specialty min_age_years max_age_years"
    (plan,) = plans(listing.hospital, header, row, is_sent=True)
    assert plan.problems == []
    outcome = send_proposals(
        by=editor, hospital=listing.hospital, proposals=[plan.as_proposal(1, None)]
    )
    assert outcome.sent == set()
    assert explain(outcome.failed[2]) == ["The youngest age must not be above the oldest."]


def test_one_refused_row_keeps_no_other_back(listing, editor):
    heart = make_listing(listing.hospital, "heart")
    outcome = send_proposals(
        by=editor,
        hospital=listing.hospital,
        proposals=[
            Proposal(2, {"title_pl": "A"}, 7, listing=listing),
            Proposal(3, {"position": 1}, 1, listing=heart),
            Proposal(4, {"title_pl": "B"}, 1, listing=heart),
        ],
    )
    assert (outcome.sent, set(outcome.failed)) == ({4}, {2, 3})
    assert [revision.after for revision in Revision.objects.all()] == [{"title_pl": "B"}]


def test_listing_of_another_hospital_is_refused_in_a_list_too(listing, editor, renji):
    foreign = make_listing(renji, "heart")
    outcome = send_proposals(
        by=editor,
        hospital=listing.hospital,
        proposals=[Proposal(2, {"title_pl": "A"}, 1, listing=foreign)],
    )
    assert set(outcome.failed) == {2}
    assert Revision.objects.count() == 0


def test_what_waits_for_a_new_specialty_is_found(listing, editor):
    liver = Specialty.objects.create(slug="liver", name_en="Liver", area="digestive")
    waiting = propose_revision(
        by=editor,
        hospital=listing.hospital,
        specialty=liver,
        changes={"title_pl": "Wątroba"},
        base_version=0,
    )
    (plan,) = plans(listing.hospital, "specialty title_ar", ("liver", "كبد"))
    assert (plan.kind, plan.waiting) == (NEW, waiting)
    assert (plan.proposal["title_pl"], plan.proposal["title_ar"]) == ("Wątroba", "كبد")


def test_hospital_is_known_by_its_names(scmc):
    scmc.short_name_zh_hans = "儿中心"
    scmc.save()
    rows = [
        {"number": number, "cells": [name]}
        for number, name in enumerate(("scmc", "儿中心", " SCMC ", "", "renji", "scmc2"), 2)
    ]
    assert foreign_rows(scmc, ["hospital"], rows) == [6, 7]
    assert foreign_rows(scmc, ["specialty"], rows) == []


def test_unknown_columns_are_those_with_a_name():
    assert unknown_columns(["specialty", "", "hospital", "titel", "price_low"]) == ["titel"]
