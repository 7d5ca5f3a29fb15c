"""Error pages in the reader's language, with what to do. They ask the database nothing."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import translation

RETRY_AFTER_SECONDS = int(settings.AXES_COOLOFF_TIME.total_seconds())


def bad_request(request, exception=None):
    return error_page(request, 400)


def permission_denied(request, exception=None):
    return error_page(request, 403)


def csrf_failure(request, reason=""):
    return error_page(request, 403, "errors/csrf.html")


def page_not_found(request, exception=None):
    return error_page(request, 404)


def server_error(request):
    return error_page(request, 500)


def too_many_requests(request, response=None, credentials=None):
    """429 with Retry-After in seconds."""
    answer = error_page(request, 429)
    answer["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def error_page(request, status: int, template: str = "") -> HttpResponse:
    """The page of this status; the language is the address's, else the browser's."""
    language = translation.get_language_from_request(request, check_path=True)
    with translation.override(language):
        return render(request, template or f"errors/{status}.html", status=status)
