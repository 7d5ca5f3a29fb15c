"""Small middlewares: the true client's address, headers on every answer, what is refused."""

import codecs
from functools import cache
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.sessions import middleware as sessions
from django.contrib.sessions.exceptions import SessionInterrupted
from django.http import HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils.cache import add_never_cache_headers

from portal import staff_sessions
from portal.troubles import is_database_away
from portal.views.errors import bad_request, error_page, not_now, session_ended

# Forms know no others; the admin would answer PUT and DELETE like GET.
ALLOWED_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
# A random id has 36 letters.
LONGEST_KEY = 40
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "autoplay", "browsing-topics", "camera", "clipboard-read",
        "display-capture", "encrypted-media", "fullscreen", "geolocation", "gyroscope",
        "magnetometer", "microphone", "midi", "payment", "picture-in-picture",
        "publickey-credentials-get", "screen-wake-lock", "usb", "xr-spatial-tracking",
    )
)  # fmt: skip


class TrustedProxyMiddleware:
    """Takes the client's address from X-Forwarded-For, only when we know our proxies.

    With TRUSTED_PROXY_COUNT=0 (the default) a forged header changes nothing.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        count = settings.TRUSTED_PROXY_COUNT
        if count:
            hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
            if len(hops) >= count and hops[-count].strip():
                request.META["REMOTE_ADDR"] = hops[-count].strip()
        return self.get_response(request)


class SecurityHeadersMiddleware:
    """Headers that no other middleware sets, on every answer (row W2)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        # Static files and refused methods never reach Django's own middleware for it.
        response.headers.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)
        return response


class WithoutLanguageMiddleware:
    """A file that is the same in every language says so: caches then keep it once.

    Django marks every address without a language as one that depends on the reader's.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if getattr(response, "is_without_language", False):
            named = response.headers.get("Vary", "").split(",")
            others = [name.strip() for name in named if "language" not in name.lower()]
            for header in ("Content-Language", "Vary"):
                response.headers.pop(header, None)
            if any(others):
                response.headers["Vary"] = ", ".join(others)
        return response


class RefuseUnknownMethodMiddleware:
    """TRACE, PUT, DELETE and made-up methods get 405, whatever a view would do (row W3).

    But for the few views that name a method in `more_methods`, as the upload protocol does.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method not in ALLOWED_METHODS and not self._is_known_to_view(request):
            return explain(request, HttpResponseNotAllowed(sorted(ALLOWED_METHODS)))
        response = self.get_response(request)
        if response.status_code == 405 and not response.content:
            return explain(request, response)
        return response

    def _is_known_to_view(self, request) -> bool:
        try:
            view = resolve(request.path_info).func
        except Resolver404:
            return False
        return request.method in getattr(view, "more_methods", ())


def explain(request, response):
    """Our page as the body of a bare 405; the headers, such as Allow, stay."""
    page = error_page(request, 405)
    response.content = page.content
    response["Content-Type"] = page["Content-Type"]
    response["Content-Length"] = str(len(page.content))
    return response


class SessionMiddleware(sessions.SessionMiddleware):
    """Django's, which answers 400 when another request ended the session meanwhile.

    Or when the database did not take the session: that ends nobody's.
    """

    def process_response(self, request, response):
        try:
            return super().process_response(request, response)
        except SessionInterrupted as error:
            if not is_database_away(error):
                return session_ended(request, response)
            # A form that was taken keeps its answer; whoever looks may look again.
            is_look = request.method in ("GET", "HEAD")
            return not_now(request, error) if is_look else response


class RefuseUnreadableMiddleware:
    """400 for text that no form of ours sends and the database cannot keep (row Z3).

    Zero bytes in a path or a cookie, and letters in another code than UTF-8. The public
    forms clean what was typed themselves and say so; those of the offices are looked at here.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not self._is_utf8(request) or self._has_zero_byte(request):
            return bad_request(request)
        return self.get_response(request)

    def _is_utf8(self, request) -> bool:
        charset = (request.content_params or {}).get("charset", "utf-8")
        try:
            return codecs.lookup(charset).name == "utf-8"
        except (LookupError, ValueError):
            return False

    def _has_zero_byte(self, request) -> bool:
        texts = [request.path_info, *request.COOKIES.values()]
        if staff_site(request):
            sent = [*request.GET.lists(), *request.POST.lists()]
            texts += [text for name, values in sent for text in (name, *values)]
        return any("\0" in text for text in texts)


def staff_site(request) -> str:
    """Which of the two offices the address belongs to, if any."""
    return next((site for site, path in _offices() if request.path.startswith(path)), "")


@cache
def _offices() -> tuple[tuple[str, str], ...]:
    """Each site with its address, which no language changes; asked twice for every page."""
    return tuple((site, reverse(f"{site}:index")) for site in ("office", "partners"))


class StaffSessionMiddleware:
    """Ends staff sessions after 15 minutes idle or 8 hours in all (row A5).

    Looks at the two offices alone: nobody's user matters on any other page.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        site = staff_site(request)
        if not site:
            return self.get_response(request)
        response = self._answer(request, site)
        # Errors too: Django marks only what a view itself returned (row A6).
        add_never_cache_headers(response)
        return response

    def _answer(self, request, site: str):
        if SESSION_KEY in request.session and request.user.is_authenticated:
            if staff_sessions.is_over(request.session):
                request.LANGUAGE_CODE = request.user.language or request.LANGUAGE_CODE
                logout(request)
                return self._ask_to_log_in(request, site)
            staff_sessions.touch(request.session)
        response = self.get_response(request)
        is_sent_away = response.status_code == 302 and response.url.startswith(
            reverse(f"{site}:login")
        )
        return self._keep_words(request, site) or response if is_sent_away else response

    def _ask_to_log_in(self, request, site: str):
        """The log-in page says why, and leads back to the page that was asked for."""
        back = {"ended": "1"}
        if request.method == "GET":
            back["next"] = request.get_full_path()
        address = f"{reverse(f'{site}:login')}?{urlencode(back)}"
        return self._keep_words(request, site) or redirect(address)

    def _keep_words(self, request, site: str):
        """What was typed into a form that came too late, to be copied; None without any."""
        words = typed_words(request.POST) if request.method == "POST" else []
        if not words:
            return None
        context = {"words": words, "log_in": reverse(f"{site}:login")}
        return error_page(request, 403, "errors/ended.html", context)


def typed_words(post) -> list[str]:
    """Texts of a person: with a space, a letter beyond ASCII or some length.

    Keys, choices and numbers have neither, and what is secret is not shown again.
    """
    kept = []
    for name, values in post.lists():
        if "password" in name or name == "csrfmiddlewaretoken":
            continue
        kept += [
            text
            for text in values
            if len(text) > LONGEST_KEY or not text.isascii() or len(text.split()) > 1
        ]
    return kept
