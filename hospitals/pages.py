"""Keeps whole public pages until the directory changes.

The key holds the directory's version, so a change is seen by the next request
of every process, and the day in Shanghai, because claims fade and offers end by
the day. A kept page is rendered from a request that knows neither session nor
user: what one reader sees, every reader may see. So it holds no secret either,
and may be kept compressed.

ETag, plain and compressed bytes are kept apart: the cache copies what it hands
out, and a reader who has the page needs the ETag alone.
"""

import hashlib
from typing import NamedTuple

import brotli
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, QueryDict
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language, get_language_from_path

from hospitals.freshness import shanghai_today
from hospitals.models import DirectoryVersion

KEEP_SECONDS = 3600
# A reader keeps a page, but asks each time whether it is still the same.
FRESHNESS = {"Cache-Control": "public, no-cache", "Vary": "Accept-Encoding"}
# Of 0 to 11; a page that is not kept is compressed once and thrown away.
KEPT_QUALITY, PASSING_QUALITY = 8, 4
# Letters of the header that are read, and encodings of it: browsers send five in thirty letters.
HEADER_LETTERS, ENCODINGS = 200, 20


class Page(NamedTuple):
    """A page's ETag and its bytes; of a kept page only what the reader asked for, or none."""

    etag: str
    body: bytes = b""
    compressed: bytes = b""


def repeat_visit(request) -> HttpResponse | None:
    """304 for a reader who has the page as it is kept now; None for everybody else.

    Asked before session, language and user are looked at: none of them is in a kept page.
    """
    known = request.META.get("HTTP_IF_NONE_MATCH")
    language = get_language_from_path(request.path_info)
    if not known or not language or request.method not in ("GET", "HEAD"):
        return None
    # Raises for a host that is not ours, as the pages do.
    request.get_host()
    version, query = DirectoryVersion.current(), request.META["QUERY_STRING"]
    etag = cache.get(_key(request, version, query, language))
    if etag is None or known != sent_etag(etag, takes_brotli(request)):
        return None
    return HttpResponseNotModified(headers=FRESHNESS | {"ETag": known})


def find(request, version: int, query: str) -> Page | None:
    """The kept page under its canonical query, or None."""
    key = _key(request, version, query, get_language())
    etag = cache.get(key)
    if etag is None:
        return None
    is_compressed = takes_brotli(request)
    if sent_etag(etag, is_compressed) == request.headers.get("If-None-Match"):
        return Page(etag)
    kept = cache.get(f"{key}:{is_compressed}")
    if kept is None:
        return None
    return Page(etag, compressed=kept) if is_compressed else Page(etag, body=kept)


def make(request, version: int, template: str, context: dict, *, query: str = "", keep=True):
    """Render a page for the canonical query and keep it."""
    body = render_to_string(template, context, request=anonymous_copy(request, query)).encode()
    quality = KEPT_QUALITY if keep else PASSING_QUALITY
    compressed = brotli.compress(body, mode=brotli.MODE_TEXT, quality=quality)
    page = Page(hashlib.sha256(body).hexdigest()[:32], body, compressed)
    if keep:
        key = _key(request, version, query, get_language())
        kept = {f"{key}:False": body, f"{key}:True": compressed, key: page.etag}
        cache.set_many(kept, KEEP_SECONDS)
    return page


def answer(request, page: Page) -> HttpResponse:
    """200, or 304 for a reader who has this page."""
    is_compressed = takes_brotli(request)
    etag = sent_etag(page.etag, is_compressed)
    headers = FRESHNESS | {"ETag": etag}
    if is_compressed:
        headers["Content-Encoding"] = "br"
    body = page.compressed if is_compressed else page.body
    response = HttpResponse(body, headers=headers)
    return get_conditional_response(request, etag=etag, response=response)


def takes_brotli(request) -> bool:
    """Whether the reader takes Brotli (RFC 9110, 12.5.3).

    Split, not searched: a regular expression over a header of 8 KB stalls a process for seconds.
    """
    header = request.headers.get("Accept-Encoding", "")[:HEADER_LETTERS]
    return any(map(_is_brotli, header.split(",")[:ENCODINGS]))


def _is_brotli(part: str) -> bool:
    name, _semicolon, weight = part.partition(";")
    if name.strip().lower() != "br":
        return False
    key, _equals, value = weight.partition("=")
    if not weight.strip():
        return True
    try:
        return key.strip().lower() == "q" and 0 < float(value) <= 1
    except ValueError:
        return False


def sent_etag(etag: str, is_compressed: bool) -> str:
    """Other bytes, so another ETag (RFC 9110, 8.8.3)."""
    return f'"{etag}-br"' if is_compressed else f'"{etag}"'


def anonymous_copy(request, query: str) -> HttpRequest:
    """The same address with the canonical query, without cookies, session and user."""
    copy = HttpRequest()
    copy.method = "GET"
    copy.path, copy.path_info = request.path, request.path_info
    copy.resolver_match = request.resolver_match
    copy.META = {"QUERY_STRING": query}
    copy.GET = QueryDict(query)
    return copy


def _key(request, version: int, query: str, language: str) -> str:
    name = hashlib.sha256(f"{request.path}?{query}".encode()).hexdigest()
    return f"page:{version}:{shanghai_today()}:{language}:{name}"
