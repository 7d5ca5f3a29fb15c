"""No regular expression of ours can be made to stall a process (finding 1 of the review).

`re` holds the interpreter while it searches. Each expression is tried with texts of 8,000
characters that are hard for it, and its steps are counted; no clock is asked.
"""

import ast
import itertools
import random
import re

import pytest
from django.urls import get_resolver

from portal.tests.test_layers import TREES
from tools.testing.patterns import ALL, FIRST, find, hard_texts
from tools.testing.steps import Counter, TooManyStepsError

pytestmark = pytest.mark.any_engine

LENGTH = 8_000
# Words of four languages are up to 63; looking at each character again and again is 4,000.
STEPS_A_CHARACTER = 200

# What somebody outside the office typed, sent or uploaded, a hospital's people among them.
STRANGERS = {
    "portal.partial_date:_PATTERN",
    "hospitals.actions.propose:INVISIBLE",
    "hospitals.admin.marks:WORDS",
    "hospitals.exchange.cells:_BETWEEN",
    "hospitals.exchange.cells:_CONTROLS",
    "hospitals.exchange.cells:_DATE",
    "hospitals.exchange.cells:_HARMLESS",
    "hospitals.exchange.cells:_NUMBER",
    "hospitals.exchange.cells:_PARTIAL",
    r"hospitals.exchange.cells:[;；,，\s]+",
    r"hospitals.exchange.cells:[\s,，]+",
    "hospitals.exchange.parsing:_GB2312",
    "hospitals.exchange.workbook:_CONTENT",
    "hospitals.exchange.workbook:_QUOTE_OR_END",
    "hospitals.exchange.workbook:_ROW",
    "hospitals.finding.normalise:_ARABIC_LETTERS",
    "hospitals.finding.normalise:_CAPITALS",
    "hospitals.finding.normalise:_ENGLISH_PLURAL",
    "hospitals.finding.normalise:_HAN",
    "hospitals.finding.normalise:_WORDS",
    "hospitals.finding.normalise:ae",
    "hospitals.finding.normalise:oe",
    "hospitals.finding.normalise:(?<=[a-z]{2})our",
    "hospitals.finding.normalise:(?<=[a-z]{2})tre$",
    "hospitals.finding.normalise:(?<=[a-z]{3})is(?=e|ed|ing|ation)",
    "hospitals.finding.people:_ADULT",
    "hospitals.finding.people:_ARABIC_TWO_YEARS",
    "hospitals.finding.people:_CHILD",
    "hospitals.finding.people:_FILLERS",
    "hospitals.finding.people:_MONTHS",
    "hospitals.finding.people:_YEARS",
    "hospitals.forms.exchange:_SEEN",
    "hospitals.forms.naming:BETWEEN",
    "hospitals.forms.naming:CODE",
    r"hospitals.models.hospital:[^\d+]",
    r"hospitals.models.hospital:[^\s@]+@[^\s@]+",
    r"hospitals.models.hospital:\+?[\d\s()-]+",
    r"hospitals.models.hospital:https?://\S+",
    "hospitals.structured:YEAR",
    "cases.forms.fields:INVISIBLE",
    "cases.forms.fields:LINE_BREAKS",
    "cases.imaging.clean:LETTERS",
    "cases.imaging.codestreams:J2K_MARK",
    "cases.imaging.codestreams:JPEG_MARK",
    "cases.imaging.profile:DATE",
    "cases.imaging.profile:DATETIME",
    "cases.imaging.profile:LONG_PART",
    "cases.imaging.profile:SHORT_NUMBER",
    "cases.imaging.profile:TIME",
    "cases.imaging.clean:WORD",
    "cases.imaging.people:HAN",
    "cases.imaging.people:REPEATED",
    r"cases.imaging.people:[^\W\d_]+",
    "cases.imaging.profile:AGE",
    "cases.imaging.profile:NUMBER",
    "cases.imaging.profile:SIGN",
    "cases.records.kinds:_SPACES",
    "cases.records.scanner:FOUND",
    "cases.records.tus:KEY",
    "cases.records.tus:NUMBER",
    "cases.traces:_WORDS",
    "cases.views.pages:NUMBERS",
}
# What only the operator or the code itself gives.
OURS = {
    "portal.environment:[a-z0-9.-]+",
    "portal.environment:RECORD_KEY_NAME",
    "portal.environment:shape",
    "portal.management.catalogs:NAMED",
    "portal.management.catalogs:POSITIONAL",
    "portal.management.commands.makemessages:CREATION_DATE",
    "cases.actions.folder:MARK",
    "cases.records.scanner:ADDRESS",
    "cases.records.store:NAME",
}
FOUND = {
    found.key: found for name, tree in TREES.items() for found in find(name, tree, TREES.values())
}


def steps_of(pattern: re.Pattern, ways: set[str]) -> None:
    """Fails at the first text that costs more than so many steps a character."""
    names = ways & FIRST if not ways & ALL else (ways & FIRST) - {"search"} | {"finditer"}
    for text, name in itertools.product(hard_texts(pattern, LENGTH), sorted(names)):
        counter = Counter(pattern, STEPS_A_CHARACTER * LENGTH)
        found = getattr(counter, name)(text)
        if name == "finditer":
            list(found)


def test_every_expression_is_listed():
    """Say of a new one whose words it sees. Most need none: split, strip, compare."""
    assert set(FOUND) == STRANGERS | OURS
    assert STRANGERS & OURS == set()
    assert [key for key in STRANGERS if FOUND[key].pattern is None] == []


def test_no_expression_comes_in_by_another_name():
    """Such as `from re import compile`, or an engine whose steps nobody counts."""
    found = {
        (name, ast.unparse(node))
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.ImportFrom) and node.module in ("re", "regex"))
        or (isinstance(node, ast.Import) and {one.name for one in node.names} & {"regex", "re2"})
        or (isinstance(node, ast.alias) and node.name == "re" and node.asname)
    }
    assert found == set()


@pytest.mark.parametrize("key", sorted(key for key in FOUND if FOUND[key].pattern))
def test_no_text_makes_an_expression_look_again_and_again(key):
    steps_of(FOUND[key].pattern, FOUND[key].ways)


def routes(resolver):
    for route in resolver.url_patterns:
        yield getattr(route.pattern, "regex", None)
        yield from routes(route) if hasattr(route, "url_patterns") else ()


def test_no_address_makes_a_route_look_again_and_again():
    shapes = {shape.pattern: shape for shape in routes(get_resolver()) if shape}
    open_ended = [shape for text, shape in shapes.items() if "+" in text or "*" in text]
    assert len(open_ended) > 30
    for shape in open_ended:
        steps_of(shape, {"match"})


# What the review found, and other ways to the same.
EVIL = [
    (r"\s*br\s*(;\s*q\s*=\s*(1(\.0*)?|0\.[0-9]*[1-9])[0-9]*)?\s*", {"fullmatch"}),
    (r"\s*br", {"search"}),
    (r"(a+)+$", {"match"}),
    (r"(a|a)*b", {"fullmatch"}),
    (r"x\d+\d+y", {"match"}),
    (r"(\w+\s?)*!", {"fullmatch"}),
    (r"\s+$", {"sub"}),
    (r"(?=.*a)b", {"findall"}),
    (rb"<[^>]*>", {"findall"}),
    (r"(\d+)-(\d+)", {"split"}),
    (r"^(.*),(.*),(.*);$", {"match"}),
]


@pytest.mark.parametrize(("shape", "ways"), EVIL, ids=[str(shape) for shape, _ways in EVIL])
def test_an_expression_that_stalls_is_noticed(shape, ways):
    with pytest.raises(TooManyStepsError):
        steps_of(re.compile(shape), ways)


def readings(key: str):
    """How often the counter is compared with `re`, on texts made of what is hard for it."""
    pattern, draw = FOUND[key].pattern, random.Random(key)
    parts = sorted(
        {text[:3] for text in hard_texts(pattern, 40)}
        | {text[-20:] for text in hard_texts(pattern, 40)}
    )
    for _number in range(60):
        yield pattern, "".join(draw.choices(parts, k=draw.randint(0, 4)))


def own(found):
    return None if found is None else found.end()


@pytest.mark.parametrize("key", sorted(key for key in FOUND if FOUND[key].pattern))
def test_the_counter_reads_as_re_reads(key):
    for pattern, drawn in readings(key):
        is_bytes = isinstance(pattern.pattern, bytes)
        given = drawn.encode("latin-1", "replace") if is_bytes else drawn
        text = given.decode("latin-1") if is_bytes else drawn
        counter = Counter(pattern, 10_000_000)
        assert counter.match(text) == own(pattern.match(given))
        assert counter.fullmatch(text) == own(pattern.fullmatch(given))
        assert list(counter.finditer(text)) == [one.span() for one in pattern.finditer(given)]


def test_the_finder_sees_every_way_of_writing_one():
    code = """
import re
A = re.compile("a", re.MULTILINE)
def f(text, shape):
    A.sub("", text); re.fullmatch("b", text); re.match(shape, text)
    RegexValidator("c"); forms.RegexField(regex="d")
class Four:
    regex = "[0-9]{4}"
"""
    tree = ast.parse(code)
    found = {one.name: one for one in find("re", tree, [tree])}
    assert set(found) == {"A", "b", "shape", "c", "d", "Four"}
    assert found["A"].ways == {"sub"}
    assert found["shape"].pattern is None
