"""The family's way in and out: reference and code, a mailed link, signing out."""

import math

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import actions, codes, sessions, throttle, work
from cases.actions.access import living_token
from cases.forms.access import LinkForm, LostCodeForm, SignInForm
from cases.forms.policy import unvalidated
from cases.jobs import mail_sign_in_link
from cases.models import Draft, FamilyMember
from cases.models.tokens import Purpose
from cases.views.kept import save_kept
from cases.views.private import family_page, kept_of, private, sign_in_context, words_of
from portal.languages import is_switching

READ_AND_SEND = ["GET", "HEAD", "POST"]


@require_http_methods(READ_AND_SEND)
@private
def sign_in(request):
    """Unknown reference, wrong code and withdrawn case are answered alike (row A3)."""
    if request.method != "POST":
        member = sessions.current_member(request)
        if member:
            return redirect("case:detail", reference=member.case.reference)
        initial = {"reference": request.GET.get("reference", "")[:20]}
        return _ask(request, SignInForm(initial=initial))
    if is_switching(request):
        return _ask(request, unvalidated(SignInForm, request.POST))
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _ask(request, form)
    return _try(request, form)


def _try(request, form):
    reference = codes.normalise_reference(form.cleaned_data["reference"])
    address = request.META["REMOTE_ADDR"]
    proof, ticket = (request.POST.get(name, "") for name in ("work", "ticket"))
    gate = throttle.knock("code", reference, address, proof=proof, ticket=ticket)
    if gate.seconds:
        return too_many(request, gate.seconds)
    if gate.size:
        return _ask(request, form, size=gate.size)
    sessions.refuse_typist(request)
    member = actions.sign_in(reference=reference, code=form.cleaned_data["code"])
    if member is None:
        return _ask(request, form, is_wrong=True)
    throttle.forgive("code", reference, address)
    if isinstance(member, Draft):
        sessions.enter_draft(request, member)
        save_kept(request, member, of=member.reference)
        return redirect("inquiry:resume")
    sessions.sign_in(request, member)
    if request.POST.get("kept"):
        sessions.keep_words(request, member.case.reference, words_of(request))
    return redirect(_safe_next(request) or reverse("case:detail", args=[member.case.reference]))


def _ask(request, form, is_wrong=False, size=0):
    """`size` of the work that is asked for first; scripts do a small one in any case."""
    posted = request.POST if request.method == "POST" else request.GET
    context = sign_in_context(form) | {
        "is_wrong": is_wrong,
        "next": posted.get("next", "")[:200],
        **kept_of(request),
        "has_expired": bool(posted.get("next")),
        "challenge": work.new_challenge(throttle.PURPOSE, size or work.EASY),
        **waiting(request, size),
    }
    return render(request, "cases/sign_in.html", context)


def waiting(request, size: int, purpose: str = throttle.PURPOSE) -> dict:
    """For browsers without scripts: the ticket that they hold already, or a new one."""
    if not size:
        return {"ticket": "", "seconds": 0}
    held = request.POST.get("ticket", "")
    left = work.seconds_until_ripe(f"{purpose}:{size}", held)
    if not left:
        held, left = throttle.new_ticket(purpose, size), throttle.WAITS[size]
    return {"ticket": held, "seconds": left}


def _safe_next(request) -> str:
    """Where the family wanted to go, if that is here (row W5)."""
    target = request.POST.get("next", "")
    is_here = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_here else ""


def too_many(request, seconds: int) -> HttpResponse:
    """What was written before signing in waits in the page too."""
    kept = kept_of(request)
    context = {
        "minutes": math.ceil(seconds / 60),
        **kept,
        "reference": request.POST.get("reference", "")[:20],
        "next": request.POST.get("next", "")[:200],
        # Without it the language menu leads to the same page as a link.
        "form_id": "sign-in-form" if any(kept.values()) else "",
    }
    answer = render(request, "cases/too_many.html", context, status=429)
    answer["Retry-After"] = str(seconds)
    return answer


@require_POST
@private
def sign_out(request):
    """The session's row is deleted and the browser told to forget the rest (row A6).

    An inquiry that is not sent is erased if there is no other way back to it; the page has
    said so.
    """
    draft = sessions.open_draft(request)
    # What the office types for a family is not its own to erase by leaving (row L3).
    if draft and not draft.has_way_back and not sessions.is_typists(request):
        actions.discard_draft(draft=draft)
    request.session.flush()
    answer = redirect("case:signed-out")
    answer["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return answer


@require_safe
@private
def signed_out(request):
    return render(request, "cases/signed_out.html")


@require_POST
@family_page
def stay(request, case):
    """The page is open and somebody is there: the idle clock starts again."""
    return HttpResponse(status=204)


@require_http_methods(READ_AND_SEND)
@private
def lost_code(request):
    """Answers the same whether or not the address is that of the case (row A3)."""
    if request.method == "POST" and not is_switching(request):
        form = LostCodeForm(request.POST)
        if form.is_valid():
            return _mail_link(request, form)
    else:
        form = unvalidated(LostCodeForm, request.POST or request.GET)
    return render(request, "cases/lost_code.html", {"form": form, "form_id": "lost-code-form"})


def _mail_link(request, form):
    """The same look-ups and one job in either case, so that time tells nothing."""
    reference = codes.normalise_reference(form.cleaned_data["reference"])
    gate = throttle.knock("link", reference, request.META["REMOTE_ADDR"])
    if gate.seconds:
        return too_many(request, gate.seconds)
    email = form.cleaned_data["email"]
    # One mailbox of two parents: the link is for whoever asked first.
    adults = FamilyMember.objects.of_reference(reference)
    member = adults.filter(email__iexact=email).order_by("-is_owner").first()
    draft = Draft.objects.open().filter(reference=reference).first()
    if draft and draft.email.lower() != email.lower():
        draft = None
    whom = member or draft
    mail_sign_in_link.enqueue(str(whom.pk) if whom else "")
    request.session[sessions.ASKED_FOR_LINK] = reference
    return redirect("case:link-mailed")


@require_safe
@private
def link_mailed(request):
    return render(request, "cases/link_mailed.html")


@require_http_methods(READ_AND_SEND)
@private
def link(request, token):
    """GET uses nothing up, because mail scanners follow links. POST signs in (row A4)."""
    row = living_token(token)
    if row is None:
        return render(request, "cases/link_expired.html", status=410)
    expected = row.references
    asked_here = request.session.get(sessions.ASKED_FOR_LINK) in expected
    if request.method != "POST" or is_switching(request):
        return _show_link(request, row, None if asked_here else LinkForm(expected=expected))
    form = LinkForm(request.POST, expected=expected)
    if not asked_here and not form.is_valid():
        return _show_link(request, row, form)
    return _use_link(request, token)


def _show_link(request, row, form):
    is_invitation = row.purpose == Purpose.INVITE
    if form and is_invitation:
        # Somebody told them the reference: they have sent nothing.
        form.fields["reference"].help_text = ""
    context = {"form": form, "form_id": "link-form", "is_invitation": is_invitation}
    return render(request, "cases/link.html", context)


def _use_link(request, token):
    """The new code is shown in this one answer and never again."""
    sessions.refuse_typist(request)
    used = actions.use_link(token=token)
    if used is None:
        return render(request, "cases/link_expired.html", status=410)
    request.session.pop(sessions.ASKED_FOR_LINK, None)
    whom, code = used
    if isinstance(whom, Draft):
        # Of the secret the next page makes the code.
        sessions.remember_draft(request, whom, code)
        return redirect("inquiry:later")
    sessions.sign_in(request, whom)
    return render(request, "cases/new_code.html", {"case": whom.case, "code": code})
