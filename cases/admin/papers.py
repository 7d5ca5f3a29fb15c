"""A family's papers on the page of its case: save a copy, say that one cannot be read."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cases import actions
from cases.actions import ActionRefusedError, ChangedMeanwhileError
from cases.admin.desk import ADDRESS, find_case
from cases.forms.office import SortForm, UnreadableForm, VersionForm
from cases.models import Purpose, Record
from cases.records import store
from cases.records.crypto import KeyDestroyedError, SealBrokenError
from cases.views.files import file_response
from cases.views.viewing import copy_response, find_picture, picture_context
from portal.sites import office

NOT_KEPT = (KeyDestroyedError, SealBrokenError, store.FileLostError)


def _find(request, case_id, record_id) -> Record:
    case = find_case(request, case_id)
    record = get_object_or_404(case.records, pk=record_id)
    record.case = case
    return record


@require_safe
def save(request, case_id, record_id):
    """Every reading by staff is a row of the trail, written by the action (row L3)."""
    record = _find(request, case_id, record_id)
    try:
        reader, name = actions.open_record(by=request.user, record=record)
    except (ActionRefusedError, *NOT_KEPT) as error:
        raise Http404 from error
    return file_response(request, reader, name, record.kind)


@require_safe
def look(request, case_id, record_id):
    """The picture is asked for by the page, and that leaves the row."""
    case = find_case(request, case_id)
    record = find_picture(request.user, case, record_id)
    context = {"case": case, "title": case.reference, **picture_context(request.user, record)}
    request.current_app = office.name
    return TemplateResponse(request, "office/look.html", office.each_context(request) | context)


@require_safe
def picture(request, case_id, record_id):
    record = find_picture(request.user, find_case(request, case_id), record_id)
    return copy_response(request, request.user, record, Purpose.VIEWING)


@require_POST
def mark_unreadable(request, case_id, record_id):
    done = _("The family gets a task, with the reason in its language.")
    return _mark(request, case_id, record_id, UnreadableForm, actions.mark_unreadable, done)


@require_POST
def mark_readable(request, case_id, record_id):
    done = _("Marked as fine.")
    return _mark(request, case_id, record_id, VersionForm, actions.mark_readable, done)


@require_POST
def sort(request, case_id, record_id):
    """What the file is of the list, as far as staff know better than the family."""
    done = _("Noted, with your name.")
    return _mark(request, case_id, record_id, SortForm, _assign, done)


def _assign(*, by, record, items, version):
    chosen = record.case.checklist.filter(code__in=items)
    actions.assign_paper(by=by, record=record, items=chosen, version=version)


def _mark(request, case_id, record_id, form_class, action, done):
    record = _find(request, case_id, record_id)
    form = form_class(request.POST, prefix=str(record.pk))
    try:
        if form.is_valid():
            action(by=request.user, record=record, **form.details())
            messages.success(request, done)
        else:
            messages.error(request, _("Choose why it cannot be used."))
    except ActionRefusedError as refused:
        messages.error(request, str(refused))
    except ChangedMeanwhileError:
        messages.error(request, _("The case was changed meanwhile. Look, and try again."))
    return redirect(f"{reverse(ADDRESS, args=[record.case.pk])}#h-papers")


VIEWS = {
    "save": save,
    "look": look,
    "picture": picture,
    "unreadable": mark_unreadable,
    "readable": mark_readable,
    "sort": sort,
}
