"""Error pages in the reader's language, with what to do. They ask the database nothing."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse, UnreadablePostError
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers

RETRY_AFTER_SECONDS = int(settings.AXES_COOLOFF_TIME.total_seconds())
# Fields of a form that nobody typed as a text, or that must not be shown.
SECRET_OR_OURS = ("token", "password", "code", "otp", "next", "shown", "submission")
LONG_TEXT, WORDS_SHOWN = 20, 20_000


def bad_request(request, exception=None):
    """Django knows one handler for all that is wrong with a request."""
    return error_page(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def permission_denied(request, exception=None):
    return error_page(request, 403)


def csrf_failure(request, reason=""):
    """Says what was typed once more, to copy: signing in elsewhere ended this page's token.

    Not what another site sent in the reader's name.
    """
    words = _words_of(request) if reason.startswith("CSRF ") else ""
    answer = error_page(request, 403, "errors/csrf.html", {"words": words})
    answer["Cache-Control"] = "no-store, private"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    patch_vary_headers(answer, ["Cookie"])
    return answer


def _words_of(request) -> str:
    """Texts somebody would miss; no token, no password, no code."""
    try:
        posted = request.POST.items()
    except UnreadablePostError:
        return ""
    kept = [text for name, text in posted if _is_worth_keeping(name, text)]
    return "\n\n".join(kept)[:WORDS_SHOWN]


def _is_worth_keeping(name: str, text: str) -> bool:
    own_name = name.rpartition("-")[2].lower()
    if any(word in own_name for word in SECRET_OR_OURS) or not text.strip():
        return False
    return own_name in ("body", "kept") or len(text) >= LONG_TEXT


def page_not_found(request, exception=None):
    return error_page(request, 404)


def server_error(request):
    return error_page(request, 500)


def too_many_requests(request, response=None, credentials=None):
    """429 with Retry-After in seconds."""
    answer = error_page(request, 429)
    answer["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def error_page(request, status: int, template: str = "", context=None) -> HttpResponse:
    """The page of this status, in the reader's language.

    It is the one that was found for the request already, such as the one of
    whoever is logged in, else the address's, else the browser's.
    """
    language = getattr(request, "LANGUAGE_CODE", "")
    language = language or translation.get_language_from_request(request, check_path=True)
    with translation.override(language):
        return render(request, template or f"errors/{status}.html", context, status=status)
