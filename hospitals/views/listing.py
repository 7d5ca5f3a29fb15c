"""The list of hospitals: filters, and answers to a search."""

from django.db.models import Prefetch
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from hospitals import pages
from hospitals.cards import card
from hospitals.choices import Area
from hospitals.finding.answer import Answer, answer
from hospitals.finding.shown import person_words, reasons, understood
from hospitals.forms import FilterForm
from hospitals.models import DirectoryVersion, Hospital, Listing, Specialty

MAX_ANSWERS = 40


@require_safe
def hospital_list(request):
    """GET filters: q, specialty, audience, type, district. Unknown values are told, not obeyed."""
    version = DirectoryVersion.current()
    page = pages.find(request, version, request.META["QUERY_STRING"])
    return pages.answer(request, page or filtered_page(request, version))


def filtered_page(request, version: int):
    form = FilterForm(request.GET, specialty_choices())
    form.is_valid()
    query = form.canonical_query()
    # Searches and mistakes are endless, so only the plain filters are kept.
    keep = not form.errors and not form.cleaned_data["q"]
    page = pages.find(request, version, query) if keep else None
    return page or pages.make(
        request, version, "hospitals/list.html", list_context(form), query=query, keep=keep
    )


def list_context(form: FilterForm) -> dict:
    filters = dict(form.cleaned_data)
    question = filters.pop("q", "")
    hospitals = filtered(Hospital.objects.public(), **filters)
    found = answer(question, language=get_language(), hospitals=hospitals) if question else None
    cards = answered_cards(found) if found else [card(row) for row in for_cards(hospitals)]
    return {
        "filter_form": form,
        "cards": cards,
        "total": len(cards),
        "filters_active": any(form.cleaned_data.values()),
        "reset_url": "?",
        "unknown_filters": form.unknown(),
        "question": question,
        **(answer_context(found) if found else {}),
    }


def answer_context(found: Answer) -> dict:
    """What was understood; where nothing was, the nearest names instead."""
    return {
        "understood": understood(found.targets),
        "nearest": [] if found.is_understood else understood(found.nearest),
        "person": person_words(found.person),
    }


def answered_cards(found: Answer) -> list:
    """Cards in the order of the answer, each with the listing that brought it there."""
    order = [hit.hospital.pk for hit in found.hospitals[:MAX_ANSWERS]]
    rows = {row.pk: row for row in for_cards(Hospital.objects.filter(pk__in=order))}
    why = reasons(found)
    return [card(rows[pk], why=why[pk]) for pk in order]


def filtered(hospitals, *, specialty="", audience="", type="", district=""):
    """Hospitals that match every filter given."""
    hospitals = hospitals.for_audience(audience)
    if specialty:
        hospitals = hospitals.with_specialty(specialty)
    if type:
        hospitals = hospitals.filter(type=type)
    if district:
        hospitals = hospitals.in_district(district)
    return hospitals


def for_cards(hospitals):
    """With what a card shows: three queries for any number of hospitals."""
    public = Prefetch("listings", Listing.objects.public(), to_attr="public_listings")
    return hospitals.select_related("pilot_source").prefetch_related("campuses", public)


def specialty_choices() -> list:
    """Specialties that a hospital offers, in their groups."""
    groups = {area: [] for area in Area.values}
    for specialty in Specialty.objects.offered():
        groups[specialty.area].append((specialty.slug, specialty.name))
    return [(Area(area).label, options) for area, options in groups.items() if options]
