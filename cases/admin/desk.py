"""The page of one case. Posting views have five beats: scoped lookup, form, one action,
message, redirect; a conflict shows both texts and keeps what was typed (row R4)."""

from functools import wraps

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cases import actions
from cases.actions import ActionRefusedError, ChangedMeanwhileError
from cases.admin.page import case_page, conflict_page
from cases.forms.office import (
    STEP_FORMS,
    AnswerForm,
    AssignForm,
    CheckForm,
    DueForm,
    DuplicateForm,
    EmailForm,
    TickForm,
    VersionForm,
)
from cases.models import Case, DuplicateHint
from portal import audit
from portal.sites import office

ADDRESS = "office:cases_case_change"


def find_case(request, case_id) -> Case:
    """A stranger's case is answered like one that does not exist (row Z2)."""
    if not request.user.has_perm("cases.view_case"):
        raise PermissionDenied
    cases = Case.objects.visible_to(request.user).select_related("inquiry", "assigned_to")
    return get_object_or_404(cases, pk=case_id)


@require_safe
def show(request, case_id):
    return _show(request, find_case(request, case_id))


def _show(request, case, forms=None):
    """Whoever sees what a family wrote leaves a row (who read our file)."""
    audit.record(by=request.user, action="case.opened", obj=case, label=case.reference)
    context = office.each_context(request) | case_page(request, case, forms or {})
    request.current_app = office.name
    return TemplateResponse(request, "office/case.html", context)


def posting(form_class, name):
    """The beats that all posting views share; the view itself calls its action."""

    def decorate(act):
        @require_POST
        @wraps(act)
        def view(request, case_id):
            return _run(request, find_case(request, case_id), form_class, name, act)

        return view

    return decorate


def _run(request, case, form_class, name, act):
    form = form_class(request.POST, prefix=name)
    if not form.is_valid():
        return _show(request, case, {name: form})
    try:
        # An action that leaves the case outside our sight leads back to the queue.
        messages.success(request, act(request.user, case, form.details()))
    except ChangedMeanwhileError:
        return _conflict(request, case, form, name)
    except ActionRefusedError as refused:
        if case.version != form.cleaned_data["version"]:
            # Possible when the page was opened: the words typed there are kept.
            return _conflict(request, case, form, name)
        messages.error(request, str(refused))
    if not Case.objects.visible_to(request.user).filter(pk=case.pk).exists():
        return redirect("office:cases_case_changelist")
    return redirect(ADDRESS, case.pk)


def _conflict(request, case, form, name):
    case = find_case(request, case.pk)
    audit.record(by=request.user, action="case.opened", obj=case, label=case.reference)
    context = office.each_context(request) | conflict_page(request, case, form, name)
    return TemplateResponse(request, "office/conflict.html", context, status=409)


@require_POST
def step(request, case_id, step):
    """One button of the workflow; the action looks at the table again."""
    if step not in actions.STEP_ACTIONS:
        raise Http404
    case = find_case(request, case_id)

    def act(user, case, details):
        actions.take_step(by=user, case=case, step=step, **details)
        return _("%(stage)s. The family is told by mail.") % {"stage": case.get_stage_display()}

    return _run(request, case, STEP_FORMS.get(step, VersionForm), step, act)


@posting(AnswerForm, "answer")
def answer(user, case, details):
    actions.answer_family(by=user, case=case, **details)
    return _("Sent. The family gets a mail that a message is waiting.")


@posting(AssignForm, "assign")
def assign(user, case, details):
    actions.assign_case(by=user, case=case, **details)
    return _("Assigned to %(name)s.") % {"name": details["to"].display_name()}


@posting(VersionForm, "take")
def take(user, case, details):
    actions.assign_case(by=user, case=case, to=user, **details)
    return _("This case is yours now.")


@posting(VersionForm, "read")
def mark_read(user, case, details):
    actions.mark_read(by=user, case=case, **details)
    return _("Marked as read.")


@posting(DueForm, "due")
def set_due(user, case, details):
    actions.set_due(by=user, case=case, **details)
    return _("The new date is set, and the family is told.")


@posting(EmailForm, "email")
def correct_email(user, case, details):
    member = get_object_or_404(case.family, is_owner=True)
    member.case = case
    if actions.correct_email(by=user, member=member, **details):
        return _("Corrected. A mail to the new address is on its way.")
    return _("Corrected. No mail could go to this address now. Call the family.")


@posting(VersionForm, "release")
def release(user, case, details):
    if actions.release_case(by=user, case=case, **details):
        return _("Into the queue. The family gets its first mail.")
    return _("Into the queue. No mail could go to this address now. Call the family.")


@posting(CheckForm, "check")
def record_check(user, case, details):
    actions.record_identity_check(by=user, case=case, **details)
    return _("Recorded, with your name.")


@posting(VersionForm, "link")
def send_link(user, case, details):
    member = get_object_or_404(case.family, is_owner=True)
    member.case = case
    actions.lock_out_and_send_link(by=user, member=member, **details)
    return _("The old code is void. The family gets a link to a new one, good for ten minutes.")


@posting(TickForm, "checklist")
def tick(user, case, details):
    actions.tick_items(by=user, case=case, **details)
    return _("Noted, with your name.")


def find_hint(user, case, pk) -> DuplicateHint:
    """Of this case and one that the person sees too; else there is none."""
    seen = Case.objects.visible_to(user)
    hints = DuplicateHint.objects.select_related("older", "newer").filter(
        Q(older=case) | Q(newer=case), older__in=seen, newer__in=seen
    )
    return get_object_or_404(hints, pk=pk)


@posting(DuplicateForm, "duplicate")
def decide_duplicate(user, case, details):
    hint = find_hint(user, case, details["hint"])
    deed, how = details["deed"], details["how"]
    if deed == "apart":
        actions.tell_apart(by=user, hint=hint)
        return _("Two patients. Neither family was told.")
    whose = case if deed == "agreed_here" else hint.other(case)
    actions.record_merge_agreement(by=user, hint=hint, case=whose, how=how)
    return _("Recorded, with your name.")


# Last part of the address and of the URL's name.
VIEWS = {
    "answer": answer,
    "assign": assign,
    "take": take,
    "read": mark_read,
    "due": set_due,
    "email": correct_email,
    "check": record_check,
    "checklist": tick,
    "release": release,
    "duplicate": decide_duplicate,
    "link": send_link,
}
