"""Answers that are written while they are read: one for each version, 304 to who has it.

A long answer holds a thread and its database connection until the last reader's byte, so
only a few run at once in a process; the pages have the other threads.
"""

from collections.abc import Callable, Iterator
from threading import BoundedSemaphore

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _

from portal.streams import pieces_or_cut

MOST_AT_ONCE = 3
RETRY_AFTER_SECONDS = 30
_seats = BoundedSemaphore(MOST_AT_ONCE)


class Pieces:
    """Hands out the pieces and gives the seat back, however far they were read."""

    def __init__(self, pieces: Iterator[str]):
        self._pieces, self._has_seat = pieces, True

    def __iter__(self):
        return self

    def __next__(self) -> str:
        return next(self._pieces)

    def close(self) -> None:
        """Called by Django at the end of the answer, also when the reader has left."""
        if self._has_seat:
            self._has_seat = False
            _seats.release()
            self._pieces.close()

    # For an answer that never reached the server.
    __del__ = close


def stream(
    request, write: Callable[[], Iterator[str]], *, etag: str, content_type: str, **headers: str
) -> HttpResponse:
    """200 with the pieces, 304 for a reader who has them, 503 while too many are read.

    `write` is called only when somebody wants the body; HEAD costs nothing.
    """
    etag = quote_etag(etag)
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = _start(request, write, content_type)
    if response.status_code != 503:
        shared = {"ETag": etag, "Cache-Control": "public, no-cache"}
        for name, value in (shared | headers).items():
            response.headers[name] = value
        response.is_without_language = True
    return response


def _start(request, write, content_type: str) -> HttpResponse:
    if request.method == "HEAD":
        # Streaming, or the length of nothing would be told as that of the body.
        return StreamingHttpResponse((), content_type=content_type)
    if not _seats.acquire(blocking=False):
        return _busy()
    return StreamingHttpResponse(Pieces(pieces_or_cut(request, write())), content_type=content_type)


def _busy() -> HttpResponse:
    text = _("Too many people download this at the moment. Please try again in half a minute.")
    return HttpResponse(
        text,
        status=503,
        content_type="text/plain; charset=utf-8",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS), "Cache-Control": "no-store"},
    )
