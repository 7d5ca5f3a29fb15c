"""The inquiry, page by page. Every page is saved before the next one is shown."""

from datetime import timedelta

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import actions, intake, sessions
from cases.codes import code_from_secret
from cases.forms.policy import unvalidated
from cases.views.private import private
from hospitals.forms.filters import MAX_QUERY
from hospitals.models import Condition, Hospital
from portal.emergency import emergency_number
from portal.languages import is_switching

# How long the confirmation shows the code unless the family says that it has it.
CODE_SHOWN_FOR = timedelta(minutes=10)
FORM_ID = "inquiry-form"


@require_safe
@cache_control(private=True, no_cache=True)
def start(request):
    """What the inquiry is, and the way back into one that was begun."""
    context = {
        "draft": sessions.open_draft(request),
        "hospital": _named_hospital(request.GET),
        "condition": _named_condition(request.GET),
        "words": _searched_words(request.GET),
    }
    return render(request, "cases/inquiry_start.html", context)


@require_POST
@private
def begin(request):
    """Takes along what the family chose or typed in the directory; no address repeats it."""
    draft = _draft(request)
    if draft is None:
        draft = _start_draft(request)
    for key, typed in _carried(request.POST).items():
        actions.save_page(draft=draft, page=key, typed=typed, language=get_language())
    return redirect("inquiry:step", slug=intake.PAGES[0].slug)


@require_safe
@private
def resume(request):
    """The first page that still waits for an answer."""
    draft = _draft(request)
    return _to_next(request, intake.Answers(draft.answers if draft else {}))


@require_POST
@private
def discard(request):
    """Erases what was typed, here and on the server."""
    draft = sessions.current_draft(request)
    if draft:
        actions.discard_draft(draft=draft)
    sessions.forget_draft(request)
    messages.success(request, _("What you typed is erased."))
    return redirect("inquiry:start")


def _draft(request):
    """The draft of this browser. One that was sent a while ago stands in nobody's way."""
    draft = sessions.current_draft(request)
    if draft and draft.case_id and not _is_young(draft.case):
        sessions.forget_draft(request)
        return None
    return draft


def _is_young(case) -> bool:
    return timezone.now() - case.created_at < CODE_SHOWN_FOR


@require_http_methods(["GET", "HEAD", "POST"])
@private
def step(request, slug):
    """One page: shown, or saved and on to the next."""
    page = intake.BY_SLUG.get(slug)
    if page is None:
        raise Http404
    draft = _draft(request)
    if draft and draft.case_id:
        return redirect("inquiry:sent")
    if request.method == "POST":
        return _receive(request, page, draft)
    if draft is None and sessions.has_draft(request):
        return _gone(request)
    return _show(request, page, intake.Answers(draft.answers if draft else {}))


def _receive(request, page, draft):
    answers = intake.Answers(draft.answers if draft else {})
    if is_switching(request):
        return _render(request, page, answers, _as_typed(request, page, answers))
    form = answers.form(page, request.POST)
    if not form.is_valid():
        return _render(request, page, answers, form)
    draft = _save(request, page, draft, form)
    return _go_on(request, page, intake.Answers(draft.answers))


def _as_typed(request, page, answers):
    return unvalidated(page.form, request.POST, answers=answers)


def _save(request, page, draft, form):
    """Into the draft of this browser; the first page that is saved begins one."""
    if draft is None:
        if sessions.has_draft(request):
            messages.warning(request, _("Your earlier pages are no longer here. This one is kept."))
        draft = _start_draft(request)
    return actions.save_page(
        draft=draft, page=page.slug, typed=form.typed(), language=get_language()
    )


def _start_draft(request):
    draft, secret = actions.start_draft(language=get_language())
    sessions.remember_draft(request, draft, secret)
    return draft


def _go_on(request, page, answers):
    """The next page; from the page that checks them all, back to it."""
    if page.slug == "now" and answers.red_flags():
        return redirect("inquiry:emergency")
    following = answers.after(page)
    if "change" in request.GET or following is None or answers.is_too_early(following):
        return _to_next(request, answers)
    return redirect("inquiry:step", slug=following.slug)


def _to_next(request, answers):
    waiting = answers.first_unanswered()
    return redirect("inquiry:step", slug=waiting.slug) if waiting else redirect("inquiry:check")


def _show(request, page, answers):
    if not page.applies(answers):
        return _to_next(request, answers)
    if answers.is_too_early(page):
        messages.info(request, _("This page comes first. What you saved so far is kept."))
        return _to_next(request, answers)
    return _render(request, page, answers, answers.form(page))


def _render(request, page, answers, form):
    pages = answers.pages()
    position = pages.index(page) if page in pages else 0
    context = {
        "page": page,
        "form": form,
        "form_id": FORM_ID,
        "number": position + 1,
        "total": len(pages),
        "back": pages[position - 1] if position else None,
        "hospital": _hospital_begun_with(answers),
        "draft": sessions.current_draft(request),
    }
    return render(request, "cases/inquiry_step.html", context)


def _gone(request):
    """The draft expired or was erased; a fresh one can begin."""
    sessions.forget_draft(request)
    return render(request, "cases/inquiry_gone.html", status=410)


@require_safe
@private
def emergency(request):
    """The emergency number of the family's country, before anything else."""
    draft = sessions.current_draft(request)
    answers = intake.Answers(draft.answers if draft else {})
    context = {"number": emergency_number(answers.country()), "has_country": answers.country()}
    return render(request, "cases/inquiry_emergency.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@private
def check(request):
    """All answers again, each re-validated; then sending."""
    draft = _draft(request)
    if draft is None:
        return _gone(request) if sessions.has_draft(request) else redirect("inquiry:start")
    if draft.case_id:
        return redirect("inquiry:sent")
    answers = intake.Answers(draft.answers)
    waiting = answers.first_unanswered()
    if waiting:
        messages.warning(request, _("One page still needs your answer."))
        return redirect("inquiry:step", slug=waiting.slug)
    if request.method == "POST" and not is_switching(request):
        return _send(request, draft, answers)
    return render(request, "cases/inquiry_check.html", _check_context(answers))


def _check_context(answers):
    rows = [(page, answers.bound(page.slug).summary()) for page in answers.pages()]
    return {"rows": rows, "form_id": FORM_ID, "has_red_flags": bool(answers.red_flags())}


def _send(request, draft, answers):
    sent = intake.to_send(answers, get_language())
    try:
        actions.submit_inquiry(draft=draft, code=_code(request, draft), sent=sent)
    except actions.ActionRefusedError:
        return _gone(request)
    return redirect("inquiry:sent")


def _code(request, draft) -> str:
    """The same in each of several parallel submits, and kept nowhere."""
    return code_from_secret(sessions.draft_secret(request), draft.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@private
def sent(request):
    """Reference and code, what happens next, and by when. Later than that it is shown once."""
    draft = sessions.current_draft(request)
    if draft is None or draft.case_id is None:
        return redirect("inquiry:start")
    if request.method == "POST" and not is_switching(request):
        return _written_down(request, draft.case)
    is_young = _is_young(draft.case)
    context = {
        "case": draft.case,
        "code": _code(request, draft) if is_young else "",
        "number": emergency_number(draft.case.country) if draft.case.inquiry.red_flags else None,
    }
    if not is_young:
        sessions.forget_draft(request)
    return render(request, "cases/inquiry_sent.html", context)


def _written_down(request, case):
    """The family has the code: this browser forgets what it was made of."""
    sessions.forget_draft(request)
    return redirect(f"{reverse('case:sign-in')}?{urlencode({'reference': case.reference})}")


def _named_hospital(data):
    """The hospital whose page the family came from."""
    slug = slugify(data.get("hospital", "")[:40])
    return Hospital.objects.public().filter(slug=slug).first() if slug else None


def _named_condition(data):
    """The condition whose page the family came from."""
    slug = slugify(data.get("condition", "")[:80])
    return Condition.objects.filter(slug=slug).first() if slug else None


def _searched_words(data) -> str:
    """What the family typed into the search, word for word."""
    return data.get("q", "").strip()[:MAX_QUERY]


def _carried(data) -> dict[str, str]:
    hospital, condition = _named_hospital(data), _named_condition(data)
    carried = {
        intake.BEGUN_WITH: hospital.slug if hospital else "",
        intake.BEGUN_CONDITION: condition.name if condition else "",
        intake.BEGUN_WORDS: _searched_words(data),
    }
    return {key: typed for key, typed in carried.items() if typed}


def _hospital_begun_with(answers):
    slug = answers.hospital_begun_with
    return Hospital.objects.public().filter(slug=slug).first() if slug else None
