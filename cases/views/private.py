"""What every private page has in common: nothing of it is stored anywhere on the way."""

from functools import wraps

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode

from cases import sessions, throttle, work
from cases.codes import normalise_reference
from cases.forms.access import SignInForm
from cases.models import Case
from portal.views.errors import page_not_found

# As long as a message may be.
WORDS_KEPT = 5000
# A page of the inquiry whose draft is not open here: its name, its draft, what was typed.
KEPT = ("kept_page", "kept_draft", "kept_answers")
# Every letter of a long text may need nine in an address.
ANSWERS_KEPT = 100_000


def private(view):
    """Not kept by caches, not found by search engines, not told to other sites (row A6).

    The pages relax the referrer to `same-origin` in a meta element: under
    `no-referrer` browsers send "Origin: null" with a form, which is refused.
    """

    @wraps(view)
    def inner(request, *args, **kwargs):
        try:
            answer = view(request, *args, **kwargs)
        except Http404:
            answer = page_not_found(request)
        return make_private(answer)

    return inner


def make_private(response):
    response["Cache-Control"] = "no-store, private"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    patch_vary_headers(response, ["Cookie"])
    return response


def family_page(view):
    """For the family of this case: others get the page of a case that does not exist.

    The view is called with the case and what else the address names;
    `request.member` is who signed in.
    """

    @private
    @wraps(view)
    def inner(request, reference, **kwargs):
        request.member = sessions.current_member(request)
        if request.member is None:
            return ask_to_sign_in(request, reference)
        if normalise_reference(reference) != reference:
            raise Http404
        if _was_joined(request.member.case, reference):
            return _go_on_there(request, reference)
        cases = Case.objects.visible_to(request.member).select_related("hospital", "assigned_to")
        return view(request, get_object_or_404(cases, reference=reference), **kwargs)

    return inner


def _was_joined(case: Case, reference: str) -> bool:
    return case.reference != reference and case.joined.filter(reference=reference).exists()


def _go_on_there(request, reference: str):
    """The case of this address was joined with another; what was being sent is sent there."""
    path = request.path.replace(reference, request.member.case.reference, 1)
    return HttpResponseRedirect(path, preserve_request=True)


def tell_script(request, response):
    """Where to go next, for a page that was sent by our script: saved is saved.

    Without it the script would load the next page twice over a weak line.
    """
    if response.status_code != 302 or "X-Page-Script" not in request.headers:
        return response
    return HttpResponse(status=204, headers={"X-Next": response.url})


def words_of(request) -> str:
    """What was being written; after a change of the language it comes under its second name."""
    return (request.POST.get("body") or request.POST.get("kept", ""))[:WORDS_KEPT]


def ask_to_sign_in(request, reference: str):
    """Back here afterwards. What was being sent is kept in the page, unsent."""
    here = reverse("case:detail", args=[reference])
    if request.method != "POST":
        return redirect(f"{reverse('case:sign-in')}?{urlencode({'next': here})}")
    context = sign_in_context(SignInForm(initial={"reference": reference[:20]})) | {
        "next": here,
        "kept": words_of(request),
        "has_expired": True,
    }
    return render(request, "cases/sign_in.html", context, status=403)


def sign_in_context(form) -> dict:
    """The form to sign in, with nothing that waits behind it."""
    return {
        "form": form,
        "form_id": "sign-in-form",
        "is_wrong": False,
        "next": "",
        "kept": "",
        **dict.fromkeys(KEPT, ""),
        "has_expired": False,
        "has_files": False,
        "challenge": work.new_challenge(throttle.PURPOSE),
        "ticket": "",
        "seconds": 0,
    }


def kept_of(request) -> dict[str, str]:
    """What waits in the page until somebody has signed in."""
    kept = {name: request.POST.get(name, "")[:ANSWERS_KEPT] for name in KEPT}
    return {"kept": words_of(request), **kept}
