"""Small middlewares: the true client's address, headers on every answer, methods."""

import time
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

# Forms know no others; the admin would answer PUT and DELETE like GET.
ALLOWED_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
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


class RefuseUnknownMethodMiddleware:
    """TRACE, PUT, DELETE and made-up methods get 405, whatever a view would do (row W3)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method not in ALLOWED_METHODS:
            return HttpResponseNotAllowed(sorted(ALLOWED_METHODS))
        return self.get_response(request)


class StaffSessionMiddleware:
    """Ends staff sessions after 15 minutes idle or 8 hours in all (row A5).

    Looks at the two offices alone: nobody's user matters on any other page.
    """

    STARTED, SEEN = "staff_started_at", "staff_seen_at"
    SITES = ("office", "partners")

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        site = self._site(request)
        if not site:
            return self.get_response(request)
        response = self._answer(request, site)
        # Errors too: Django marks only what a view itself returned (row A6).
        add_never_cache_headers(response)
        return response

    def _answer(self, request, site: str):
        if SESSION_KEY in request.session and request.user.is_authenticated:
            if self._is_over(request.session):
                logout(request)
                return self._ask_to_log_in(request, site)
            now = time.time()
            request.session.setdefault(self.STARTED, now)
            request.session[self.SEEN] = now
        return self.get_response(request)

    def _site(self, request) -> str:
        paths = ((site, reverse(f"{site}:index")) for site in self.SITES)
        return next((site for site, path in paths if request.path.startswith(path)), "")

    def _is_over(self, session) -> bool:
        now = time.time()
        idle = now - session.get(self.SEEN, now)
        age = now - session.get(self.STARTED, now)
        return (
            idle >= settings.STAFF_SESSION_IDLE.total_seconds()
            or age >= settings.STAFF_SESSION_MAX.total_seconds()
        )

    def _ask_to_log_in(self, request, site: str):
        """The log-in page says why, and leads back to the page that was asked for."""
        back = {"ended": "1"}
        if request.method == "GET":
            back["next"] = request.get_full_path()
        return redirect(f"{reverse(f'{site}:login')}?{urlencode(back)}")
