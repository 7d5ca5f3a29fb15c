"""The list of hospitals: filters with counts, the map, and answers to a search."""

from django.utils.text import capfirst
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from hospitals import citymap, facets, pages, structured
from hospitals.cards import found_cards, listed_cards
from hospitals.choices import Area
from hospitals.finding.answer import Answer
from hospitals.finding.kept import kept
from hospitals.finding.shown import Understood, person_words, understood
from hospitals.forms import FilterForm
from hospitals.models import DirectoryVersion, EntryKind, Specialty
from hospitals.results import Matches, PageOfList, find_matches
from hospitals.views.suggest import address_of


@require_safe
def hospital_list(request):
    """GET filters, see FilterForm. Unknown values are told, not obeyed."""
    version = DirectoryVersion.current()
    page = pages.find(request, version, request.META["QUERY_STRING"])
    return pages.answer(request, page or filtered_page(request, version))


def filtered_page(request, version: int):
    index = facets.current(version)
    form = FilterForm(request.GET, specialty_choices(index, version))
    form.is_valid()
    # Searches and mistakes are endless, so only the plain filters are kept.
    keep = not form.errors and not form.cleaned_data["q"]
    page = pages.find(request, version, form.canonical_query()) if keep else None
    return page or _make(request, version, form, index, keep=keep)


def _make(request, version: int, form: FilterForm, index: facets.Index, *, keep: bool):
    matches = find_matches(form, index, version)
    shown = PageOfList(matches.shown, form.cleaned_data.get("page") or 1)
    query = form.canonical_query(page=shown.number)
    context = list_context(form, index, matches, shown) | {
        "canonical_query": query,
        "cards": list_cards(index, matches, shown, version),
    }
    if not context["is_unlisted"]:
        hospitals = [card.kept for card in context["cards"]]
        context["structured"] = structured.list_page(hospitals, first=shown.start + 1)
    return pages.make(
        request,
        version,
        "hospitals/list.html",
        context,
        query=query,
        keep=keep and not shown.is_beyond,
    )


def list_context(
    form: FilterForm, index: facets.Index, matches: Matches, shown: PageOfList
) -> dict:
    subject, counts = form.only_choice(), counts_for(form, index, matches)
    question = form.cleaned_data.get("q", "")
    chosen = [value for value in form.filters().values() if value]
    return {
        "filter_form": form,
        "total": matches.total,
        "best": matches.shown if matches.shown < matches.total else 0,
        "shown": shown,
        "links": shown.links(form),
        "filters_active": bool(question or chosen),
        "reset_url": "?",
        "unknown_filters": form.unknown(),
        "question": question,
        # What the page is about where a filter makes it one of its own.
        "subject": subject,
        "is_unlisted": bool(question) or (bool(chosen) and not subject),
        "city": city_context(form, index, matches, counts) if counts else None,
        **(answer_context(matches.found) if matches.found else {}),
    }


def counts_for(form: FilterForm, index: facets.Index, matches: Matches) -> dict:
    """Shown beside the choices; none where the question itself found no hospital."""
    if matches.among == 0:
        return {}
    counts = index.counts(form.filters(), matches.among)
    form.show_counts(counts)
    return counts


def city_context(form: FilterForm, index: facets.Index, matches: Matches, counts: dict) -> dict:
    """The map and the list beside it."""
    filters = form.filters()
    anywhere = index.matching(filters | {"district": ""}, matches.among)
    central = anywhere & index.with_any("district", citymap.central_districts())
    areas = citymap.city_areas(
        counts["district"],
        filters["district"],
        lambda district: form.address(district=district),
        central.bit_count(),
    )
    return {
        "sheets": citymap.draw(areas),
        "areas": citymap.listed(areas),
        "everywhere": {"number": anywhere.bit_count(), "url": form.address(district="")},
        "is_chosen": bool(filters["district"]),
    }


def answer_context(found: Answer) -> dict:
    """What was understood; where nothing was, the nearest names instead."""
    return {
        "understood": [(one, page_of(one)) for one in understood(found.targets, found.version)],
        "nearest": [] if found.is_understood else understood(found.nearest, found.version),
        "person": person_words(found.person),
    }


def page_of(one: Understood) -> str:
    """Where to read more about it; empty for what has no page beyond this answer."""
    if one.kind in (EntryKind.TREATMENT, EntryKind.SPECIALTY):
        return ""
    return address_of(one.kind, one.target, one.name)


def list_cards(index: facets.Index, matches: Matches, shown: PageOfList, version: int) -> list:
    """Cards of this page, each of an answer with what brought it there."""
    if matches.found:
        return found_cards(matches.found.hospitals[shown.start : shown.stop], version)
    return listed_cards(index.slice(matches.bits, shown.start, shown.stop), version)


def specialty_choices(index: facets.Index, version: int) -> list:
    """Specialties that a hospital offers, in their groups."""

    def read(_keys: list[str]) -> dict[str, list]:
        groups = {area: [] for area in Area.values}
        for row in Specialty.objects.filter(slug__in=index.values("specialty")):
            groups[row.area].append((row.slug, capfirst(row.name)))
        return {"": [(str(Area(area).label), rows) for area, rows in groups.items() if rows]}

    return kept(f"specialties:{get_language()}", [""], version, read)[""]
