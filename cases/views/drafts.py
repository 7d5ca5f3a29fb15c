"""Beginning an inquiry, pausing it, and finding the way back from any device."""

from urllib.parse import parse_qs, urlsplit

from django.contrib import messages
from django.http import HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases import actions, intake, sessions, throttle, work
from cases.forms.access import AddressForm
from cases.forms.fields import LINE_BREAKS, without_invisible
from cases.forms.known import WORDS_LENGTH, condition_of
from cases.forms.policy import unvalidated
from cases.models.draft import Channel
from cases.paper import paper_pages
from cases.views.access import too_many, waiting
from cases.views.kept import save_kept
from cases.views.private import private
from hospitals.models import Hospital
from portal.languages import is_switching

# The button that saves a page as it is, half filled in or not, and shows the way back.
LATER = "later"
# What a browser did before it may begin one more: work, or a ticket that it waited with.
PAYMENT = ("work", "ticket")


def beginning(sent) -> dict[str, str]:
    """What a family comes with: from a hospital's or a condition's page, or from the search.

    Only what we know, but the free words, which are kept as they were typed.
    """
    hospital, condition = (slugify(sent.get(name, "")[:80]) for name in ("hospital", "condition"))
    words = without_invisible(LINE_BREAKS.sub(" ", sent.get("q", "")))[:WORDS_LENGTH].strip()
    is_hospital = hospital and Hospital.objects.public().filter(slug=hospital).exists()
    known = {
        "hospital": hospital if is_hospital else "",
        "condition": condition if condition_of(condition) else "",
        "q": words,
    }
    return {name: value for name, value in known.items() if value}


def came_with(request) -> dict[str, str]:
    """What `beginning` reads, for somebody who follows a link.

    The words of a search stand in the address of the public list alone: they are read from where
    the reader comes from, shown, and from there on sent by POST. No link and no address of the
    inquiry holds them, so neither does the browser's history (row A6).
    """
    known = {name: request.GET.get(name, "") for name in ("hospital", "condition")}
    known["q"] = sessions.brought_words(request)
    came_from = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(
        came_from, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    address = urlsplit(came_from) if is_ours else None
    if address is None or address.path != reverse("hospitals:list"):
        return known
    return known | {"q": parse_qs(address.query).get("q", [""])[0]}


def start_in_another_language(request):
    """The start page again, with the words that came along; Back must not ask for a form again."""
    if not is_switching(request):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    sessions.bring_words(request, beginning(request.POST).get("q", ""))
    return redirect(request.get_full_path())


@require_POST
@private
def begin(request):
    """A draft on the server before the first page. One that is open already is gone on with."""
    if sessions.open_draft(request):
        return redirect("inquiry:resume")
    size = cost_of_beginning(request)
    if size:
        return one_moment(request, size)
    draft, secret = actions.start_draft(
        language=get_language(), begun_with=beginning(request.POST) or None
    )
    sessions.remember_draft(request, draft, secret)
    sessions.bring_words(request, "")
    save_kept(request, draft)
    return redirect("inquiry:step", slug=intake.PAGES[0].slug)


def cost_of_beginning(request) -> int:
    """Asked once before a draft is made: it counts (see `throttle`)."""
    proof, ticket = (request.POST.get(name, "") for name in PAYMENT)
    return throttle.cost_of_beginning(request.META["REMOTE_ADDR"], proof, ticket)


def one_moment(request, size: int):
    """From this address so many were begun that some work comes first, or a wait; then what was
    sent is sent again."""
    ours = (*PAYMENT, "csrfmiddlewaretoken", "switch_language")
    sent = [(name, texts) for name, texts in request.POST.lists() if name not in ours]
    context = {
        "form_id": "moment-form",
        "fields": [(name, text) for name, texts in sent for text in texts],
        "challenge": work.new_challenge(throttle.BEGIN, size),
        **waiting(request, size, throttle.BEGIN),
    }
    return render(request, "cases/inquiry_moment.html", context)


@require_POST
@private
def discard(request):
    """Erases what was typed, here and on the server."""
    draft = sessions.current_draft(request)
    try:
        if draft:
            actions.discard_draft(draft=draft, by=sessions.typist(request))
    except actions.ActionRefusedError as refused:
        messages.error(request, str(refused))
        return redirect("inquiry:resume")
    sessions.forget_draft(request)
    messages.success(request, _("What you typed is erased."))
    return redirect("inquiry:start")


def pause(request, draft):
    """From now on the code opens it, and the next page shows the code."""
    if sessions.typist(request):
        return redirect("office:cases_case_type")
    secret = sessions.draft_secret(request)
    if secret:
        actions.keep_code(draft=draft, secret=secret)
        draft.refresh_from_db()
        sessions.keep_as_long(request, draft)
    return redirect("inquiry:later")


@require_http_methods(["GET", "HEAD", "POST"])
@private
def later(request):
    """How to come back: reference and code, or a mailed link. POST alone makes the code open."""
    draft = sessions.open_draft(request)
    if draft is None:
        return redirect("inquiry:start")
    if sessions.typist(request):
        return redirect("office:cases_case_type")
    if request.method != "POST":
        return _show(request, draft, AddressForm())
    if is_switching(request):
        return _show(request, draft, unvalidated(AddressForm, request.POST))
    if "email" not in request.POST:
        return pause(request, draft)
    return _keep_address(request, draft, AddressForm(request.POST))


def _keep_address(request, draft, form):
    if not form.is_valid():
        return _show(request, draft, form)
    try:
        actions.keep_address(draft=draft, email=form.cleaned_data["email"])
    except actions.ActionRefusedError:
        return redirect("inquiry:sent")
    draft.refresh_from_db()
    sessions.keep_as_long(request, draft)
    messages.success(request, _("Saved. A link back can be mailed to this address."))
    return redirect("inquiry:later")


def _show(request, draft, form):
    secret = sessions.draft_secret(request)
    context = {
        "draft": draft,
        "code": actions.draft_code(draft, secret) if secret and draft.code_hash else "",
        "form": form,
        "form_id": "" if draft.email else "address-form",
    }
    return render(request, "cases/inquiry_later.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@private
def paper(request):
    """The same questions on paper. Each print has a reference and a code of its own, which open
    the same draft; the code is in this one answer and nowhere else."""
    if request.method != "POST" or is_switching(request):
        return render(request, "cases/paper_start.html", {"form_id": ""})
    # Each costs a hash, so a machine makes few.
    gate = throttle.knock("paper", "", request.META["REMOTE_ADDR"])
    if gate.seconds:
        return too_many(request, gate.seconds)
    draft, secret = actions.start_draft(language=get_language(), channel=Channel.PAPER)
    actions.keep_code(draft=draft, secret=secret)
    code = actions.draft_code(draft, secret)
    context = {"draft": draft, "code": code, "pages": paper_pages()}
    return render(request, "cases/paper.html", context)
