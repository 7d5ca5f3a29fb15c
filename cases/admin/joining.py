"""The last look before two cases become one: what moves, what ends."""

from django.contrib import messages
from django.db.models import Sum
from django.http import Http404
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import actions
from cases.admin.desk import ADDRESS, find_case, find_hint
from cases.forms.sharing import JoinForm
from cases.models import Case, DuplicateHint
from portal.sites import office


@require_http_methods(["GET", "HEAD", "POST"])
def join(request, case_id, hint_id):
    """The case of the address goes on; the other one ends in it."""
    keep = find_case(request, case_id)
    hint = find_hint(request.user, keep, hint_id)
    if hint.state != DuplicateHint.State.OPEN or hint.agreements.count() < 2:
        raise Http404
    form = JoinForm(
        request.POST if request.method == "POST" else None, initial={"version": keep.version}
    )
    if request.method != "POST" or not form.is_valid():
        return _show(request, keep, hint, form)
    try:
        actions.merge_cases(
            by=request.user, hint=hint, keep=keep, version=form.cleaned_data["version"]
        )
        messages.success(request, _("Joined with this case. Both are told that there is news."))
    except actions.ActionRefusedError as refused:
        messages.error(request, str(refused))
    except actions.ChangedMeanwhileError:
        messages.error(request, _("The case was changed meanwhile. Look, and try again."))
        return redirect("office:cases_case_join", keep.pk, hint.pk)
    return redirect(ADDRESS, keep.pk)


def _show(request, keep: Case, hint: DuplicateHint, form):
    left = hint.other(keep)
    context = office.each_context(request) | {
        "title": _("Join two cases"),
        "keep": keep,
        "left": left,
        "form": form,
        "moving": _moving(left),
        "ending": left.referrals.filter(ended_at=None).select_related("hospital"),
        "consents": left.consents.filter(withdrawn_at=None).select_related("hospital"),
    }
    request.current_app = office.name
    return TemplateResponse(request, "office/joining.html", context)


def _moving(left: Case) -> list[tuple]:
    """Numbers alone: nobody opens what a family wrote to decide this."""
    size = left.records.aggregate(size=Sum("size", default=0))["size"]
    return [
        (_("Messages"), left.messages.count()),
        (_("Papers"), f"{left.records.count()} ({filesizeformat(size)})"),
        (_("Open tasks"), left.tasks.filter(done_at=None).count()),
        (_("Adults"), left.family.filter(ended_at=None).count()),
    ]
