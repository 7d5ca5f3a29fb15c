"""A condition or a code that does not exist: says so, and offers the search."""

from django.http import HttpResponse
from django.template.loader import render_to_string

from hospitals import pages

SHOWN = 40


def missing(request, *, slug: str = "", code: str = "") -> HttpResponse:
    """404. What was asked is shown as text, shortened; the page is not kept."""
    words = slug.replace("-", " ")[:SHOWN]
    context = {"code": code[:SHOWN], "words": words or code[:SHOWN], "is_unlisted": True}
    anonymous = pages.anonymous_copy(request, "")
    text = render_to_string("hospitals/condition_missing.html", context, request=anonymous)
    return HttpResponse(text, status=404)
