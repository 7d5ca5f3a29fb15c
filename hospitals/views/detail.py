"""A hospital's own page, and how it would be with what waits for approval."""

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hospitals import pages, structured
from hospitals.actions.values import COLUMN_LANGUAGES
from hospitals.cards import by_area, by_subject, district_labels, pilot_label, with_map_link
from hospitals.claim_words import pick_text
from hospitals.freshness import is_fresh, shanghai_today
from hospitals.models import DirectoryVersion, Hospital, Listing, Revision
from hospitals.shown_listing import accepting_words, show_listings, with_claims

DESCRIPTIONS = tuple(f"description_{language}" for language in COLUMN_LANGUAGES)


@require_safe
def hospital_detail(request, slug):
    version = DirectoryVersion.current()
    page = pages.find(request, version, "") or pages.make(
        request, version, "hospitals/detail.html", detail_context(slug)
    )
    return pages.answer(request, page)


def detail_context(slug: str) -> dict:
    hospital = _whole_hospitals().public().filter(slug=slug).first()
    if not hospital:
        raise Http404
    listings = list(with_claims(hospital.listings.public()))
    context = hospital_context(hospital, [(listing, {}) for listing in listings])
    facts = [fact for group in context["facts"].values() for fact in group]
    data = structured.hospital_page(
        hospital, campuses=context["campuses"], listings=listings, facts=facts
    )
    return context | {"structured": data}


def render_preview(request, hospital: Hospital, revisions=None, **more):
    """The public page with proposed changes laid over: those given, else all that wait.

    Nothing is written and nothing is kept; the parts that would change are marked.
    `more` is further context.
    """
    if revisions is None:
        waiting = hospital.revisions.pending()
        revisions = list(waiting.select_related("listing", "specialty"))
    hospital = _whole_hospitals().get(pk=hospital.pk)
    context = hospital_context(
        hospital,
        _previewed_listings(hospital, revisions),
        next((row.after for row in revisions if row.target == hospital), {}),
    )
    return render(request, "hospitals/preview.html", context | {"is_unlisted": True} | more)


def _whole_hospitals():
    return Hospital.objects.select_related("pilot_source", "name_source", "name_zh_source")


def _previewed_listings(hospital: Hospital, revisions: list[Revision]) -> list[tuple]:
    """Each listing that would be public, with what is proposed for it; new ones last."""
    proposed = {row.listing_id: row.after for row in revisions if row.listing_id}
    rows = [(row, proposed.get(row.pk, {})) for row in with_claims(hospital.listings)]
    added = [
        (Listing(hospital=hospital, specialty=row.specialty, position=len(rows)), row.after)
        for row in revisions
        if row.specialty_id
    ]
    return [(row, after) for row, after in (*rows, *added) if after.get("is_public", row.is_public)]


def hospital_context(hospital: Hospital, listings: list[tuple], proposed: dict | None = None):
    """`listings`: each with what is proposed for it; `proposed`: for the hospital itself."""
    campuses = list(hospital.campuses.select_related("source"))
    rows = [listing for listing, _proposed in listings]
    shown = dict(zip([row.pk for row in rows], show_listings(listings), strict=True))
    return {
        "hospital": hospital,
        "about": about(hospital, proposed or {}),
        "districts": district_labels(campuses),
        "pilot_label": pilot_label(hospital),
        "areas": [(area, [shown[row.pk] for row in group]) for area, group in by_area(rows)],
        "facts": by_subject(hospital.facts.public().select_related("source")),
        "campuses": [with_map_link(campus, hospital) for campus in campuses],
        "stories": list(hospital.stories.select_related("source")),
    }


def about(hospital: Hospital, proposed: dict) -> dict:
    """What the hospital says of itself as a whole."""
    said = {name: getattr(hospital, name) for name in (*DESCRIPTIONS, "accepting")} | proposed
    confirmed_at = None if "accepting" in proposed else hospital.accepting_confirmed_at
    return {
        "description": pick_text(said, "description"),
        "accepting": said["accepting"],
        "accepting_label": accepting_words(said["accepting"]),
        "confirmed_at": confirmed_at,
        "is_faded": bool(confirmed_at) and not is_fresh(confirmed_at, shanghai_today()),
        "description_changed": any(name in proposed for name in DESCRIPTIONS),
        "accepting_changed": "accepting" in proposed,
    }
