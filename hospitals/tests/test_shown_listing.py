from datetime import date

import pytest
import time_machine
from django.utils import translation

from hospitals.choices import SPOKEN_LANGUAGES, RecordKind
from hospitals.claim_words import (
    claim_items,
    claim_number,
    period_words,
    pick_text,
    waiting_words,
)
from hospitals.models import Listing, ListingCondition, ListingTreatment, Treatment
from hospitals.shown_listing import join, show_listing, show_listings, with_claims
from hospitals.tests.claims import (
    make_claim,
    make_condition,
    make_source,
    name_condition,
)
from portal.tests.fixtures import make_hospital, make_listing

pytestmark = pytest.mark.django_db
NBSP = "\N{NO-BREAK SPACE}"


def show(listing, proposed=None):
    return show_listing(with_claims(Listing.objects).get(pk=listing.pk), proposed)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("price", {"low": 12000, "high": 20000, "currency": "CNY"}, "12,000 to 20,000 CNY"),
        ("price", {"low": 12000, "currency": "USD"}, "from 12,000 USD"),
        ("price", {"high": 900, "currency": "EUR"}, "up to 900 EUR"),
        ("price", {"low": 5000, "high": 5000, "currency": "CNY"}, "5,000 CNY"),
        ("price", {"text_en": "Ask"}, ""),
        ("outcome", {"low": 85, "high": 90}, "85% to 90%"),
        ("outcome", {"low": 0, "high": 0}, "0%"),
        ("volume", {"low": 1, "high": 1}, "1 patient a year"),
        ("volume", {"low": 30, "high": 45}, "30 to 45 patients a year"),
        ("waiting", {"low": 1, "high": 1}, "1 day"),
        ("waiting", {"low": 3, "high": 10}, "3 to 10 days"),
        ("waiting", {"low": 7, "high": 14}, "1 to 2 weeks"),
        ("waiting", {"low": 0, "high": 28}, "up to 4 weeks"),
        ("waiting", {"low": 0, "high": 0}, "no waiting"),
        ("languages", {"codes": ["en"]}, ""),
    ],
)
def test_number_of_a_claim_in_words(kind, value, words):
    with translation.override("en"):
        assert claim_number(kind, value) == words


@pytest.mark.parametrize(
    ("language", "price"),
    [("en", "12,000"), ("zh-hans", "12,000"), ("pl", f"12{NBSP}000"), ("ar", "12,000")],
)
def test_numbers_are_written_as_the_reader_writes_them(language, price):
    with translation.override(language):
        assert claim_number("price", {"low": 12000, "high": 12000, "currency": "CNY"}) == (
            f"{price} CNY"
        )


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "a, b, c"), ("pl", "a, b, c"), ("zh-hans", "a、b、c"), ("ar", "a، b، c")],
)
def test_lists_have_the_readers_comma(language, words):
    with translation.override(language):
        assert join(["a", "b", "c"]) == words
        assert join([]) == ""


def test_waiting_of_one_week_is_said_in_days():
    with translation.override("en"):
        assert waiting_words(None, 7) == "up to 7 days"


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2023", "2024", "2023 to 2024"),
        ("2024", "2024", "2024"),
        ("2024-01", "2024-06", "January 2024 to June 2024"),
        ("", "2024", "2024"),
        ("", "", ""),
    ],
)
def test_period_in_words(start, end, words):
    with translation.override("en"):
        assert period_words(start, end) == words


@pytest.mark.parametrize("language", ["en", "zh-hans", "pl", "ar"])
def test_every_coded_value_has_words(language):
    with translation.override(language):
        spoken = claim_items("languages", list(SPOKEN_LANGUAGES))
        records = claim_items("records", RecordKind.values)
    assert len(set(spoken)) == len(SPOKEN_LANGUAGES)
    assert len(set(records)) == len(RecordKind.values)


@pytest.mark.parametrize(
    ("language", "written", "shown", "note"),
    [
        ("ar", {"ar", "en", "zh_hans"}, "ar", ""),
        ("ar", {"en", "zh_hans"}, "en", "in English"),
        ("ar", {"zh_hans", "pl"}, "zh-hans", "in Chinese"),
        ("en", {"ar"}, "ar", "in Arabic"),
    ],
)
def test_text_is_the_readers_else_english_else_any(language, written, shown, note):
    values = {f"text_{code}": code for code in written}
    # The notes are not translated here: what counts is that there is one.
    with translation.override(language):
        text = pick_text(values, "text")
    assert (text.language, bool(text.note)) == (shown, bool(note))
    with translation.override("en"):
        assert pick_text({"text_en": "", "text_ar": ""}, "text") is None


def test_foreign_text_knows_its_direction():
    with translation.override("en"):
        assert pick_text({"text_ar": "x"}, "text").direction == "rtl"
        assert pick_text({"text_zh_hans": "x"}, "text").direction == "ltr"


@time_machine.travel("2026-06-01 04:00Z", tick=False)
@pytest.mark.parametrize(("days", "is_faded"), [(0, False), (365, False), (367, True)])
def test_claim_fades_after_twelve_months(scmc, editor, days, is_faded):
    listing = make_listing(scmc)
    make_claim(listing, "waiting", low=7, by=editor, days=days)
    (claim,) = show(listing).claims
    assert claim.evidence.is_faded is is_faded


def test_claim_that_nobody_confirmed_does_not_fade(scmc):
    listing = make_listing(scmc)
    make_claim(listing, "waiting", low=7)
    (claim,) = show(listing).claims
    assert (claim.evidence.is_faded, claim.evidence.confirmed_at) == (False, None)


@time_machine.travel("2026-06-01 16:30Z", tick=False)
@pytest.mark.parametrize(
    ("accepting", "until", "shown"),
    [
        ("yes", date(2026, 6, 2), "yes"),
        # In Shanghai the second of June has begun.
        ("yes", date(2026, 6, 1), "unknown"),
        ("yes", None, "yes"),
        ("no", date(2026, 6, 1), "no"),
    ],
)
def test_accepting_ends_with_its_last_day_in_shanghai(scmc, accepting, until, shown):
    listing = make_listing(scmc, accepting=accepting, accepting_until=until)
    assert show(listing).accepting == shown
    assert listing.accepting_today == shown


def test_evidence_that_the_listings_own_line_tells_is_not_repeated(scmc, editor):
    when = {"by": editor, "days": 10}
    listing = make_listing(scmc)
    own = make_claim(listing, "waiting", low=7, **when)
    Listing.objects.update(confirmed_at=own.confirmed_at, confirmed_by=editor)
    make_claim(listing, "exclusions", text_en="None", by=editor, days=40)
    make_claim(listing, "price", low=1, currency="CNY", source=make_source(), **when)
    shown = show(listing)
    assert {claim.kind: claim.is_said_below for claim in shown.claims} == {
        "waiting": True,
        "exclusions": False,
        "price": False,
    }


def test_hidden_claim_is_not_shown(scmc):
    listing = make_listing(scmc)
    make_claim(listing, "volume", low=3, is_public=False)
    assert show(listing).claims == []


def test_what_is_not_told_is_one_sentence(scmc):
    listing = make_listing(scmc)
    make_claim(listing, "price", low=1, currency="CNY")
    with translation.override("en"):
        assert show(listing).not_told == (
            "Not told yet: waiting time, patients a year, results. Ask, and we ask them."
        )
        make_claim(listing, "waiting", low=1)
        told = {"source": make_source(), "period_from": "2024", "period_to": "2024"}
        make_claim(listing, "volume", low=1, **told)
        make_claim(listing, "outcome", low=1, text_en="x", **told)
        assert show(listing).not_told == ""


def test_proposal_is_laid_over_and_marked(scmc):
    listing = make_listing(scmc, title_en="Old")
    make_claim(listing, "waiting", low=7)
    make_condition("gout", name_en="Gout")
    proposed = {
        "title_en": "New",
        "conditions": ["gout"],
        "claim_waiting": None,
        "claim_price": {"low": 5, "currency": "CNY", "source_title": "A list"},
    }
    shown = show(listing, proposed)
    (price,) = shown.claims
    (gout,) = shown.conditions
    assert (shown.title.text, shown.is_changed, shown.is_new) == ("New", True, False)
    assert (price.is_changed, price.evidence.is_proposed) == (True, True)
    assert price.evidence.source.title == "A list"
    assert (gout.name, gout.is_changed) == ("Gout", True)


def test_new_listing_is_shown_without_being_saved(scmc):
    specialty = make_listing(make_hospital("other"), "hands").specialty
    new = Listing(hospital=scmc, specialty=specialty)
    shown = show_listing(new, {"title_en": "Hands", "claim_waiting": {"low": 3, "high": 3}})
    assert (shown.title.text, shown.is_new) == ("Hands", True)
    assert [claim.number for claim in shown.claims] == ["3 days"]
    assert Listing.objects.filter(hospital=scmc).count() == 0


@pytest.mark.parametrize("number", [1, 30])
def test_listings_take_four_queries(scmc, number, django_assert_num_queries):
    for index in range(number):
        listing = make_listing(scmc, f"s{index}", source=make_source())
        make_claim(listing, "price", low=1, currency="CNY", source=make_source())
        name_condition(listing, make_condition(f"c{index}"), source=make_source())
        treatment = Treatment.objects.create(slug=f"t{index}", name_en=f"T{index}")
        ListingTreatment.objects.create(listing=listing, treatment=treatment)
    with django_assert_num_queries(4):
        shown = show_listings([(row, {}) for row in with_claims(Listing.objects.all())])
        assert {len(one.conditions) for one in shown} == {1}
        assert {one.treatments[0].name for one in shown} == {f"T{n}" for n in range(number)}
    assert ListingCondition.objects.count() == number
