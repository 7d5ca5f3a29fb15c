"""Giving out a sealed file: opened piece by piece, saved and never shown in the page (row U6)."""

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from cases.records.kinds import ALLOWED, Kind
from cases.views.private import make_private

TYPES = {str(allowed.kind): allowed.types[0] for allowed in ALLOWED}


def file_response(request, reader, name: str, kind: str):
    """The whole file as an attachment; of HEAD the headers alone."""
    answer = _response(request, reader, TYPES[kind])
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer


def inline_response(request, reader):
    """A picture that we made ourselves, for the page to show. Never what the family sent."""
    answer = _response(request, reader, TYPES[Kind.JPEG])
    answer["Content-Disposition"] = "inline"
    return answer


def _response(request, reader, content_type: str):
    if request.method == "HEAD":
        reader.release()
        answer = HttpResponse()
    else:
        answer = StreamingHttpResponse(Pieces(reader))
    answer["Content-Type"] = content_type
    answer["Content-Length"] = str(reader.size)
    # Whatever it is: a browser that shows it all the same runs nothing of it.
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Accept-Ranges"] = "none"
    return make_private(answer)


class Pieces:
    """What the server sends; it closes the file too when nobody waits for the rest."""

    def __init__(self, reader):
        self._reader = reader

    def __iter__(self):
        return self._reader.pieces()

    def close(self) -> None:
        self._reader.release()
