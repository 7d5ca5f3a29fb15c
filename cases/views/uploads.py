"""Uploads by the tus 1.0 protocol, at /uploads/<reference>/: made to survive a cut line.

Outside the languages' addresses, so that an upload goes on whichever language
the page is in. A body is read in pieces and sealed; nothing loads it whole.
"""

from functools import wraps

from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpResponse, UnreadablePostError
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from cases import actions, sessions
from cases.actions.uploads import (
    ChecksumError,
    GoneError,
    StorageFullError,
    TooMuchError,
    WrongOffsetError,
    begin_upload,
    receive,
)
from cases.codes import normalise_reference
from cases.models import Case, Record
from cases.records import tus
from cases.records.kinds import IMAGING_MAX, Status
from cases.records.store import BusyError
from cases.views.items import items_named
from cases.views.private import make_private
from portal import alerts
from portal.troubles import StorageDownError, is_database_away, is_passing

READ = 64 * 1024
RETRY_SECONDS = 1


def tus_view(*methods):
    """What every address of the protocol shares: method, version, who asks, the headers."""

    def decorate(view):
        @wraps(view)
        def inner(request, reference, **kwargs):
            try:
                answer = _answer(request, reference, view, methods, kwargs)
            except (StorageDownError, DatabaseError, InterfaceError) as error:
                answer = _not_now(error)
            answer = make_private(answer)
            answer["Tus-Resumable"] = tus.VERSION
            return answer

        inner.more_methods = frozenset(methods)
        return inner

    return decorate


def _answer(request, reference, view, methods, kwargs):
    # For networks that let no PATCH through; the protocol demands it.
    method = request.headers.get("X-HTTP-Method-Override", request.method).upper()
    if method == "OPTIONS":
        return HttpResponse(status=204, headers=tus.discovery())
    if request.method not in (method, "POST") or method not in methods:
        return HttpResponse(status=405, headers={"Allow": ", ".join([*methods, "OPTIONS"])})
    request.member = sessions.current_member(request)
    if request.member is None:
        return _say(403, _("You were signed out. Sign in and choose the file again: it goes on."))
    if request.headers.get("Tus-Resumable") != tus.VERSION:
        return HttpResponse(status=412, headers={"Tus-Version": tus.VERSION})
    try:
        return view(request, _case_of(request, reference), method, **kwargs)
    except Http404:
        return _say(404, _("This upload is not known. Choose the file again."))
    except tus.BadHeaderError as error:
        return _say(400, f"{error}")
    except StorageFullError:
        return _say(507, _("Our storage is full at the moment. What arrived is safe; try later."))


def _not_now(error: Exception) -> HttpResponse:
    """503 for what the sender cannot help and can try again; else the error goes on."""
    if not is_passing(error):
        raise error
    if is_database_away(error):
        alerts.tell_operator(alerts.DATABASE_AWAY, "upload")
    answer = _say(503, _("Nothing can be kept at the moment. What arrived is safe; try later."))
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer


def _case_of(request, reference) -> Case:
    if normalise_reference(reference) != reference:
        raise Http404
    return get_object_or_404(Case.objects.visible_to(request.member), reference=reference)


def _say(status: int, words: str) -> HttpResponse:
    """A sentence that the page may show as it is."""
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")


@tus_view("POST")
def create(request, case, method):
    """201 with the address of a new upload."""
    size = tus.read_number(request.headers, "Upload-Length")
    text = request.headers.get("Upload-Metadata", "")
    metadata = tus.read_metadata(text)
    if size > IMAGING_MAX:
        return _say(413, actions.refusal_of("scan.zip", size))
    try:
        record = begin_upload(
            by=request.member,
            case=case,
            name=tus.file_name(metadata),
            size=size,
            metadata=text,
            submission=tus.submission(metadata),
        )
        _assign(request.member, record, metadata)
    except actions.ActionRefusedError as refusal:
        return _say(422, str(refusal))
    location = reverse("upload:one", args=[case.reference, record.pk])
    headers = {"Location": request.build_absolute_uri(location)}
    return HttpResponse(status=201, headers=headers | tus.expires(record.expires_at))


def _assign(member, record: Record, metadata: dict) -> None:
    """What paper of the list it is, if the page said so; sent again it changes nothing."""
    named = metadata.get("item", b"").decode("ascii", "replace")
    items = items_named(record.case, named)
    if items and not record.served.exists():
        actions.assign_paper(by=member, record=record, items=items)


@tus_view("HEAD", "PATCH", "DELETE")
def one(request, case, method, record_id):
    record = get_object_or_404(case.records, pk=record_id)
    record.case = case
    if record.is_expired:
        return _gone()
    return {"HEAD": _tell, "PATCH": _receive, "DELETE": _terminate}[method](request, record)


def _gone():
    return _say(410, _("This upload is not here any more. Choose the file again."))


def _tell(request, record: Record):
    """Where to go on, and what the client told us about the file."""
    headers = {"Upload-Offset": str(record.received), "Upload-Length": str(record.size)}
    metadata = record.metadata(actions.case_key(record.case))
    if metadata:
        headers["Upload-Metadata"] = metadata
    return HttpResponse(headers=headers | _expiry(record))


def _expiry(record: Record) -> dict:
    return tus.expires(record.expires_at) if record.status == Status.UPLOADING else {}


def _receive(request, record: Record):
    if request.headers.get("Content-Type", "").lower() != tus.CHUNK_TYPE:
        return HttpResponse(status=415)
    if not request.headers.get("Content-Length", "").isdigit():
        return HttpResponse(status=411)
    offset = tus.read_number(request.headers, "Upload-Offset")
    checksum = tus.read_checksum(request.headers.get("Upload-Checksum", ""))
    if offset == record.received and offset + int(request.headers["Content-Length"]) > record.size:
        return _too_much()
    try:
        receive(
            by=request.member,
            record=record,
            offset=offset,
            pieces=_pieces(request),
            checksum=checksum,
        )
    except WrongOffsetError:
        return HttpResponse(status=409, headers={"Upload-Offset": str(record.received)})
    except TooMuchError:
        return _too_much()
    except ChecksumError:
        return HttpResponse(status=tus.CHECKSUM_MISMATCH, reason="Checksum Mismatch")
    except GoneError:
        return _gone()
    except BusyError:
        return HttpResponse(status=423, headers={"Retry-After": str(RETRY_SECONDS)})
    headers = {"Upload-Offset": str(record.received)} | _expiry(record)
    return HttpResponse(status=204, headers=headers)


def _too_much():
    return _say(413, _("More arrived than was announced. Choose the file again."))


def _pieces(request):
    """The body as it arrives; when the line is cut, what came before it counts."""
    try:
        while piece := request.read(READ):
            yield piece
    except UnreadablePostError:
        return


def _terminate(request, record: Record):
    """Removes an upload, finished or not."""
    try:
        actions.remove_record(by=request.member, record=record)
    except actions.ActionRefusedError as refusal:
        return _say(403, str(refusal))
    return HttpResponse(status=204)
