"""The family's list of papers: what is wanted and why, what is here, and a letter to ask for it."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cases import actions, sessions
from cases.checklist.letter import OWN_WORK, language_for, write_letter
from cases.checklist.papers import PaperCode
from cases.forms.checklist import ItemAnswerForm, ItemsForm
from cases.permissions import can_send_records
from cases.records.kinds import Status
from cases.views.items import read_checklist
from cases.views.private import family_page
from hospitals.actions.values import claim_value
from hospitals.claim_words import pick_text


@require_safe
@family_page
def show(request, case):
    wanted = actions.refresh_checklist(case=case)
    context = {
        "case": case,
        "checklist": read_checklist(case, request.member),
        "claims": [{"row": claim, "text": _text_of(claim)} for claim in wanted.claims],
        "can_change": can_send_records(request.member, case),
        "unsorted": _unsorted(case),
        "seconds_left": sessions.seconds_left(request),
    }
    return render(request, "cases/checklist.html", context)


def _unsorted(case) -> int:
    """Files that nobody said what they are. A photo that is part of a document is in it."""
    fine = case.records.filter(status=Status.FINE, items=None, photo_pages=None)
    return fine.count()


def _text_of(claim):
    """What the hospital adds in its own words, the reader's language first."""
    return pick_text(claim_value(claim), "text")


@require_POST
@family_page
def answer(request, case):
    form = ItemAnswerForm(request.POST, case=case)
    if not form.is_valid():
        messages.error(request, _("That did not work. Look at the list and try again."))
        return redirect("case:checklist", reference=case.reference)
    try:
        actions.answer_item(by=request.member, **form.cleaned_data)
        messages.success(request, _("Thank you. We have noted it."))
    except actions.ActionRefusedError as refusal:
        messages.error(request, str(refusal))
    return redirect("case:checklist", reference=case.reference)


@require_POST
@family_page
def sort(request, case, record_id):
    """Which papers of the list this file is."""
    record = get_object_or_404(case.records, pk=record_id)
    record.case = case
    form = ItemsForm(request.POST, case=case)
    try:
        if form.is_valid():
            actions.assign_paper(by=request.member, record=record, **form.cleaned_data)
            messages.success(request, _("Noted what this paper is."))
        else:
            messages.error(request, _("That did not work. Look at the list and try again."))
    except actions.ActionRefusedError as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{reverse('case:papers', args=[case.reference])}#sent")


@require_safe
@family_page
def letter(request, case):
    """To print: large in the doctor's language, and beneath it what it says for the family."""
    asked = [PaperCode(item.row.code) for item in read_checklist(case).to_ask_for]
    codes = [code for code in asked if code not in OWN_WORK]
    language = language_for(str(case.country), request.GET.get("language", ""))
    languages = list(dict.fromkeys([language, get_language()]))
    day = timezone.localdate(timezone=ZoneInfo(case.time_zone))
    context = {
        "case": case,
        "letters": [write_letter(code, codes, day) for code in languages] if codes else [],
        "language": language,
        "languages": settings.LANGUAGES,
    }
    return render(request, "cases/letter.html", context)
