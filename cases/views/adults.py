"""A second adult of the family: let in and out by the owner."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases import actions
from cases.forms.adults import AdultForm
from cases.forms.policy import unvalidated
from cases.permissions import is_owner
from cases.views.private import family_page
from portal.languages import is_switching


@require_http_methods(["GET", "HEAD", "POST"])
@family_page
def invite(request, case):
    """The page of a case that does not exist for whoever is not its owner."""
    if not is_owner(request.member):
        raise Http404
    if request.method != "POST":
        return _ask(request, case, AdultForm())
    if is_switching(request):
        return _ask(request, case, unvalidated(AdultForm, request.POST))
    form = AdultForm(request.POST)
    return _let_in(request, case, form) if form.is_valid() else _ask(request, case, form)


def _ask(request, case, form):
    context = {"case": case, "form": form, "form_id": "adult-form"}
    return render(request, "cases/adult.html", context)


def _let_in(request, case, form):
    """Without an address the code is shown in this one answer and never again."""
    try:
        adult, code = actions.invite_adult(by=request.member, case=case, **form.details())
    except actions.ActionRefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect("case:detail", reference=case.reference)
    if code:
        context = {"case": case, "adult": adult, "code": code}
        return render(request, "cases/adult_code.html", context)
    messages.success(request, _("The invitation is on its way. Tell them the reference yourself."))
    return redirect("case:detail", reference=case.reference)


@require_POST
@family_page
def end(request, case):
    adult = get_object_or_404(case.family, is_owner=False, ended_at=None)
    adult.case = case
    try:
        actions.end_adult(by=request.member, member=adult)
        messages.success(request, _("They no longer have access."))
    except actions.ActionRefusedError as refusal:
        messages.error(request, str(refusal))
    return redirect("case:detail", reference=case.reference)
