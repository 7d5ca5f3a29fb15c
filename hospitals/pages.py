"""Keeps whole public pages until the directory changes.

The key holds the directory's version, so a change is seen by the next request
of every process. A kept page is rendered from a request that knows neither
session nor user: what one reader sees, every reader may see. So it holds no
secret either, and may be kept compressed.
"""

import hashlib
import re
from typing import NamedTuple

import brotli
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import get_language

KEEP_SECONDS = 3600
# Of 0 to 11; a page that is not kept is compressed once and thrown away.
KEPT_QUALITY, PASSING_QUALITY = 8, 4
BROTLI = re.compile(r"(?:^|,)\s*br\s*(?:;\s*q=(?:1|0\.[0-9]*[1-9])[0-9]*)?\s*(?:,|$)")


class Page(NamedTuple):
    """The bytes of a page, the same compressed, and their ETag."""

    body: bytes
    compressed: bytes
    etag: str


def find(request, version: int, query: str) -> Page | None:
    """The kept page under its canonical query, or None."""
    return cache.get(_key(request, version, query))


def make(request, version: int, template: str, context: dict, *, query: str = "", keep=True):
    """Render a page for the canonical query and keep it."""
    body = render_to_string(template, context, request=anonymous_copy(request, query)).encode()
    quality = KEPT_QUALITY if keep else PASSING_QUALITY
    compressed = brotli.compress(body, mode=brotli.MODE_TEXT, quality=quality)
    page = Page(body, compressed, hashlib.sha256(body).hexdigest()[:32])
    if keep:
        cache.set(_key(request, version, query), page, KEEP_SECONDS)
    return page


def answer(request, page: Page) -> HttpResponse:
    """200, or 304 for a reader who has this page. Readers keep it, but ask each time."""
    headers = {"Cache-Control": "public, no-cache", "Vary": "Accept-Encoding"}
    if BROTLI.search(request.headers.get("Accept-Encoding", "")):
        # Other bytes, so another ETag (RFC 9110, 8.8.3).
        body, etag = page.compressed, quote_etag(f"{page.etag}-br")
        headers["Content-Encoding"] = "br"
    else:
        body, etag = page.body, quote_etag(page.etag)
    response = HttpResponse(body, headers=headers | {"ETag": etag})
    return get_conditional_response(request, etag=etag, response=response)


def anonymous_copy(request, query: str) -> HttpRequest:
    """The same address with the canonical query, without cookies, session and user."""
    copy = HttpRequest()
    copy.method = "GET"
    copy.path, copy.path_info = request.path, request.path_info
    copy.resolver_match = request.resolver_match
    copy.META = {"QUERY_STRING": query}
    copy.GET = QueryDict(query)
    return copy


def _key(request, version: int, query: str) -> str:
    name = hashlib.sha256(f"{request.path}?{query}".encode()).hexdigest()
    return f"page:{version}:{get_language()}:{name}"
