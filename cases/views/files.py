"""Giving out a sealed file: opened piece by piece, saved and never shown in the page (row U6)."""

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from cases.records.kinds import ALLOWED, Kind
from cases.views.private import make_private
from portal.streams import pieces_or_cut

# A scan begins with bytes that mean nothing to it, and may be a program or a page to others.
PREAMBLE = 128
TYPES = {str(allowed.kind): allowed.types[0] for allowed in ALLOWED}


def file_response(request, reader, name: str, kind: str):
    """The whole file as an attachment; of HEAD the headers alone."""
    blank = PREAMBLE if kind == Kind.DICOM else 0
    answer = _response(request, reader, TYPES[kind], blank)
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer


def inline_response(request, reader):
    """A picture that we made ourselves, for the page to show. Never what the family sent."""
    answer = _response(request, reader, TYPES[Kind.JPEG])
    answer["Content-Disposition"] = "inline"
    return answer


def _response(request, reader, content_type: str, blank: int = 0):
    if request.method == "HEAD":
        reader.release()
        answer = HttpResponse()
    else:
        answer = StreamingHttpResponse(Pieces(request, reader, blank))
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

    def __init__(self, request, reader, blank: int = 0):
        """The first `blank` bytes are given out as zeros (row U4)."""
        self._request, self._reader, self._blank = request, reader, blank

    def __iter__(self):
        return pieces_or_cut(self._request, self._plain())

    def _plain(self):
        for number, piece in enumerate(self._reader.pieces()):
            yield piece if number else bytes(min(self._blank, len(piece))) + piece[self._blank :]

    def close(self) -> None:
        self._reader.release()
