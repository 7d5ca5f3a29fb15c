"""The index: how it is written, which words it keeps apart, what it does with odd questions."""

import json
from datetime import date, timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hospitals.finding import answer as finding
from hospitals.finding.answer import answer
from hospitals.finding.indexing import Name, add, rebuild
from hospitals.finding.lookup import find_names
from hospitals.finding.normalise import MAX_TOKENS, SENTENCE_WORDS, fold, tokens
from hospitals.finding.shown import shown_words, understood
from hospitals.finding.suggest import suggest
from hospitals.finding.words import words_of
from hospitals.loading import load_conditions, read
from hospitals.models import (
    Condition,
    ConditionCode,
    ConditionSpecialty,
    DirectoryVersion,
    EntryKind,
    Listing,
    ListingCondition,
    ListingTreatment,
    SearchEntry,
    SearchPosting,
    SearchTypo,
    SearchWord,
    Specialty,
    Treatment,
)
from hospitals.tests.finding import index_directory, slugs
from portal.roles import Role
from portal.tests.fixtures import make_hospital, make_listing, make_user

HEART = Name("condition", "heart-failure", "en", "Heart failure", 10)
KIDNEY = Name("condition", "kidney-failure", "en", "Kidney failure", 10)


def targets(question, **options):
    return [hit.target for hit in find_names(question, **options)]


def sizes():
    return [m.objects.count() for m in (SearchEntry, SearchWord, SearchPosting, SearchTypo)]


# ---- Writing ----


def test_index_written_twice_is_the_same(db):
    rebuild([HEART, KIDNEY])
    before = sizes()
    assert rebuild([HEART, KIDNEY]) == 2
    assert sizes() == before
    assert targets("kidney failure")[0] == "kidney-failure"


def test_same_name_is_kept_once(db):
    assert add([HEART, HEART]) == 1


def test_counts_of_words_follow_what_is_added(db):
    add([HEART])
    add([KIDNEY])
    counts = dict(SearchWord.objects.values_list("word", "entries"))
    assert counts == {"heart": 1, "failure": 2, "kidney": 1}


def test_postings_point_at_their_words_and_entries(db):
    add([HEART, KIDNEY])
    rows = SearchPosting.objects.values_list("entry__target", "word__word").order_by("pk")
    assert sorted(rows) == [
        ("heart-failure", "failure"),
        ("heart-failure", "heart"),
        ("kidney-failure", "failure"),
        ("kidney-failure", "kidney"),
    ]
    assert set(SearchTypo.objects.values_list("word__word", flat=True)) == {
        "heart", "failure", "kidney"
    }  # fmt: skip


def test_empty_index_can_be_written(db):
    assert rebuild([]) == 0
    assert sizes() == [0, 0, 0, 0]
    assert find_names("heart") == []


def test_number_of_statements_does_not_grow_with_the_names(db, django_assert_max_num_queries):
    names = [Name("code", f"A{n}", "en", f"word{n} illness", 4) for n in range(300)]
    with django_assert_max_num_queries(40):
        rebuild(names)


def test_rare_combination_of_frequent_words_is_found(db):
    """Neither word brings the name among its first entries; both together do."""
    many = [Name("code", f"H{n}", "en", f"Heart {n}", 10) for n in range(200)]
    many += [Name("code", f"V{n}", "en", f"Valve {n}", 10) for n in range(200)]
    wanted = Name("code", "I38", "en", "Disease of a heart and its valve of long standing", 4)
    rebuild([*many, wanted])
    assert targets("heart valve")[0] == "I38"


# ---- Words of a sentence ----


ALL = Name("condition", "all", "en", "ALL", 9)


@pytest.mark.parametrize("question", ["ALL", "all", "ALL in my son", "relapse of ALL"])
def test_abbreviation_is_found_alone_or_in_capitals(db, question):
    add([ALL])
    assert targets(question) == ["all"]


@pytest.mark.parametrize("question", ["all about pain", "was it all", "ALL ABOUT PAIN", "al"])
def test_word_of_a_sentence_is_no_abbreviation(db, question):
    add([ALL, Name("condition", "was", "en", "WAS", 9)])
    assert targets(question) == []


def test_other_abbreviations_are_found_as_they_are_typed(db):
    add([Name("condition", "aml", "en", "AML", 9)])
    assert targets("aml treatment") == targets("AML treatment") == ["aml"]


def test_child_beside_an_abbreviation_leaves_it_alone(db):
    specialty = make_listing(make_hospital("scmc"), "blood").specialty
    row = Condition.objects.create(slug="all", name_en="Leukaemia")
    ConditionSpecialty.objects.create(condition=row, specialty=specialty)
    add([ALL])
    assert slugs(answer("ALL child", language="en")) == ["scmc"]
    assert slugs(answer("all child", language="en")) == ["scmc"]


def test_capitals_survive_folding_only_in_words_of_sentences():
    assert fold("I have ALL and AML") == "i have ALL and aml"
    assert fold("ALL") == "ALL"
    assert fold(fold("I have ALL")) == fold("I have ALL")
    assert tokens("患ALL的孩子") == ["患", "ALL", "的孩", "孩子"]


COMMON = (
    "the be to of and a in that have i it for not on with he as you do at this but his by from "
    "they we say her she or an will my one all would there their what so up out if about who get "
    "which go me when make can like time no just him know take into your some could them see than "
    "then now look only come its over think also back after use two how our first well way even "
    "new want because any these give day most us is was are has had"
).split()


def test_no_abbreviation_of_the_data_is_a_common_word():
    """A new one must be added to SENTENCE_WORDS, or it answers every question with that word."""
    abbreviations = set()
    for row in [word for rows in read() for word in rows]:
        for texts in row["words"].values():
            abbreviations |= {text.lower() for text in texts if text.isupper() and text.isascii()}
    assert abbreviations & set(COMMON) <= SENTENCE_WORDS
    assert {"all", "was"} <= abbreviations


# ---- Words that are found but not shown ----


@pytest.fixture
def conditions(db):
    Specialty.objects.bulk_create(
        Specialty(slug=slug, area="brain", name_en=slug)
        for slug in {slug for rows in read() for row in rows for slug in row["specialties"]}
    )
    load_conditions()


def test_hidden_words_are_in_no_list_that_is_shown(conditions):
    hidden = 0
    for model in (Condition, Treatment):
        for row in model.objects.all():
            for language, words in row.hidden_words.items():
                hidden += len(words)
                assert not set(words) & set(shown_words(row, language)), row.slug
                assert not set(words) & set(row.words[language]), row.slug
    assert hidden > 50


def test_hidden_word_finds_its_condition(db):
    row = Condition.objects.create(
        slug="cleft-lip", name_en="Cleft lip", words={}, hidden_words={"en": ["harelip"]}
    )
    from hospitals.finding.names import curated_names

    add(curated_names(EntryKind.CONDITION, row))
    hits = find_names("harelip")
    assert [one.name for one in understood(hits, 1)] == ["Cleft lip"]


def test_shown_words_leave_out_the_name_and_repetitions():
    row = Condition(
        slug="x",
        name_en="Stroke",
        name_pl="Udar",
        words={"en": ["stroke", "brain attack", "Brain Attack", "fit"], "pl": ["udar", "wylew"]},
        hidden_words={"en": ["Fit"]},
    )
    assert shown_words(row, "en") == ["brain attack"]
    assert shown_words(row, "pl") == ["wylew"]
    assert shown_words(row, "zh-hans") == []


def test_condition_that_a_hospital_names_outlives_the_data(conditions, tmp_path):
    kept = Condition.objects.first()
    ListingCondition.objects.create(listing=make_listing(make_hospital("scmc")), condition=kept)
    counts = load_conditions(tmp_path)
    assert list(Condition.objects.all()) == [kept]
    assert counts["left"] == 1


# ---- Who names the illness, who covers it ----


@pytest.fixture
def brain_tumour(db):
    specialty = Specialty.objects.create(slug="neurosurgery", name_en="Neuro", area="brain")
    row = Condition.objects.create(slug="brain-tumour", name_en="Brain tumour")
    ConditionSpecialty.objects.create(condition=row, specialty=specialty)
    ConditionCode.objects.create(condition=row, code="C71")
    add([Name("condition", "brain-tumour", "en", "Brain tumour", 10)])
    return row


def test_hospital_that_names_the_illness_comes_before_one_that_covers_it(brain_tumour):
    make_listing(make_hospital("covers"), accepting="yes")
    names = make_listing(make_hospital("names"), "eyes")
    ListingCondition.objects.create(listing=names, condition=brain_tumour)
    found = answer("brain tumour", language="en")
    assert slugs(found) == ["names", "covers"]
    assert [hit.is_exact for hit in found.hospitals] == [True, False]
    assert found.hospitals[0].listing_id == names.pk
    assert found.hospitals[0].rank < found.hospitals[1].rank


def test_treatment_that_a_hospital_names_counts_alike(db):
    row = Treatment.objects.create(slug="proton", name_en="Proton therapy")
    listing = make_listing(make_hospital("sphic"))
    ListingTreatment.objects.create(listing=listing, treatment=row)
    add([Name("treatment", "proton", "en", "Proton therapy", 10)])
    (hit,) = answer("proton therapy", language="en").hospitals
    assert (hit.is_exact, hit.listing_id) == (True, listing.pk)


def test_code_names_an_illness_that_has_no_other_code(brain_tumour):
    ListingCondition.objects.create(
        listing=make_listing(make_hospital("names"), "eyes"), condition=brain_tumour
    )
    add([Name("code", "C71", "", "C71", 10)])
    assert [hit.is_exact for hit in answer("C71", language="en").hospitals] == [True]
    ConditionCode.objects.create(condition=brain_tumour, code="D33")
    DirectoryVersion.raise_number()
    assert answer("C71", language="en").hospitals == []


@pytest.mark.parametrize("level", ["listing", "hospital"])
def test_listing_that_is_not_public_names_nothing(brain_tumour, level):
    listing = make_listing(make_hospital("names"), "eyes")
    ListingCondition.objects.create(listing=listing, condition=brain_tumour)
    row = listing if level == "listing" else listing.hospital
    row.is_public = False
    row.save()
    assert answer("brain tumour", language="en").hospitals == []


# ---- The printed order ----


def test_order_follows_the_printed_rule(db):
    """Takes patients, confirmed within a year, sourced, then the place; each before the next."""
    from hospitals.models import Source

    editor, now = make_user("editor", Role.LEAD), timezone.now()
    source = Source.objects.create(key="s", title="S")
    make_listing(make_hospital("plain"))
    make_listing(make_hospital("sourced"), source=source)
    make_listing(make_hospital("old"), confirmed_at=now - timedelta(days=400), confirmed_by=editor)
    make_listing(make_hospital("confirmed"), confirmed_at=now, confirmed_by=editor)
    make_listing(make_hospital("ended"), accepting="yes", accepting_until=date(2020, 1, 1))
    make_listing(make_hospital("open"), accepting="yes", accepting_until=date(2100, 1, 1))
    make_listing(make_hospital("open-house", accepting="yes"))
    make_listing(make_hospital("house-open-ward-full", accepting="yes"), accepting="no")
    index_directory()
    assert slugs(answer("neurosurgery", language="en")) == [
        "open", "open-house", "confirmed", "sourced",
        "plain", "old", "ended", "house-open-ward-full",
    ]  # fmt: skip


def test_full_specialty_hides_nobody_who_stands_higher(db, monkeypatch):
    monkeypatch.setattr(finding, "MAX_HOSPITALS", 3)
    for number in range(6):
        make_listing(make_hospital(f"h{number}"))
    make_listing(make_hospital("last"), accepting="yes")
    index_directory()
    assert slugs(answer("neurosurgery", language="en")) == ["last", "h0", "h1"]


def test_filters_narrow_before_the_best_are_taken(db, monkeypatch):
    monkeypatch.setattr(finding, "MAX_HOSPITALS", 2)
    keys = [make_listing(make_hospital(f"h{number}")).hospital.pk.bytes for number in range(6)]
    index_directory()
    allowed = frozenset(keys[3:])
    assert slugs(answer("neurosurgery", language="en", hospitals=allowed)) == ["h3", "h4"]
    assert answer("neurosurgery", language="en", hospitals=frozenset()).hospitals == []


def test_hospital_asked_for_by_name_is_left_out_by_a_filter(db):
    hospital = make_hospital("scmc", name_en="Moon Hospital")
    index_directory()
    assert slugs(answer("moon hospital", language="en")) == ["scmc"]
    assert answer("moon hospital", language="en", hospitals=frozenset()).hospitals == []
    hospital.is_public = False
    hospital.save()
    assert answer("moon hospital", language="en").hospitals == []


def test_change_of_the_directory_is_seen_at_once(db):
    listing = make_listing(make_hospital("first"))
    make_listing(make_hospital("second"))
    index_directory()
    assert slugs(answer("neurosurgery", language="en")) == ["first", "second"]
    Listing.objects.exclude(pk=listing.pk).update(accepting="yes")
    DirectoryVersion.raise_number()
    assert slugs(answer("neurosurgery", language="en")) == ["second", "first"]


# ---- Odd questions ----

ODD = [
    "x" * 10_240,
    "liver " * 2_000,
    " ".join(f"word{number}" for number in range(500)),
    "'; DROP TABLE hospitals_hospital; --",
    "<script>alert(1)</script>",
    "?!.,;:-_()[]{}",
    "\u200b\u200d\ufeff\u202eliver\u200b",
    "liver肝肿瘤ورمguz",
    "%_\\%",
    "\ud800",
    "\U0010ffff",
    "١٢٣ ２岁",
    "a\u0301" * 500,
]


@pytest.mark.parametrize("question", ODD, ids=range(len(ODD)))
def test_odd_question_is_answered_in_few_queries(db, question, django_assert_max_num_queries):
    add([HEART, Name("condition", "liver", "en", "Liver tumour", 10)])
    question = question.encode("utf-8", "replace").decode()
    with django_assert_max_num_queries(25):
        answer(question, language="en")
    with django_assert_max_num_queries(25):
        suggest(question, language="en", version=1)
    assert len(words_of(question)) <= MAX_TOKENS


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(question=st.text(max_size=300), is_typed=st.booleans())
def test_no_question_raises(db, question, is_typed):
    if not SearchEntry.objects.exists():
        add([HEART, KIDNEY, ALL, Name("code", "C22.2", "", "C22.2", 10)])
    for hit in find_names(question, language="en", prefix_last=is_typed):
        assert 0 < hit.score <= 1.1
    json.dumps([one.name for one in understood(find_names(question), 1)])
