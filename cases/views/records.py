"""The family's papers: what arrived, adding more with or without JavaScript, saving, removing."""

import socket

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import actions, sessions, times, wording
from cases.forms.access import SignInForm
from cases.permissions import can_read_record, can_remove_record, can_send_records
from cases.records import kinds, store, tus
from cases.records.crypto import KeyDestroyedError, SealBrokenError
from cases.records.kinds import Status
from cases.views.files import file_response
from cases.views.imaging import imaging_context
from cases.views.items import items_named, read_checklist
from cases.views.pages import papers_context, with_pictures
from cases.views.private import family_page, make_private, sign_in_context
from cases.views.receiving import DiscardingHandler, SealingHandler

NOT_KEPT = (KeyDestroyedError, SealBrokenError, store.FileLostError)


def refuse_unread(request):
    """Show the sign-in page without a look at the body (rows R8, W4).

    Whoever has no session cannot hold a place by sending slowly, and no words of another site
    come into our pages.
    """
    context = sign_in_context(SignInForm()) | {"next": request.path, "has_files": True}
    answer = render(request, "cases/sign_in.html", context, status=403)
    answer["Connection"] = "close"
    return answer


def _without_plain_files(view):
    """Before anything looks at the form: of what nobody may send here nothing is read.

    The token is asked for later, by `_receive`: it lies in the same body.
    """

    @csrf_exempt
    def inner(request, *args, **kwargs):
        request.upload_handlers = [DiscardingHandler(request)]
        try:
            if request.method == "POST" and sessions.current_member(request) is None:
                return make_private(refuse_unread(request))
            return view(request, *args, **kwargs)
        finally:
            # A stranger's, or sent to another family's case. Django keeps no other word of it.
            if request.method == "POST" and not request._read_started:
                _shut(request)

    return inner


def _shut(request) -> None:
    """Or the server would read the rest, before the next request of the same line."""
    line = request.META.get("gunicorn.socket")
    if line is not None:
        line.shutdown(socket.SHUT_RD)


@_without_plain_files
@require_http_methods(["GET", "HEAD", "POST"])
@family_page
def papers(request, case):
    """The list; a POST brings files of the plain form."""
    if request.method != "POST" or not can_send_records(request.member, case):
        return _show(request, case)
    handler = SealingHandler(request, case, actions.case_key(case))
    request.upload_handlers = [handler]
    try:
        return _receive(request, case, handler)
    finally:
        # Without a token, or cut off: no file of it gets a row.
        if not handler.is_taken:
            handler.discard()
        if not handler.is_whole:
            _shut(request)


@csrf_protect
def _receive(request, case, handler):
    # Looking reads the body, where the look for the token did not: then the handler has it all.
    handler.is_taken = request.FILES is not None and handler.is_whole
    if not handler.is_whole:
        lost = _("The line was lost before everything arrived. Send the files again.")
        return _show(request, case, [{"name": "", "text": lost}])
    kept, troubles, items = 0, [], items_named(case, request.POST.get("item", ""))
    for received in handler.received:
        trouble = _keep(request.member, case, received, items)
        kept += not trouble
        troubles += [{"name": received.name, "text": trouble}] if trouble else []
    if kept and not troubles:
        messages.success(request, _arrived(kept))
        return redirect("case:papers", reference=case.reference)
    if not handler.received:
        troubles = [{"name": "", "text": _("Choose at least one file first.")}]
    return _show(request, case, troubles, _arrived(kept) if kept else "")


def _keep(member, case, received, items) -> str:
    """Nothing when it was kept, else why not, in words."""
    if received.is_full:
        return _("Our storage is full at the moment. Try again later, or call us.")
    if received.is_broken:
        return _("Our storage does not answer at the moment. Try again later, or call us.")
    if received.refusal:
        return received.refusal
    try:
        record = actions.keep_whole(
            by=member,
            case=case,
            name=received.name,
            size=received.size,
            storage_name=received.storage_name,
        )
        if items:
            actions.assign_paper(by=member, record=record, items=items)
    except actions.ActionRefusedError as refusal:
        return str(refusal)
    except store.FileLostError:
        return _("It did not arrive whole. Send it again.")
    return ""


def _arrived(count: int) -> str:
    return ngettext(
        "%(count)d file arrived and is being checked.",
        "%(count)d files arrived and are being checked.",
        count,
    ) % {"count": count}


def _show(request, case, troubles=(), arrived=""):
    items = read_checklist(case, request.member).items
    context = {
        "case": case,
        "items": items,
        "asked_item": request.GET.get("item", ""),
        "papers": with_pictures(case, _rows(request, case, items)),
        **papers_context(case),
        **imaging_context(case),
        "can_send": can_send_records(request.member, case),
        "troubles": troubles,
        "arrived": arrived,
        "accept": kinds.ACCEPT,
        "form_files": kinds.FORM_FILES,
        "upload_url": reverse("upload:begin", args=[case.reference]),
        "endings": ",".join(kinds.ENDINGS),
        "paper_max": kinds.PAPER_MAX,
        "imaging_max": kinds.IMAGING_MAX,
        "has_draft": sessions.open_draft(request) is not None,
        "seconds_left": sessions.seconds_left(request),
    }
    return render(request, "cases/papers.html", context)


def _rows(request, case, items) -> list[dict]:
    """The newest first."""
    records = list(case.records.living().order_by("-created_at"))
    try:
        key = actions.case_key(case) if records else b""
    except KeyDestroyedError:
        return []
    return [_row(request, case, record, key) | _serving(items, record) for record in records]


def _serving(items, record) -> dict:
    """What this file is of the list, and the whole list to choose from."""
    choices = [
        {"id": item.row.pk, "name": item.name, "is_it": record.pk in item.record_ids}
        for item in items
    ]
    return {"items": choices, "served": [one["name"] for one in choices if one["is_it"]]}


def _row(request, case, record, key: bytes) -> dict:
    record.case = case
    return {
        "id": record.pk,
        "name": record.name(key),
        "size": filesizeformat(record.size),
        "sent": times.moment(record.created_at, case.time_zone),
        "status": record.status,
        "state": record.get_status_display(),
        "words": wording.paper_words(record),
        "can_open": can_read_record(request.member, record),
        "can_remove": can_remove_record(request.member, record),
        "unfinished": _unfinished(record, key) if record.status == Status.UPLOADING else None,
    }


def _unfinished(record, key: bytes) -> dict:
    """What the page needs to go on with it when the same file is chosen again."""
    modified = tus.read_metadata(record.metadata(key)).get("modified", b"")
    return {
        "url": reverse("upload:one", args=[record.case.reference, record.pk]),
        "size": str(record.size),
        "modified": modified.decode("ascii", "replace"),
        "percent": record.received * 100 // record.size,
    }


def _find(case, record_id):
    record = get_object_or_404(case.records, pk=record_id)
    record.case = case
    return record


@require_safe
@family_page
def paper(request, case, record_id):
    record = _find(case, record_id)
    try:
        reader, name = actions.open_record(by=request.member, record=record)
    except (actions.ActionRefusedError, *NOT_KEPT) as error:
        raise Http404 from error
    return file_response(request, reader, name, record.kind)


@require_POST
@family_page
def remove(request, case, record_id):
    record = _find(case, record_id)
    try:
        actions.remove_record(by=request.member, record=record)
        messages.success(request, _("Removed."))
    except actions.ActionRefusedError as refusal:
        messages.error(request, str(refusal))
    return redirect("case:papers", reference=case.reference)
