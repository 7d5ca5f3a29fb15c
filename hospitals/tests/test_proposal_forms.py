"""The forms of hospitals: values taken apart and put together, and two authors at once."""

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict

from hospitals.actions import HOSPITAL_FIELDS, LISTING_FIELDS, values
from hospitals.actions.propose import fresh_target
from hospitals.forms import ChooseSpecialtyForm, HospitalForm, ListingForm, NewListingForm
from hospitals.forms.naming import MAX_TYPED, resolve
from hospitals.models import (
    Claim,
    Condition,
    ConditionCode,
    ConditionSpecialty,
    Listing,
    ListingCondition,
    Revision,
    Specialty,
    Treatment,
)
from hospitals.tests.finding import index_curated
from portal.tests.fixtures import make_listing

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
VOLUME = {
    "low": 120,
    "high": 150,
    "period_from": "2023",
    "period_to": "2024",
    "text_en": "operations",
    "source_title": "Annual report",
}


@pytest.fixture
def listing(scmc):
    return make_listing(scmc, title_en="Old", title_ar="قديم", description_en="One\nTwo")


def make_condition(slug, code="", specialty=None, **fields):
    condition = Condition.objects.create(slug=slug, name_en=slug.title(), **fields)
    if code:
        ConditionCode.objects.create(condition=condition, code=code)
    if specialty:
        ConditionSpecialty.objects.create(condition=condition, specialty=specialty)
    return condition


@pytest.fixture
def conditions(listing):
    own = listing.specialty
    make_condition("moyamoya", "I67.5", own, audience="children", name_zh_hans="烟雾病")
    make_condition("stroke", "I63", own, audience="adults", words={"pl": ["udar"]})
    make_condition("migraine", "G43")
    make_condition("aura", "G43")
    Treatment.objects.create(slug="bypass", name_en="Bypass", words={"en": ["EC-IC"]})
    index_curated()


def sent(form, **changes) -> QueryDict:
    """What a browser would send back of an open form."""
    data = QueryDict(mutable=True)
    for name in form.fields:
        value = form.initial.get(name)
        if isinstance(value, list):
            data.setlist(name, value)
        elif value is True:
            data[name] = "on"
        elif value is not False:
            data[name] = "" if value is None else str(value).replace("\n", "\r\n")
    for name, value in changes.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


def post(form_class, instance, waiting=None, **changes):
    data = sent(form_class(instance=instance, waiting=waiting), **changes)
    form = form_class(data, instance=instance, waiting=waiting)
    form.is_valid()
    return form


def test_form_offers_exactly_what_may_be_proposed(listing, scmc):
    assert ListingForm(instance=listing).names == LISTING_FIELDS
    assert HospitalForm(instance=scmc).names == HOSPITAL_FIELDS
    assert set(LISTING_FIELDS) - set(NewListingForm.names) == {"is_public"}


def test_form_has_no_field_for_another_hospital(listing):
    assert not {"hospital", "listing", "reason_en"} & set(ListingForm(instance=listing).fields)


def test_every_column_has_a_word_of_help(listing, scmc):
    for form in (ListingForm(instance=listing), HospitalForm(instance=scmc)):
        columns = form._meta.fields
        assert [name for name in columns if not form.fields[name].help_text] == []


def test_untouched_form_changes_nothing(listing, conditions):
    Claim.objects.create(listing=listing, kind="price", low=5, currency="USD", text_pl="Tak")
    Claim.objects.create(listing=listing, kind="records", codes=["summary", "lab"])
    condition = Condition.objects.get(slug="migraine")
    ListingCondition.objects.create(listing=listing, condition=condition)
    form = post(ListingForm, listing)
    assert form.errors == {}
    assert form.mine() == set()
    now = values.current(Listing.objects.get(), form.names)
    assert [n for n in form.names if not values.same(form.changes()[n], now[n])] == []


def test_claim_comes_together_from_its_parts(listing):
    form = post(
        ListingForm,
        listing,
        **{f"claim_volume__{part}": str(said) for part, said in VOLUME.items()},
        claim_waiting__high="14",
        claim_records__codes=["lab", "summary"],
        claim_exclusions__text_zh_hans=" 体重低于5公斤 ",
    )
    assert form.errors == {}
    assert form.mine() == {"claim_volume", "claim_waiting", "claim_records", "claim_exclusions"}
    said = form.changes()
    assert said["claim_volume"] == VOLUME
    assert said["claim_waiting"] == {"high": 14}
    assert said["claim_records"] == {"codes": ["summary", "lab"]}
    assert said["claim_exclusions"] == {"text_zh_hans": "体重低于5公斤"}


def test_currency_alone_is_no_price(listing):
    form = post(ListingForm, listing)
    assert form["claim_price__currency"].value() == "CNY"
    assert form.changes()["claim_price"] is None


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"claim_volume__low": "9"}, "claim_volume__source_title", "Say where this is written"),
        ({"claim_volume__low": "many"}, "claim_volume__low", "Enter a whole number."),
        ({"claim_volume__low": "-1"}, "claim_volume__low", "greater than or equal to 0"),
        ({"claim_outcome__low": "101"}, "claim_outcome__low", "less than or equal to 100"),
        ({"claim_waiting__low": "9", "claim_waiting__high": "3"}, "claim_waiting__high", "above"),
        ({"claim_waiting__source_url": "nowhere"}, "claim_waiting__source_url", "valid URL"),
        (
            {"claim_waiting__source_url": "javascript:alert(1)"},
            "claim_waiting__source_url",
            "valid URL",
        ),
        ({"claim_waiting__source_date": "May"}, "claim_waiting__source_date", "Write a date as"),
        ({"claim_waiting__source_title": "A page"}, "claim_waiting__low", "still missing"),
        ({"claim_outcome__low": "5"}, "claim_outcome__text_zh_hans", "Say it in words"),
        ({"claim_records__codes": ["nothing"]}, "claim_records__codes", "valid choice"),
        ({"conditions": ["nothing"]}, "conditions", "is not in our list"),
        ({"min_age_years": "9", "max_age_years": "3"}, "max_age_years", "must not be above"),
        ({"accepting_until": "soon"}, "accepting_until", "Enter a valid date."),
        ({"title_en": ""}, "title_en", "Give a title in English"),
        ({"claim_price__text_ar": "x" * 1001}, "claim_price__text_ar", "at most 1000"),
    ],
)
def test_error_stands_next_to_its_field(listing, typed, field, says):
    form = post(ListingForm, listing, **typed)
    assert list(form.errors) == [field]
    assert says in form.errors[field][0]


def test_error_of_the_action_finds_its_field(listing):
    form = post(ListingForm, listing)
    form.blame(
        ValidationError(
            {
                "claim_price": ValidationError("A", code="currency"),
                "claim_records": ValidationError("B"),
                "title_pl": "C",
                "__all__": "D",
            }
        )
    )
    form.blame(ValidationError("E"))
    assert dict(form.errors) == {
        "claim_price__currency": ["A"],
        "claim_records__codes": ["B"],
        "title_pl": ["C"],
        "__all__": ["D", "E"],
    }


def test_form_starts_from_what_waits(listing):
    waiting = Revision(hospital=listing.hospital, listing=listing, after={
        "title_en": "Waiting", "claim_volume": VOLUME, "conditions": ["x"]})  # fmt: skip
    form = ListingForm(instance=listing, waiting=waiting)
    assert form["title_en"].value() == "Waiting"
    assert form["title_ar"].value() == "قديم"
    assert form["claim_volume__low"].value() == 120
    assert str(form["replaces"].value()) == str(waiting.pk)


def test_what_is_taken_up_again_counts_as_the_author_s(listing):
    again = {"title_en": "Once more", "claim_volume": VOLUME}
    open_form = ListingForm(instance=listing, again=again)
    form = ListingForm(sent(open_form), instance=listing)
    assert form.is_valid()
    assert form.mine() == {"title_en", "claim_volume"}


def now(listing, **changes):
    return values.current(listing, LISTING_FIELDS) | changes


def test_rebase_keeps_what_was_typed(listing):
    form = post(ListingForm, listing, title_en="Mine")
    conflicts = form.rebase(now(listing, title_en="Theirs"), 7, None)
    assert conflicts == [{"name": "title_en", "theirs": "Theirs", "mine": "Mine"}]
    assert (form["title_en"].value(), form["base_version"].value()) == ("Mine", 7)


def test_rebase_takes_over_what_was_not_touched(listing, conditions):
    form = post(ListingForm, listing, title_en="Mine")
    theirs = {
        "accepting": "yes",
        "is_public": False,
        "claim_volume": VOLUME,
        "claim_records": {"codes": ["summary"]},
        "conditions": ["aura", "moyamoya"],
    }
    assert form.rebase(now(listing, **theirs), 7, None) == []
    again = ListingForm(form.data, instance=listing)
    assert again.is_valid()
    assert {name: again.changes()[name] for name in theirs} == theirs
    labels = [label for _slug, label in form.fields["conditions"].choices]
    assert "Aura (G43)" in labels


def test_rebase_never_mixes_a_number_with_another_s_period(listing):
    """Both changed one claim, each another part of it: both versions are shown whole."""
    form = post(
        ListingForm,
        listing,
        **{f"claim_volume__{part}": str(said) for part, said in VOLUME.items()},
    )
    theirs = {**VOLUME, "low": 1, "period_from": "2020"}
    [conflict] = form.rebase(now(listing, claim_volume=theirs), 7, None)
    assert conflict == {"name": "claim_volume", "theirs": theirs, "mine": VOLUME}
    assert form["claim_volume__low"].value() == "120"
    assert form["claim_volume__period_from"].value() == "2023"


def test_rebase_finds_no_conflict_where_both_say_the_same(listing):
    form = post(ListingForm, listing, title_en="Same", min_age_years="3")
    assert form.rebase(now(listing, title_en="Same", min_age_years=3), 7, None) == []


def test_rebase_twice_still_knows_what_is_whose(listing):
    form = post(ListingForm, listing, title_en="Mine")
    form.rebase(now(listing, title_en="Theirs"), 7, None)
    again = ListingForm(form.data, instance=listing)
    assert again.is_valid()
    assert again.mine() == {"title_en"}
    assert again.cleaned_data["base_version"] == 7


def test_rebase_remembers_whom_it_replaces(listing, scmc):
    waiting = Revision(hospital=scmc, after={})
    form = post(ListingForm, listing, title_en="Mine")
    form.rebase(now(listing), 1, waiting)
    assert str(form["replaces"].value()) == str(waiting.pk)


@pytest.mark.parametrize("seen", ["", "{", "[]", "1", '{"title_en":"x"}'])
def test_forged_memory_makes_everything_the_author_s(listing, seen):
    form = post(ListingForm, listing, seen=seen)
    assert form.errors == {}
    assert form.mine() == set(LISTING_FIELDS)


def test_locked_form_takes_nothing(listing):
    form = ListingForm(QueryDict("title_en=Mine"), instance=listing)
    form.lock()
    form.is_valid()
    assert form.cleaned_data["title_en"] == "Old"


def test_sections_come_in_the_order_of_importance(listing):
    sections = ListingForm(instance=listing).sections()
    assert [section.key for section in sections] == [
        "now", "what", "whom", "numbers", "price", "papers", "words", "page",
    ]  # fmt: skip
    assert [s.key for s in sections if s.is_open] == ["now", "what", "whom"]
    shown = {name for section in sections for name in section.names}
    assert shown == set(LISTING_FIELDS)


def test_every_field_is_in_one_section(listing):
    form = ListingForm(instance=listing)
    placed = [
        bound.name for section in form.sections() for row in section.rows
        for bound in row.all_fields()
    ]  # fmt: skip
    hidden = {bound.name for bound in form.hidden_fields()}
    assert sorted(placed) == sorted(set(form.fields) - hidden)


def test_section_and_fold_with_an_error_are_open(listing):
    form = post(ListingForm, listing, claim_price__text_ar="x" * 1001)
    assert [s.key for s in form.sections() if s.is_open] == ["now", "what", "whom", "price"]
    price = next(section for section in form.sections() if section.key == "price")
    folds = [row for row in price.rows[0].rows if row.template == "partners/_fold.html"]
    assert [fold.is_open for fold in folds] == [True, False]


def test_boxes_are_those_of_the_specialty_by_whom_they_concern(listing, conditions):
    form = ListingForm(instance=listing, again={"conditions": ["migraine"]})
    groups = form.fields["conditions"].groups(form["conditions"])
    assert [(g["title"], [str(b.choice_label) for b in g["boxes"]]) for g in groups] == [
        ("Chosen now", ["Migraine (G43)"]),
        ("Children", ["Moyamoya (I67.5)"]),
        ("Adults", ["Stroke (I63)"]),
    ]


@pytest.mark.parametrize(
    ("typed", "slugs"),
    [
        ("moyamoya", ["moyamoya"]),
        ("MOYAMOYA, i63", ["moyamoya", "stroke"]),
        ("烟雾病；I67.5", ["moyamoya"]),
        ("udar", ["stroke"]),
        (" ,\n ", []),
    ],
)
def test_typed_conditions_join_the_ticked(listing, conditions, typed, slugs):
    form = post(ListingForm, listing, conditions=["aura"], conditions_more=typed)
    assert form.errors == {}
    assert form.changes()["conditions"] == sorted({"aura", *slugs})


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("moyamoja", "We do not know “moyamoja”. Do you mean: Moyamoya?"),
        ("qqqq", "We do not know “qqqq”. Write another name, or ask the office."),
        ("G43", "G43 stands for several: Aura, Migraine. Write the name."),
        ("A00", "A00 is not in our list yet. Write to the office: they add it."),
        ("Z99.99", "Z99.99 is no code of the ICD-10."),
        ("x" * 500, f"We do not know “{'x' * 60}”. Write another name, or ask the office."),
        (",".join("abcdefghijklmnopqrstuvwxyz12345"), "Write at most 30 names at once."),
    ],
)
def test_unknown_name_gets_a_sentence(conditions, typed, says):
    assert resolve(typed, Condition) == ([], [says])


def test_names_are_looked_up_among_their_own_kind(conditions):
    assert resolve("bypass, EC-IC", Treatment) == (["bypass", "bypass"], [])
    assert resolve("I63", Treatment)[0] == []
    assert resolve("bypass", Condition)[0] == []


def test_many_names_are_resolved(conditions):
    typed = ",".join(["moyamoya"] * MAX_TYPED * 2)
    assert resolve(typed, Condition) == (["moyamoya"], [])


def test_what_could_not_be_resolved_stays_typed(listing, conditions):
    form = post(ListingForm, listing, conditions_more="moyamoja", title_pl="Moje")
    assert list(form.errors) == ["conditions_more"]
    assert (form["conditions_more"].value(), form["title_pl"].value()) == ("moyamoja", "Moje")


def test_new_listing_starts_from_the_specialty(scmc, listing, conditions):
    free = Specialty.objects.create(slug="heart", area="heart", name_en="Hearts", name_pl="Serca")
    form = NewListingForm(instance=fresh_target(scmc, None, free))
    assert (form["title_en"].value(), form["title_pl"].value()) == ("Hearts", "Serca")
    assert (form["specialty"].value(), form["base_version"].value()) == ("heart", 0)
    assert "page" not in [section.key for section in form.sections()]


def test_new_listing_offers_only_what_is_not_listed(scmc, listing):
    free = Specialty.objects.create(slug="heart", area="heart", name_en="Hearts")
    assert list(ChooseSpecialtyForm(None, hospital=scmc).fields["specialty"].queryset) == [free]
    listed = ChooseSpecialtyForm({"specialty": listing.specialty.slug}, hospital=scmc)
    assert not listed.is_valid()
