"""What changed on a hospital's page, and how it came to."""

from django.core.paginator import Paginator
from django.http import Http404
from django.views.decorators.http import require_safe

from hospitals import pages
from hospitals.changes import entries, public_changes
from hospitals.models import DirectoryVersion, Hospital
from hospitals.views.conditions import page_number

PAGE_SIZE = 50


@require_safe
def hospital_history(request, slug):
    version, number = DirectoryVersion.current(), page_number(request)
    query = f"page={number}" if number > 1 else ""
    page = pages.find(request, version, query)
    if not page:
        context = history_context(slug, number)
        page = pages.make(
            request,
            version,
            "hospitals/history.html",
            context,
            query=context["canonical_query"],
            keep=number == context["shown"].number,
        )
    return pages.answer(request, page)


def history_context(slug: str, number: int) -> dict:
    """A number beyond the last page shows the last page."""
    hospital = Hospital.objects.public().filter(slug=slug).first()
    if not hospital:
        raise Http404
    shown = Paginator(public_changes(hospital), PAGE_SIZE).get_page(number)
    return {
        "hospital": hospital,
        "shown": shown,
        "entries": entries(list(shown.object_list)),
        "canonical_query": f"page={shown.number}" if shown.number > 1 else "",
    }
