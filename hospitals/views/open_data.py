"""The whole directory to take away, and the page that says what is in it."""

from django.urls import reverse
from django.views.decorators.http import require_safe

from hospitals import pages, structured
from hospitals.freshness import shanghai_today
from hospitals.models import DirectoryVersion, Hospital, Listing
from hospitals.opendata import FORMAT, LICENCE_NAME, LICENCE_URL
from hospitals.opendata.document import write_document
from hospitals.opendata.table import write_table
from hospitals.streams import stream

# Anybody's page may read it; everything else here is for this site alone.
FOR_EVERYBODY = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Content-Disposition",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@require_safe
def hospitals_json(request):
    return download(request, "json", "application/json; charset=utf-8", write_document)


@require_safe
def hospitals_csv(request):
    return download(request, "csv", "text/csv; charset=utf-8; header=present", write_table)


def download(request, ending: str, content_type: str, write):
    """One query for a reader who has this version of this day: what is open may end."""
    now = DirectoryVersion.objects.filter(pk=1).first() or DirectoryVersion(number=0)
    day = shanghai_today()
    return stream(
        request,
        lambda: write(now.number, now.changed_at, day),
        etag=f"{ending}-{FORMAT}-{now.number}-{day:%Y%m%d}",
        content_type=content_type,
        **{"Content-Disposition": f'attachment; filename="hospitals.{ending}"'},
        **FOR_EVERYBODY,
    )


@require_safe
def open_data(request):
    version = DirectoryVersion.current()
    page = pages.find(request, version, "") or pages.make(
        request, version, "hospitals/open_data.html", open_data_context()
    )
    return pages.answer(request, page)


def open_data_context() -> dict:
    public = Listing.objects.public().filter(hospital__is_public=True)
    files = {name: reverse(f"open-data-{name}") for name in ("json", "csv")}
    changed_at = DirectoryVersion.objects.values_list("changed_at", flat=True).filter(pk=1).first()
    return {
        "files": files,
        "changed_at": changed_at,
        "hospital_count": Hospital.objects.public().count(),
        "listing_count": public.count(),
        "licence": {"name": LICENCE_NAME, "url": LICENCE_URL},
        "structured": structured.open_data(files, changed_at),
    }
