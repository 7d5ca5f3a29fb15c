"""Error pages in the reader's language, with what to do. They ask the database nothing."""

import sys

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse, UnreadablePostError
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.cache import patch_vary_headers

from portal import alerts
from portal.troubles import is_passing

RETRY_AFTER_SECONDS = int(settings.AXES_COOLOFF_TIME.total_seconds())
# Fields of a form that nobody typed as a text, or that must not be shown.
SECRET_OR_OURS = ("token", "password", "code", "otp", "next", "shown", "submission")
LONG_TEXT, WORDS_SHOWN = 20, 20_000
# A form with one of these is not put into a page again.
SECRETS = ("password", "code", "otp")
SECONDS_UNTIL_TRY = 60
# A database that is started again is back before a disk is.
SECONDS_UNTIL_DATABASE = 3


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
    context = {"words": words, "has_cookies": bool(request.COOKIES)}
    return _private(error_page(request, 403, "errors/csrf.html", context))


def session_ended(request, response):
    """Answer a request whose session another one ended meanwhile, such as the quick exit (row A7).

    Nothing of the session is shown any more. A form that was taken keeps its answer, which leads
    to the next page; one that was not taken says what was typed once more.
    """
    if request.method in ("GET", "HEAD"):
        # Asked again without the session: whoever it belonged to is asked to sign in.
        response = redirect(request.get_full_path())
    elif response.status_code == 200:
        context = {"words": _words_of(request), "has_cookies": True}
        response = error_page(request, 403, "errors/csrf.html", context)
    response.delete_cookie(settings.SESSION_COOKIE_NAME, samesite=settings.SESSION_COOKIE_SAMESITE)
    return _private(response)


def _private(answer):
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
    """Django calls it while the error is being handled."""
    error = sys.exception()
    return not_now(request, error) if is_passing(error) else error_page(request, 500)


def not_now(request, error):
    """503: a disk, a storage or the database does not serve, and nothing was kept (R6, R7).

    The page holds the form itself, so that it can be sent again afterwards.
    """
    match = getattr(request, "resolver_match", None)
    trouble = alerts.trouble_of(error)
    alerts.tell_operator(trouble, match.view_name if match else "")
    fields = _fields_of(request)
    words = _words_of(request) if fields else ""
    answer = error_page(request, 503, "errors/503.html", {"fields": fields, "words": words})
    is_short = trouble == alerts.DATABASE_AWAY
    answer["Retry-After"] = str(SECONDS_UNTIL_DATABASE if is_short else SECONDS_UNTIL_TRY)
    return _private(answer)


def _fields_of(request) -> list[tuple[str, str]]:
    """Names and values of a posted form, none when it had files or something secret."""
    if request.method != "POST" or request.content_type != "application/x-www-form-urlencoded":
        return []
    try:
        fields = [(name, text) for name, texts in request.POST.lists() for text in texts]
    except UnreadablePostError:
        return []
    names = [name.rpartition("-")[2].lower() for name, _text in fields]
    return [] if any(word in name for name in names for word in SECRETS) else fields


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
