"""Keeping a page right: one click for all of it, a look at it, and what is to be done."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hospitals.actions import (
    ActionRefusedError,
    ChangedMeanwhileError,
    confirm_page,
    page_fingerprint,
)
from hospitals.admin.comparison import describe
from hospitals.choices import Accepting, RevisionStatus
from hospitals.confirmations import PageState, page_state
from hospitals.models import Hospital, Listing, Revision
from hospitals.views import detail
from portal.sites import partners

# How long a refusal stays on the desk.
RECENT = timedelta(days=30)
MAX_ROWS = 10
LANGUAGES = dict(settings.LANGUAGES)


@dataclass
class Care:
    """How sure a reader can be of a hospital's page, and the button that makes it surer."""

    hospital: Hospital
    state: PageState
    seen: str
    may_confirm: bool


def care_of(user, hospital: Hospital) -> Care:
    may_confirm = user.has_perm("hospitals.propose_revision")
    return Care(hospital, page_state(hospital), page_fingerprint(hospital), may_confirm)


def own_hospital(user) -> Hospital:
    """Raises Http404 for a person without one."""
    return get_object_or_404(Hospital.objects.visible_to(user))


@require_http_methods(["GET", "HEAD", "POST"])
def still_right(request):
    hospital = own_hospital(request.user)
    if request.method != "POST":
        return still_right_page(request, hospital)
    if not request.user.has_perm("hospitals.propose_revision"):
        raise PermissionDenied
    try:
        confirm_page(by=request.user, hospital=hospital, seen=request.POST.get("seen", ""))
        messages.success(request, _("Thank you. The page now says that you confirmed it today."))
    except ChangedMeanwhileError:
        words = _("The page was changed meanwhile, so nothing was confirmed. Please look again.")
        messages.error(request, words)
        return redirect("partners:still-right")
    except ActionRefusedError as refusal:
        messages.error(request, str(refusal))
    return redirect("partners:index")


def still_right_page(request, hospital: Hospital):
    request.current_app = partners.name
    context = partners.each_context(request) | {
        "title": _("Is everything still right?"),
        "care": care_of(request.user, hospital),
    }
    return TemplateResponse(request, "partners/still_right.html", context)


@require_safe
def preview(request):
    """The public page as it would be with everything approved that waits."""
    hospital = own_hospital(request.user)
    asked = request.GET.get("language")
    language = asked if asked in LANGUAGES else get_language()
    with override(language):
        response = detail.render_preview(request, hospital, language_menu=language_menu(language))
    # Not for search engines; that nobody keeps it, the site says already.
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def language_menu(current: str) -> list[dict]:
    """The preview in each language; unlike a public page it has one address for all."""
    return [
        {"code": code, "name": name, "url": f"?language={code}", "is_current": code == current}
        for code, name in LANGUAGES.items()
    ]


def desk_panel(request) -> dict | None:
    """The first thing a hospital sees: its page, what waits, what came back, what to do."""
    hospital = Hospital.objects.visible_to(request.user).first()
    if hospital is None:
        return None
    return {
        "template": "partners/_desk.html",
        "care": care_of(request.user, hospital),
        "waiting": with_words(Revision.objects.pending().filter(hospital=hospital)),
        "refused": with_words(recently_refused(hospital)),
        "unsaid": unsaid(hospital),
    }


def recently_refused(hospital: Hospital):
    status = Q(status__in=[RevisionStatus.REFUSED, RevisionStatus.PARTLY])
    return Revision.objects.filter(
        status, hospital=hospital, decided_at__gte=timezone.now() - RECENT
    )


def with_words(revisions) -> list[dict]:
    rows = revisions.select_related("hospital", "listing", "specialty", "created_by")[:MAX_ROWS]
    return [{"revision": row, "about": describe(row)} for row in rows]


def unsaid(hospital: Hospital) -> list[Listing]:
    """Listings that do not say yet what families ask first."""
    rows = Listing.objects.public().filter(hospital=hospital)
    silent = Q(accepting=Accepting.UNKNOWN) | Q(own_conditions=None)
    return list(rows.filter(silent).distinct()[:MAX_ROWS])
