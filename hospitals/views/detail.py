"""A hospital's own page."""

from django.http import Http404
from django.views.decorators.http import require_safe

from hospitals import pages
from hospitals.cards import by_area, by_subject, district_labels, pilot_label, with_map_link
from hospitals.models import DirectoryVersion, Hospital


@require_safe
def hospital_detail(request, slug):
    version = DirectoryVersion.current()
    page = pages.find(request, version, "") or pages.make(
        request, version, "hospitals/detail.html", detail_context(slug)
    )
    return pages.answer(request, page)


def detail_context(slug: str) -> dict:
    hospital = (
        Hospital.objects.public()
        .select_related("pilot_source", "name_source", "name_zh_source")
        .filter(slug=slug)
        .first()
    )
    if not hospital:
        raise Http404
    campuses = list(hospital.campuses.select_related("source"))
    return {
        "hospital": hospital,
        "districts": district_labels(campuses),
        "pilot_label": pilot_label(hospital),
        "areas": by_area(hospital.listings.public().select_related("specialty", "source")),
        "facts": by_subject(hospital.facts.public().select_related("source")),
        "campuses": [with_map_link(campus, hospital) for campus in campuses],
        "stories": list(hospital.stories.select_related("source")),
    }
