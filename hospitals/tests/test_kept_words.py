"""What words mean is kept until the directory changes, and only for questions of the public."""

import pytest
from django.core.cache import caches
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hospitals.finding.among import Among
from hospitals.finding.indexing import Name, add, rebuild
from hospitals.finding.lookup import find_names
from hospitals.finding.words import read_terms
from hospitals.models import SearchEntry

pytestmark = pytest.mark.django_db
NAMES = ("Heart failure", "Kidney failure", "Leukaemia", "Leukodystrophy", "Liver tumour")


def name(text: str) -> Name:
    return Name("condition", text.lower().replace(" ", "-"), "en", text, 10)


@pytest.fixture
def index():
    rebuild([name(text) for text in NAMES])


def targets(question: str, **options) -> list[str]:
    return [hit.target for hit in find_names(question, **options)]


QUESTIONS = ("heart failure", "failure", "leuk", "leuka", "leukemai", "kidny failure", "xyzzy")


@pytest.mark.parametrize("is_typed", [True, False])
@pytest.mark.parametrize("question", QUESTIONS)
def test_kept_words_find_what_the_database_finds(index, question, is_typed):
    asked = {"prefix_last": is_typed}
    first = find_names(question, version=1, **asked)
    assert find_names(question, version=1, **asked) == first
    assert find_names(question, **asked) == first


def test_word_known_already_asks_for_the_entries_alone(index, django_assert_num_queries):
    targets("liver tumour", version=1)
    # Which words they have, and their names.
    with django_assert_num_queries(2):
        assert targets("tumour liver", version=1)[0] == "liver-tumour"


def test_unknown_word_is_looked_up_once(index, django_assert_num_queries):
    assert targets("xyzzy", version=1) == []
    with django_assert_num_queries(0):
        assert targets("xyzzy", version=1) == []


def test_new_name_is_found_with_the_next_version(index):
    assert targets("cardiomyopathy", version=1) == []
    add([name("Cardiomyopathy")])
    assert targets("cardiomyopathy", version=2) == ["cardiomyopathy"]


def test_name_that_went_is_not_found_any_more(index):
    assert targets("leukaemia", version=1) == ["leukaemia"]
    rebuild([name("Heart failure")])
    assert targets("leukaemia", version=1) == []
    assert targets("leukaemia", version=2) == []


def test_words_of_a_private_form_are_kept_nowhere(index):
    """A family's own words, asked without a version, stay out of the process's memory."""
    targets("liver tumour")
    assert len(caches["words"]._cache) == 0


def test_pasted_page_of_unknown_words_is_not_looked_up_whole(index, django_assert_max_num_queries):
    words = [f"qq{letter}zz" for letter in "abcdefghijkl"]
    with django_assert_max_num_queries(1 + 4 * 3):
        read_terms(words, prefix_last=False, version=1)


def test_flood_of_words_pushes_nothing_else_out(index):
    caches["directory"].set("card", "kept")
    caches["words"]._max_entries = 10
    for number in range(40):
        targets(f"qqzz{number}", version=1)
    assert len(caches["words"]._cache) <= 10
    assert caches["directory"].get("card") == "kept"


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.integers(min_value=-5, max_value=2**62), max_size=12))
def test_among_finds_what_a_list_of_keys_finds(index, keys):
    keys = [*keys, *SearchEntry.objects.values_list("pk", flat=True)[: len(keys)]]
    listed = SearchEntry.objects.filter(pk__in=keys).order_by("pk")
    assert list(SearchEntry.objects.filter(Among("pk", keys)).order_by("pk")) == list(listed)


def test_pasted_word_is_cut_and_found_nowhere(index, django_assert_max_num_queries):
    """No key of the cache, and no question to the database, is as long as what was pasted."""
    with django_assert_max_num_queries(6):
        assert targets("leukaemia" * 1_000, version=1, prefix_last=True) == []
    assert max(len(key) for key in caches["words"]._cache) < 120
