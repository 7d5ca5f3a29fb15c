"""Claims with their evidence: what is refused, what is written, and that the database agrees."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from hospitals.actions import approve_revision, propose_revision, values
from hospitals.models import (
    Change,
    Claim,
    Condition,
    Listing,
    ListingCondition,
    ListingTreatment,
    Source,
    Treatment,
)
from portal.tests.fixtures import make_listing

pytestmark = pytest.mark.django_db
VOLUME = {
    "low": 120,
    "high": 150,
    "period_from": "2023",
    "period_to": "2024",
    "text_en": "operations",
    "source_title": "Annual report",
    "source_url": "https://example.org/report",
    "source_date": "2024-03",
}
PRICE = {"low": 20000, "high": 40000, "currency": "CNY", "text_zh_hans": "不含药费"}


@pytest.fixture
def listing(scmc):
    return make_listing(scmc, title_en="Old")


@pytest.fixture
def named(db):
    for slug in ("moyamoya", "epilepsy"):
        Condition.objects.create(slug=slug, name_en=slug.title())
    Treatment.objects.create(slug="bypass", name_en="Bypass")


def propose(editor, listing, **changes):
    version = Listing.objects.get(pk=listing.pk).version
    return propose_revision(
        by=editor,
        hospital=listing.hospital,
        listing=listing,
        changes=changes,
        base_version=version,
    )


def publish(editor, lead, listing, **changes):
    approve_revision(by=lead, revision=propose(editor, listing, **changes))


def now(listing, name):
    return values.current(Listing.objects.get(pk=listing.pk), [name])[name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("claim_volume", VOLUME),
        ("claim_price", PRICE),
        ("claim_outcome", {**VOLUME, "low": 90, "high": 95}),
        ("claim_waiting", {"low": 0}),
        ("claim_waiting", {"high": 14, "text_pl": "zwykle"}),
        ("claim_exclusions", {"text_zh_hans": "体重低于5公斤", "text_ar": "أقل من ٥ كغ"}),
        ("claim_languages", {"codes": ["zh-hans", "en"], "text_en": "by phone"}),
        ("claim_records", {"codes": ["summary", "imaging"]}),
        ("conditions", ["epilepsy", "moyamoya"]),
        ("treatments", ["bypass"]),
    ],
)
def test_approved_claim_reads_as_it_was_written(editor, lead, listing, named, name, value):
    publish(editor, lead, listing, **{name: value})
    assert now(listing, name) == value


def test_approved_claim_carries_its_evidence(editor, lead, listing):
    publish(editor, lead, listing, claim_volume=VOLUME)
    claim = Claim.objects.get()
    assert (claim.source.title, claim.source.publisher) == ("Annual report", listing.hospital.name)
    assert (claim.source_date, claim.confirmed_by) == ("2024-03", editor)
    change = Change.objects.get()
    assert (change.field, change.before, change.after) == ("claim_volume", None, VOLUME)
    assert (change.by, change.approved_by, change.listing) == (editor, lead, listing)


def test_claim_alone_does_not_confirm_the_listing_s_words(editor, lead, listing):
    publish(editor, lead, listing, claim_price=PRICE)
    listing.refresh_from_db()
    assert (listing.confirmed_at, listing.version) == (None, 2)


def test_emptied_claim_is_gone(editor, lead, listing, named):
    publish(editor, lead, listing, claim_price=PRICE, conditions=["epilepsy"])
    publish(editor, lead, listing, claim_price=None, conditions=[])
    assert (Claim.objects.count(), ListingCondition.objects.count()) == (0, 0)
    newest = Change.objects.filter(field="claim_price").first()
    assert (newest.before, newest.after) == (PRICE, None)


def test_changed_claim_drops_what_it_does_not_say_any_more(editor, lead, listing):
    publish(editor, lead, listing, claim_price=PRICE)
    publish(editor, lead, listing, claim_price={"low": 9, "currency": "USD"})
    claim = Claim.objects.get()
    assert (claim.high, claim.text_zh_hans, claim.currency) == (None, "", "USD")


def test_set_keeps_what_stays_and_confirms_all(editor, lead, listing, named):
    publish(editor, lead, listing, conditions=["epilepsy"], treatments=["bypass"])
    kept = ListingCondition.objects.get()
    publish(editor, lead, listing, conditions=["moyamoya", "epilepsy"])
    rows = {row.condition.slug: row for row in ListingCondition.objects.all()}
    assert (sorted(rows), rows["epilepsy"].pk) == (["epilepsy", "moyamoya"], kept.pk)
    assert {row.confirmed_by for row in rows.values()} == {editor}
    assert ListingTreatment.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("claim_volume", {**VOLUME, "text_en": " operations\r\n", "currency": ""}),
        ("claim_languages", {"codes": ["en", "zh-hans"]}),
        ("conditions", ["moyamoya", "epilepsy", "moyamoya"]),
    ],
)
def test_same_claim_written_otherwise_is_no_change(editor, lead, listing, named, name, same):
    first = {
        "claim_volume": VOLUME,
        "claim_languages": {"codes": ["zh-hans", "en"]},
        "conditions": ["epilepsy", "moyamoya"],
    }
    publish(editor, lead, listing, **{name: first[name]})
    revision = propose(editor, listing, title_en="New", **{name: same})
    assert list(revision.after) == ["title_en"]


def without(value, *parts):
    return {part: said for part, said in value.items() if part not in parts}


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("claim_volume", without(VOLUME, "source_title"), "source_title"),
        (
            "claim_volume",
            without(VOLUME, "source_title", "source_url", "source_date"),
            "source_title",
        ),
        ("claim_volume", without(VOLUME, "period_from"), "period_from"),
        ("claim_volume", without(VOLUME, "period_to"), "period_to"),
        ("claim_volume", {**VOLUME, "period_from": "2025"}, "period_to"),
        ("claim_volume", {**VOLUME, "period_to": "soon"}, "period_to"),
        ("claim_volume", {**VOLUME, "low": 151}, "high"),
        ("claim_volume", {**VOLUME, "low": -1}, "low"),
        ("claim_volume", {**VOLUME, "high": 10**9}, "high"),
        ("claim_volume", {**VOLUME, "source_url": "javascript:alert(1)"}, "source_url"),
        ("claim_volume", {**VOLUME, "source_title": "x" * 201}, "source_title"),
        ("claim_volume", {**VOLUME, "source_date": "2024-13"}, "source_date"),
        ("claim_volume", {**VOLUME, "text_en": "safe \u202e efas"}, "text_en"),
        ("claim_volume", {**VOLUME, "text_en": "x\0"}, "text_en"),
        ("claim_volume", without(VOLUME, "low", "high", "text_en"), "low"),
        ("claim_outcome", without(VOLUME, "text_en"), "text_zh_hans"),
        ("claim_outcome", {**VOLUME, "high": 101, "low": 90}, "low"),
        ("claim_outcome", {**without(VOLUME, "high"), "low": 101}, "low"),
        ("claim_price", without(PRICE, "currency"), "currency"),
        ("claim_price", without(PRICE, "currency", "low"), "currency"),
        ("claim_price", {**PRICE, "currency": "XXX"}, "currency"),
        ("claim_price", {"currency": "CNY"}, "low"),
        ("claim_waiting", {"low": 1, "source_date": "2024"}, "source_title"),
        ("claim_exclusions", {"source_title": "A page"}, "text_zh_hans"),
        ("claim_languages", {"codes": ["tlh"]}, "codes"),
        ("claim_records", {"codes": ["summary", "en"]}, "codes"),
        ("claim_records", {"source_title": "A page"}, "codes"),
        # Parts that this kind does not have.
        ("claim_waiting", {"low": 1, "currency": "CNY"}, None),
        ("claim_price", {**PRICE, "is_public": True}, None),
        ("conditions", ["nonsense"], None),
        ("treatments", ["epilepsy"], None),
        ("conditions", [f"c{n}" for n in range(201)], None),
    ],
)
def test_impossible_claim_is_refused_and_says_which_part(editor, listing, named, name, value, part):
    with pytest.raises(ValidationError) as refusal:
        propose(editor, listing, **{name: value})
    assert list(refusal.value.error_dict) == [name]
    assert [error.code for error in refusal.value.error_dict[name]] == [part]


def test_claim_of_a_new_listing_is_checked_and_written(editor, lead, scmc, named):
    from hospitals.models import Specialty

    heart = Specialty.objects.create(slug="heart", area="heart", name_en="Hearts")
    changes = {"claim_volume": VOLUME, "conditions": ["epilepsy"]}
    revision = propose_revision(
        by=editor, hospital=scmc, specialty=heart, changes=changes, base_version=0
    )
    approve_revision(by=lead, revision=revision)
    listing = Listing.objects.get()
    assert {name: now(listing, name) for name in changes} == changes
    assert listing.confirmed_by == editor


def test_source_is_found_again_and_never_borrowed_from_another_hospital(
    editor, other_editor, lead, listing, renji
):
    publish(editor, lead, listing, claim_volume=VOLUME)
    publish(editor, lead, listing, claim_volume={**VOLUME, "low": 1})
    publish(other_editor, lead, make_listing(renji, "heart"), claim_volume=VOLUME)
    sources = {claim.listing.hospital.slug: claim.source for claim in Claim.objects.all()}
    assert Source.objects.count() == 2
    assert {slug: source.publisher for slug, source in sources.items()} == {
        "scmc": "Shanghai Children's Medical Center",
        "renji": "Renji Hospital",
    }


def test_source_of_the_directory_is_used_as_it_is(editor, lead, listing):
    ours = Source.objects.create(
        key="report", title=VOLUME["source_title"], url=VOLUME["source_url"], loaded_digest="x"
    )
    publish(editor, lead, listing, claim_volume=VOLUME)
    assert Claim.objects.get().source == ours


@pytest.mark.parametrize(
    "row",
    [
        {"kind": "volume", "low": 5, "period_from": "2023", "period_to": "2024"},
        {"kind": "outcome", "text_en": "fine", "has_source": True, "period_from": "2024"},
        {"kind": "waiting", "low": 5, "high": 4},
        {"kind": "price", "low": 5},
        {"kind": "price", "high": 5},
        {
            "kind": "outcome",
            "low": 101,
            "has_source": True,
            "period_from": "2023",
            "period_to": "2024",
        },
    ],
)
def test_database_refuses_what_the_words_would(listing, row):
    """Should an action ever forget its check."""
    source = Source.objects.create(key="s", title="S") if row.pop("has_source", False) else None
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.create(listing=listing, source=source, **row)


def test_number_that_is_not_public_needs_no_period_yet(listing):
    Claim.objects.create(listing=listing, kind="volume", low=5, is_public=False)
    assert Claim.objects.count() == 1
