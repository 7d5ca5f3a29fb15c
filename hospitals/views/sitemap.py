"""The map of the public pages, and what robots are asked."""

from django.conf import settings
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from hospitals.models import DirectoryVersion
from hospitals.sitemap import count_pages, write_index, write_part
from hospitals.streams import stream

XML = "application/xml; charset=utf-8"
# The first pages of the inquiry and of the case are public; what follows is somebody's own.
ROBOTS = """User-agent: *
Disallow: /office/
Disallow: /partners/
Disallow: /*/inquiry/*/
Disallow: /*/case/*/

Sitemap: {sitemap}
"""


@require_safe
def sitemap(request):
    """One map, or an index of several where there are too many pages for one."""
    return _map(request, 0)


@require_safe
def sitemap_part(request, part: int):
    if not 1 <= part <= count_pages().parts:
        raise Http404
    return _map(request, part)


def _map(request, part: int):
    """Part 0 is the whole. One query for a reader who has it."""
    now = DirectoryVersion.objects.filter(pk=1).first() or DirectoryVersion(number=0)

    def write():
        count = count_pages()
        if not part and count.parts > 1:
            return write_index(count.parts)
        return write_part(part or 1, count, now.changed_at)

    return stream(request, write, etag=f"map-{part}-{now.number}", content_type=XML)


@require_safe
@cache_control(public=True, max_age=3600)
def robots(request):
    text = ROBOTS.format(sitemap=settings.PUBLIC_URL + reverse("sitemap"))
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response.is_without_language = True
    return response
