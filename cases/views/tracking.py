"""The family's own case: whose turn it is, tasks, messages, the way, consents."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import actions, sessions, times, wording
from cases.forms.access import MessageForm
from cases.forms.policy import unvalidated
from cases.models.event import STAFF_ONLY_KINDS
from cases.notifications import is_told
from cases.permissions import can_take_step, can_write_message
from cases.views.imaging import must_act_on_scans
from cases.views.items import read_checklist, task_rows
from cases.views.private import family_page
from cases.views.sharing import summary
from cases.workflow import Step
from portal.languages import is_switching

# The newest of each are shown; nobody reads further back on a phone.
MESSAGES_SHOWN = 50
EVENTS_SHOWN = 200
FORM_ID = "message-form"
CHANGED = gettext_lazy("Your case changed at this very moment. Look, and try again.")


@require_http_methods(["GET", "HEAD", "POST"])
@family_page
def detail(request, case):
    """The case; a POST is a message to the office."""
    if request.method != "POST":
        kept = sessions.kept_words(request, case.reference)
        return _show(request, case, MessageForm(initial={"body": kept}))
    if is_switching(request):
        return _show(request, case, unvalidated(MessageForm, request.POST))
    form = MessageForm(request.POST)
    if not form.is_valid():
        return _show(request, case, form)
    return _write(request, case, form)


def _write(request, case, form):
    try:
        actions.write_message(
            by=request.member, case=case, language=get_language(), **form.cleaned_data
        )
    except actions.ActionRefusedError as refusal:
        messages.error(request, str(refusal))
        return _show(request, case, form)
    except actions.ChangedMeanwhileError:
        messages.warning(request, CHANGED)
        return _show(request, case, form)
    sessions.forget_words(request)
    messages.success(request, _("Your message is with us."))
    return redirect("case:detail", reference=case.reference)


def _show(request, case, form):
    return render(request, "cases/case.html", _context(request, case, form))


def _context(request, case, form) -> dict:
    checklist, paper_count = read_checklist(case), case.records.living().count()
    tasks = task_rows(case, checklist)
    events = list(case.events.exclude(kind__in=STAFF_ONLY_KINDS)[:EVENTS_SHOWN])
    return {
        "case": case,
        "form": form,
        "form_id": FORM_ID,
        "turn": wording.turn_of(case, sum(not task["is_done"] for task in tasks)),
        "closed_because": wording.closed_because(case),
        "tasks": tasks,
        "checklist": checklist,
        "paper_count": paper_count,
        "scans_need_family": bool(paper_count) and must_act_on_scans(case),
        "words": _words(request.member, case),
        "way": wording.way_of(case, events),
        "history": _history(case, events),
        **summary(request.member, case),
        "can_write": can_write_message(request.member, case),
        "can_withdraw": can_take_step(request.member, case, Step.WITHDRAW),
        "can_reopen": can_take_step(request.member, case, Step.REOPEN),
        "seconds_left": sessions.seconds_left(request),
        "asked_address": _asked_address(request.member, case),
        "draft": sessions.open_draft(request),
    }


def _asked_address(member, case) -> str:
    """The address that nobody confirmed yet, such as k***@example.org; else nothing."""
    if member.email_confirmed_at or not member.email or case.held_for or not is_told(case):
        return ""
    name, _at, domain = member.email.rpartition("@")
    return f"{name[:1]}***@{domain}"


def _words(member, case) -> list[dict]:
    """The newest messages, oldest first."""
    newest = case.messages.select_related("from_family").order_by("-created_at")
    return [
        {
            "body": message.body,
            "language": message.language,
            "at": times.moment(message.created_at, case.time_zone),
            "is_ours": message.from_staff_id is not None,
            "other": _other_adult(member, message),
        }
        for message in reversed(newest[:MESSAGES_SHOWN])
    ]


def _other_adult(member, message) -> str:
    """The name of whoever of the family wrote it, if it was not the reader."""
    writer = message.from_family
    return writer.name if writer and writer.pk != member.pk else ""


def _history(case, events) -> list[dict]:
    return [
        {"at": times.moment(event.at, case.time_zone), "text": wording.event_words(event)}
        for event in events
    ]


@require_POST
@family_page
def finish_task(request, case):
    done = _("Thank you. Your coordinator will look at it.")
    return _tell(request, done, actions.complete_task, case=case, code=request.POST.get("code", ""))


@require_http_methods(["GET", "HEAD", "POST"])
@family_page
def withdraw(request, case):
    """A page that asks once more; nothing happens before its button."""
    if not can_take_step(request.member, case, Step.WITHDRAW):
        return redirect("case:detail", reference=case.reference)
    if request.method != "POST" or is_switching(request):
        return render(request, "cases/withdraw.html", {"case": case, "form_id": "withdraw-form"})
    return _tell(request, _("Your case is withdrawn."), actions.withdraw_case, case=case)


@require_safe
@family_page
def slip(request, case):
    """For the purse: reference, the way to this page, and space for the code."""
    return render(request, "cases/slip.html", {"case": case})


@require_POST
@family_page
def reopen(request, case):
    return _tell(request, _("Your case is open again."), actions.reopen_case, case=case)


@require_POST
@family_page
def send_confirmation(request, case):
    """The mail that asks whether the address is right, once more."""
    done = _("It is on its way. Open the link in it.")
    return _tell(request, done, actions.send_confirmation)


def _tell(request, done: str, action, **details):
    """One action of the family, and what came of it."""
    try:
        action(by=request.member, **details)
        messages.success(request, done)
    except actions.ActionRefusedError as refusal:
        messages.error(request, str(refusal))
    except actions.ChangedMeanwhileError:
        messages.warning(request, CHANGED)
    return redirect("case:detail", reference=request.member.case.reference)
