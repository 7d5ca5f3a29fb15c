import pytest
from django.http import QueryDict

from hospitals.forms import FilterForm, HospitalForm, ListingForm, NewListingForm
from hospitals.models import Listing, Revision, Specialty
from portal.tests.fixtures import make_listing

pytestmark = pytest.mark.django_db
SPECIALTIES = [("Heart", [("heart", "Hearts")])]


@pytest.fixture
def listing(scmc):
    return make_listing(scmc, title_en="Old", title_ar="قديم")


def filters(query):
    form = FilterForm(QueryDict(query), SPECIALTIES)
    form.is_valid()
    return form


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("", ""),
        ("q=&type=", ""),
        ("type=general&q=liver", "q=liver&type=general"),
        ("district=xuhui&specialty=heart", "specialty=heart&district=xuhui"),
        ("type=nonsense&audience=children", "audience=children"),
        ("utm_source=mail", ""),
        ("q=++a++", "q=a"),
        ("q=%E5%8D%8E", "q=%E5%8D%8E"),
        ("audience=both", ""),
    ],
)
def test_same_page_has_one_query(query, canonical):
    assert filters(query).canonical_query() == canonical


def test_each_unknown_filter_gets_a_sentence():
    assert filters("type=a&district=b").unknown() == [
        "“a” was left out: “Kind of hospital” has no such choice.",
        "“b” was left out: “District” has no such choice.",
    ]


def test_known_filters_get_none():
    assert filters("type=general&specialty=heart&q=x").unknown() == []


def test_long_unknown_value_is_shortened():
    assert len(filters("type=" + "x" * 5000).unknown()[0]) < 120


def post(form_class, instance, waiting=None, **changes):
    """A form with what a browser would send back."""
    blank = form_class(instance=instance, waiting=waiting)
    data = QueryDict(mutable=True)
    for name in blank.fields:
        value = blank.initial.get(name)
        data[name] = "" if value is None else value
        data[blank.add_initial_prefix(name)] = data[name]
    data.update(changes)
    form = form_class(data, instance=instance, waiting=waiting)
    form.is_valid()
    return form


def test_form_offers_exactly_what_may_be_proposed(listing):
    assert ListingForm(instance=listing).claims == list(ListingForm.Meta.fields)
    assert set(ListingForm(instance=listing).fields) - set(ListingForm.Meta.fields) == {
        "base_version",
        "replaces",
    }


def test_form_has_no_field_for_another_hospital(scmc):
    assert not {"hospital", "listing"} & set(NewListingForm(instance=Listing(hospital=scmc)).fields)


def test_form_groups_texts_by_language(listing):
    folds = ListingForm(instance=listing).folds()
    assert [fold["name"] for fold in folds] == ["简体中文", "English", "Polski", "العربية"]
    assert [fold["is_open"] for fold in folds] == [True, True, False, False]
    assert [field.name for field in folds[3]["fields"]] == ["title_ar", "description_ar"]


def test_fold_with_an_error_is_open(listing):
    form = post(ListingForm, listing, title_pl="x" * 500)
    assert [fold["is_open"] for fold in form.folds()] == [True, True, True, False]


def test_every_field_has_a_word_of_help(listing, scmc):
    for form in (ListingForm(instance=listing), HospitalForm(instance=scmc)):
        assert [name for name in form.claims if not form.fields[name].help_text] == []


def test_form_starts_from_what_waits(scmc, editor, listing):
    waiting = Revision(hospital=scmc, listing=listing, after={"title_en": "Waiting"})
    form = ListingForm(instance=listing, waiting=waiting)
    assert form["title_en"].value() == "Waiting"
    assert form["title_ar"].value() == "قديم"
    assert form["replaces"].value() == str(waiting.pk)


def test_new_listing_offers_only_what_is_not_listed(scmc, listing):
    free = Specialty.objects.create(slug="heart", area="heart", name_en="Hearts")
    form = NewListingForm(instance=Listing(hospital=scmc))
    assert list(form.fields["specialty"].queryset) == [free]
    assert form.common_fields()[0].name == "specialty"


def now(listing, **changes):
    return {name: getattr(listing, name) for name in ListingForm.Meta.fields} | changes


def test_rebase_keeps_what_was_typed(listing):
    form = post(ListingForm, listing, title_en="Mine")
    conflicts = form.rebase(now(listing, title_en="Theirs"), 7, None)
    assert conflicts == [{"name": "title_en", "theirs": "Theirs", "mine": "Mine"}]
    assert (form["title_en"].value(), form["base_version"].value()) == ("Mine", 7)


def test_rebase_takes_over_what_was_not_touched(listing):
    form = post(ListingForm, listing, title_en="Mine")
    form.rebase(now(listing, title_en="Old", accepting="yes", is_public=False), 7, None)
    assert (form["accepting"].value(), form["is_public"].value()) == ("yes", False)


def test_rebase_finds_no_conflict_where_both_say_the_same(listing):
    form = post(ListingForm, listing, title_en="Same", min_age_years="3")
    assert form.rebase(now(listing, title_en="Same", min_age_years=3), 7, None) == []


def test_rebase_remembers_whom_it_replaces(listing, scmc):
    waiting = Revision(hospital=scmc, after={})
    form = post(ListingForm, listing, title_en="Mine")
    form.rebase(now(listing), 1, waiting)
    assert form["replaces"].value() == str(waiting.pk)


def test_locked_form_takes_nothing(listing):
    form = ListingForm({"title_en": "Mine"}, instance=listing)
    form.lock()
    form.is_valid()
    assert form.cleaned_data["title_en"] == "Old"
