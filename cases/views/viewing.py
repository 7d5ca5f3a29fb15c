"""A picture of the family on a page, from the copy that we made of it (row U4)."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from cases import actions, sessions, times
from cases.models import Purpose
from cases.permissions import can_read_record
from cases.records import store
from cases.records.crypto import KeyDestroyedError, SealBrokenError
from cases.records.kinds import PICTURES
from cases.views.files import inline_response
from cases.views.private import family_page

NOT_KEPT = (KeyDestroyedError, SealBrokenError, store.FileLostError)
COPIES = {"picture": Purpose.VIEWING, "small": Purpose.SMALL}


@require_safe
@family_page
def look(request, case, record_id):
    """The page around the picture; 404 for what is no picture that may be read."""
    record = find_picture(request.member, case, record_id)
    context = {
        "case": case,
        **picture_context(request.member, record),
        "sent": times.moment(record.created_at, case.time_zone),
        "seconds_left": sessions.seconds_left(request),
    }
    return render(request, "cases/look.html", context)


@require_safe
@family_page
def copy(request, case, record_id, size):
    record = find_picture(request.member, case, record_id)
    return copy_response(request, request.member, record, COPIES[size])


def find_picture(who, case, record_id):
    record = get_object_or_404(case.records.filter(kind__in=PICTURES), pk=record_id)
    record.case = case
    if not can_read_record(who, record):
        raise Http404
    return record


def copy_response(request, who, record, purpose):
    try:
        reader = actions.open_copy(by=who, record=record, purpose=purpose)
    except (actions.ActionRefusedError, *NOT_KEPT) as error:
        raise Http404 from error
    return inline_response(request, reader)


def picture_context(who, record) -> dict:
    """What both pages show beside the picture, and the pictures before and after it."""
    try:
        name = record.name(actions.case_key(record.case))
    except KeyDestroyedError as error:
        raise Http404 from error
    copy = record.derived.filter(purpose=Purpose.VIEWING).first()
    pictures = [row for row in _pictures(record.case) if can_read_record(who, row)]
    place = [row.pk for row in pictures].index(record.pk)
    return {
        "record": record,
        "name": name,
        # Being made, made, or not to be made.
        "copy": "waiting" if copy is None else "made" if copy.storage_name else "none",
        "number": place + 1,
        "count": len(pictures),
        "before": pictures[place - 1].pk if place else None,
        "after": pictures[place + 1].pk if place + 1 < len(pictures) else None,
    }


def _pictures(case):
    """In the order in which they came."""
    for record in case.records.filter(kind__in=PICTURES).order_by("created_at", "pk"):
        record.case = case
        yield record
