"""What was typed on a page of the inquiry that this browser can no longer save: nothing is lost.

It waits in the next page as hidden values, and in no row and no session, until the family has
shown its code or begins anew; of an inquiry that was sent meanwhile it becomes a message.
"""

from django.contrib import messages
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases import actions, intake, sessions
from cases.actions.drafts import is_too_much
from cases.forms.access import SignInForm
from cases.forms.fields import Line, Paragraphs
from cases.forms.policy import unvalidated
from cases.views.private import KEPT, WORDS_KEPT, kept_of, sign_in_context
from portal.views.errors import error_page

# The hidden value by which every page says of which draft it is.
DRAFT = "draft"


def has_lost_its_draft(request) -> bool:
    """The page is of an inquiry that this browser no longer has open: its session has ended."""
    return bool(request.POST.get(DRAFT)) and not sessions.has_draft(request)


def ask_for_code(request, form, page):
    """The way back to the draft, and with it what was typed on this page."""
    reference = request.POST[DRAFT][:20]
    context = sign_in_context(SignInForm(initial={"reference": reference})) | {
        "has_expired": True,
        "kept": words_typed(form),
        "kept_page": page.slug,
        "kept_draft": reference,
        "kept_answers": urlencode(form.typed(), doseq=True),
    }
    return render(request, "cases/sign_in.html", context, status=403)


def ask_again(request):
    """The same page in another language."""
    form = unvalidated(SignInForm, request.POST)
    context = sign_in_context(form) | kept_of(request) | {"has_expired": True}
    return render(request, "cases/sign_in.html", context, status=403)


def give_back(request, form):
    """To somebody of the office whose log-in has ended while they typed: to be copied."""
    context = {"words": words_typed(form).splitlines(), "log_in": reverse("office:login")}
    return error_page(request, 403, "errors/ended.html", context)


def save_kept(request, draft, *, of: str | None = None) -> None:
    """Into this draft, as it was typed; with `of` only what was typed for that draft."""
    page, reference, answers = (request.POST.get(name, "") for name in KEPT)
    if page not in intake.BY_SLUG or (of is not None and reference != of):
        return
    kept = intake.Answers(draft.answers)
    form = kept.form(intake.BY_SLUG[page], QueryDict(answers, mutable=True))
    typed = form.typed()
    if is_too_much(typed):
        # No page of ours gives out so much: it refuses it first.
        return
    draft = actions.save_page(draft=draft, page=page, typed=typed, language=get_language())
    sessions.keep_as_long(request, draft)


def tell_too_late(request, form, case):
    """Sent from another device while this page was open."""
    words = words_typed(form)
    if words:
        sessions.keep_words(request, case.reference, words[:WORDS_KEPT])
        messages.warning(
            request,
            _("This inquiry was sent already. What you typed now waits as a message in your case."),
        )
    return redirect("inquiry:sent")


def words_typed(form) -> str:
    """The texts of a page, without its choices and numbers."""
    texts = (
        form.data.get(name, "").strip()
        for name, field in form.fields.items()
        if isinstance(field, Line | Paragraphs)
    )
    return "\n".join(filter(None, texts))
