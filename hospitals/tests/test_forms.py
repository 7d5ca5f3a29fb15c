import pytest
from django.http import QueryDict

from hospitals.forms import FilterForm

pytestmark = pytest.mark.django_db
SPECIALTIES = [("Heart", [("heart", "Hearts")])]


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
