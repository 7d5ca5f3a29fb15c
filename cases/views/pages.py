"""Photos of one paper become one document: the family chooses, orders, turns, names it."""

import re
from datetime import timedelta

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases import actions, sessions, times
from cases.forms.photos import Photo, PhotosForm
from cases.forms.policy import unvalidated
from cases.models import PhotoPage, Purpose
from cases.permissions import can_send_records
from cases.records.crypto import KeyDestroyedError
from cases.records.kinds import PICTURES, Status
from cases.views.private import family_page
from portal.languages import is_switching

# Photos that came within this of each other are likely of one paper.
TOGETHER = timedelta(minutes=30)
# One choice of files: several are on their way at a time.
AT_ONCE = timedelta(minutes=1)
NUMBERS = re.compile(r"(\d+)")


@require_http_methods(["GET", "HEAD", "POST"])
@family_page
def photos(request, case):
    """The page of a case that does not exist for whoever may not add papers."""
    if not can_send_records(request.member, case):
        raise Http404
    shown = _photos(case)
    if request.method != "POST":
        return _ask(request, case, shown, PhotosForm(photos=shown))
    if is_switching(request):
        return _ask(request, case, shown, unvalidated(PhotosForm, request.POST, photos=shown))
    form = PhotosForm(request.POST, photos=shown)
    if form.is_valid() and _is_asked(request, case, form):
        return redirect("case:papers", reference=case.reference)
    return _ask(request, case, shown, form)


def _is_asked(request, case, form) -> bool:
    try:
        actions.ask_for_document(by=request.member, case=case, **form.details())
    except actions.ActionRefusedError as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(request, _("The document is being made. The photos stay as they are."))
    return True


def _ask(request, case, shown: list[Photo], form):
    context = {
        "case": case,
        "form": form,
        "form_id": "photos-form",
        "has_photos": bool(shown),
        "unusable": [photo for photo in shown if not photo.size],
        "seconds_left": sessions.seconds_left(request),
    }
    return render(request, "cases/photos.html", context)


def _photos(case) -> list[Photo]:
    """Every picture that passed its checks, in the order in which they came."""
    records = list(
        case.records.filter(kind__in=PICTURES, status=Status.FINE)
        .prefetch_related("photo_pages")
        .order_by("created_at", "pk")
    )
    try:
        key = actions.case_key(case) if records else b""
    except KeyDestroyedError:
        return []
    sizes = {pk: copy.size for pk, copy in actions.usable_photos(case).items()}
    names = {record.pk: record.name(key) for record in records}
    together = _newest_together([row for row in records if not row.photo_pages.all()])
    return [
        Photo(
            id=record.pk,
            name=names[record.pk],
            sent=times.moment(record.created_at, case.time_zone),
            size=sizes.get(record.pk, 0),
            is_free=not record.photo_pages.all(),
            is_suggested=record.pk in together,
        )
        for record in _in_order(records, names)
    ]


def _in_order(records, names: dict) -> list:
    """Oldest first. Those that were sent at once arrive in any order: their names decide."""
    batches = []
    for record in records:
        if not batches or record.created_at - batches[-1][-1].created_at > AT_ONCE:
            batches.append([])
        batches[-1].append(record)
    return [
        record
        for batch in batches
        for record in sorted(batch, key=lambda record: _numbered(names[record.pk]))
    ]


def _numbered(name: str) -> list:
    """Such that page 2 comes before page 10."""
    return [
        (int(part) if part.isdecimal() else -1, part.casefold()) for part in NUMBERS.split(name)
    ]


def _newest_together(records) -> set:
    """The last ones that came shortly after each other and are part of no document."""
    found, last = set(), None
    for record in reversed(records):
        if last and last - record.created_at > TOGETHER:
            break
        found.add(record.pk)
        last = record.created_at
    return found


@require_POST
@family_page
def drop(request, case, document_id):
    """Takes back a document that is not made, or puts its message away."""
    document = get_object_or_404(case.photo_documents, pk=document_id)
    document.case = case
    try:
        actions.drop_document(by=request.member, document=document)
    except actions.ActionRefusedError as refusal:
        messages.error(request, str(refusal))
    return redirect("case:papers", reference=case.reference)


def papers_context(case) -> dict:
    """For the page of papers: documents without a PDF yet, photos that could become one."""
    free = case.records.filter(
        kind__in=PICTURES,
        status=Status.FINE,
        photo_pages=None,
        derived__purpose=Purpose.VIEWING,
        derived__storage_name__isnull=False,
    )
    return {"making": _making(case), "free_photos": free.count()}


def _making(case) -> list[dict]:
    documents = list(case.photo_documents.filter(record=None))
    try:
        key = actions.case_key(case) if documents else b""
    except KeyDestroyedError:
        return []
    return [
        {
            "id": document.pk,
            "name": document.name(key),
            "pages": document.page_count,
            "has_failed": document.failed_at is not None,
        }
        for document in documents
    ]


def with_pictures(case, rows: list[dict]) -> list[dict]:
    """The rows of the list: which have a stamp to show, and what belongs to what."""
    names = {row["id"]: row["name"] for row in rows}
    copies = case.derived.filter(purpose=Purpose.SMALL)
    stamps = dict(copies.values_list("record_id", "storage_name"))
    fine = case.records.filter(kind__in=PICTURES, status=Status.FINE)
    fine = set(fine.values_list("pk", flat=True))
    pages = PhotoPage.objects.filter(document__record__in=names)
    links = list(pages.values_list("record_id", "document__record_id"))
    for row in rows:
        row["has_stamp"] = row["can_open"] and bool(stamps.get(row["id"]))
        # The page's script then looks again by itself.
        row["is_waiting"] = row["id"] in fine and row["id"] not in stamps
        row["part_of"] = [names[whole] for part, whole in links if part == row["id"]]
        row["made_of"] = sum(whole == row["id"] for _part, whole in links)
    return rows
