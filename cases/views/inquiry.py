"""The inquiry, page by page. Every page is saved before the next one is shown."""

from datetime import timedelta

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from cases import actions, intake, sessions, spam
from cases.actions.drafts import is_too_much
from cases.forms.known import condition_of
from cases.forms.policy import unvalidated
from cases.models.draft import Channel
from cases.views.drafts import (
    LATER,
    beginning,
    came_with,
    cost_of_beginning,
    one_moment,
    pause,
    start_in_another_language,
)
from cases.views.kept import (
    ask_again,
    ask_for_code,
    give_back,
    has_lost_its_draft,
    tell_too_late,
)
from cases.views.private import private, tell_script
from hospitals.models import Hospital
from portal.emergency import emergency_number
from portal.languages import is_switching

# How long the confirmation shows the code unless the family says that it has it.
CODE_SHOWN_FOR = timedelta(minutes=10)
FORM_ID = "inquiry-form"


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def start(request):
    """What the inquiry is, and the way back into one that was begun. POST: in another language."""
    if request.method == "POST":
        return start_in_another_language(request)
    begun, draft = beginning(came_with(request)), sessions.open_draft(request)
    context = {
        "draft": draft,
        # A link to the page in another language would lose the words.
        "form_id": "begin-form" if begun.get("q") and not draft else "",
        "hospital": _hospital(begun),
        "condition": condition_of(begun.get("condition", "")),
        "begun": begun,
    }
    return render(request, "cases/inquiry_start.html", context)


@require_safe
@private
def resume(request):
    """The first page that still waits for an answer."""
    draft = _draft(request)
    return _to_next(request, answers_of(request, draft))


def _draft(request):
    """The draft of this browser. One that was sent a while ago stands in nobody's way."""
    draft = sessions.current_draft(request)
    if draft and draft.case_id and not _is_young(draft.case):
        sessions.forget_draft(request)
        return None
    return draft


def answers_of(request, draft) -> intake.Answers:
    """As the family answered, or as somebody of the office types it in."""
    channel = draft.channel if draft and sessions.typist(request) else Channel.ONLINE
    return intake.Answers(draft.answers if draft else {}, channel)


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
    if request.method == "POST":
        return tell_script(request, _receive(request, page, draft))
    if draft and draft.case_id:
        return redirect("inquiry:sent")
    if draft is None and sessions.has_draft(request):
        return gone(request)
    return _show(request, page, answers_of(request, draft))


# Said at the page, with all that was typed still in it.
TOO_MUCH = gettext_lazy(
    "This is more than one page can keep, so nothing of it was saved. Shorten the texts; long "
    "letters and reports can be sent as files later."
)


def _receive(request, page, draft):
    if draft is None and "kept_page" in request.POST:
        return ask_again(request)
    answers = answers_of(request, draft)
    if is_switching(request) or page.form.is_asking(request.POST):
        return _render(request, page, answers, _as_typed(request, page, answers))
    form = answers.form(page, request.POST)
    if draft and draft.case_id:
        return tell_too_late(request, form, draft.case)
    if sessions.is_typist_gone(request):
        return give_back(request, form)
    if is_too_much(form.typed()):
        form.add_error(None, TOO_MUCH)
        return _render(request, page, answers, form)
    if draft is None and has_lost_its_draft(request):
        return ask_for_code(request, form, page)
    # Half a page is kept too when somebody pauses: it is asked again when the family is back.
    if LATER not in request.POST and not form.is_valid():
        return _render(request, page, answers, form)
    size = cost_of_beginning(request) if draft is None else 0
    if size:
        return one_moment(request, size)
    draft = _save(request, page, draft, form)
    if LATER in request.POST:
        return pause(request, draft)
    return _go_on(request, page, answers_of(request, draft))


def _as_typed(request, page, answers):
    return unvalidated(page.form, request.POST, answers=answers)


def _save(request, page, draft, form):
    """Into the draft of this browser; the first page that is saved begins one."""
    language = get_language()
    if draft is None:
        if sessions.has_draft(request):
            messages.warning(request, _("Your earlier pages are no longer here. This one is kept."))
        draft, secret = actions.start_draft(language=language)
        sessions.remember_draft(request, draft, secret)
    typed, by = form.typed(), sessions.typist(request)
    was_untouched = draft.is_untouched
    draft = actions.save_page(draft=draft, page=page.slug, typed=typed, language=language, by=by)
    if was_untouched:
        sessions.keep_as_long(request, draft)
    return draft


def _go_on(request, page, answers):
    """The next page that was not answered yet; nothing is asked twice."""
    if page.slug == "now" and answers.red_flags():
        return redirect("inquiry:emergency")
    following = answers.after(page)
    is_new = following and answers.cleaned(following.slug) is None
    if not is_new or answers.is_too_early(following):
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
    progress = answers.progress(page)
    context = {
        "page": page,
        "form": form,
        "form_id": FORM_ID,
        "progress": progress,
        "back": pages[progress.number - 2] if progress.number > 1 else None,
        "hospital": _hospital(answers.begun_with),
        "draft": sessions.current_draft(request),
        "typist": sessions.typist(request),
    }
    return render(request, "cases/inquiry_step.html", context)


def gone(request):
    """The draft expired or was erased; a fresh one can begin."""
    sessions.forget_draft(request)
    return render(request, "cases/inquiry_gone.html", status=410)


@require_safe
@private
def emergency(request):
    """The emergency number of the family's country, before anything else."""
    draft = sessions.current_draft(request)
    answers = answers_of(request, draft)
    context = {"number": emergency_number(answers.country()), "has_country": answers.country()}
    return render(request, "cases/inquiry_emergency.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@private
def check(request):
    """All answers again, each re-validated; then sending."""
    draft = _draft(request)
    if draft is None:
        return gone(request) if sessions.has_draft(request) else redirect("inquiry:start")
    if draft.case_id:
        return redirect("inquiry:sent")
    answers = answers_of(request, draft)
    waiting = answers.first_unanswered()
    if waiting:
        messages.warning(request, _("One page still needs your answer."))
        return redirect("inquiry:step", slug=waiting.slug)
    if request.method == "POST" and not is_switching(request):
        is_stale = request.POST.get("version", draft.version) != str(draft.version)
        send = _look_again if is_stale and "version" in request.POST else _send
        return tell_script(request, send(request, draft, answers))
    context = {
        "draft": draft,
        "typist": sessions.typist(request),
        **_check_context(answers),
        **spam.marks(draft),
    }
    return render(request, "cases/inquiry_check.html", context)


def _check_context(answers):
    rows = [(page, answers.bound(page.slug).summary()) for page in answers.pages()]
    return {
        "rows": rows,
        "form_id": FORM_ID,
        "has_red_flags": bool(answers.red_flags()),
    }


def _send(request, draft, answers):
    by = sessions.typist(request)
    sent = intake.to_send(answers, draft.language if by else get_language())
    if by is None:
        sent.case["held_for"] = spam.judge(draft, request.POST, request.META["REMOTE_ADDR"])
    try:
        case = actions.submit_inquiry(draft=draft, code=_code(request, draft), sent=sent, by=by)
    except actions.ActionRefusedError:
        return gone(request)
    except actions.ChangedMeanwhileError:
        return _look_again(request)
    return _typed_in(request, case) if by else redirect("inquiry:sent")


def _look_again(request, *_answers):
    """Another page was saved after this one was read: nothing goes out that nobody saw."""
    messages.warning(
        request, _("An answer was changed on another device. Look at all of them, then send.")
    )
    return redirect("inquiry:check")


def _typed_in(request, case):
    """Back in the office. The code is the family's alone: a mailed link makes it."""
    sessions.forget_draft(request)
    messages.success(
        request, _("Typed in. Tell the family the reference %(case)s.") % {"case": case.reference}
    )
    return redirect("office:cases_case_change", case.pk)


def _code(request, draft) -> str:
    """The same in each of several parallel submits, and kept nowhere.

    Empty in a browser that came by the code: the family has it already.
    """
    secret = sessions.draft_secret(request)
    return actions.draft_code(draft, secret) if secret else ""


@require_http_methods(["GET", "HEAD", "POST"])
@private
def sent(request):
    """Reference and code, what happens next, and by when. Later than that it is shown once."""
    draft = sessions.current_draft(request)
    if draft is None or draft.case_id is None or not sessions.may_act_as_family(request):
        return redirect("inquiry:start")
    if request.method == "POST" and not is_switching(request):
        return _written_down(request, draft)
    is_young = _is_young(draft.case)
    context = {
        "case": draft.case,
        "code": _code(request, draft) if is_young else "",
        "has_code": bool(draft.code_hash),
        "is_mailed": actions.is_receipt_mailed(draft.case),
        "number": emergency_number(draft.case.country) if draft.case.inquiry.red_flags else None,
    }
    if not is_young:
        sessions.forget_draft(request)
    return render(request, "cases/inquiry_sent.html", context)


def _written_down(request, draft):
    """The family has the code: this browser forgets what it was made of, and goes on."""
    reference, is_young = draft.case.reference, _is_young(draft.case)
    member = actions.open_sent(draft=draft) if is_young else None
    sessions.forget_draft(request)
    if member is None:
        return redirect(f"{reverse('case:sign-in')}?{urlencode({'reference': reference})}")
    sessions.sign_in(request, member)
    return redirect("case:papers" if "papers" in request.POST else "case:detail", reference)


def _hospital(begun: dict) -> Hospital | None:
    """The hospital whose page the family came from."""
    slug = begun.get("hospital")
    return Hospital.objects.public().filter(slug=slug).first() if slug else None
