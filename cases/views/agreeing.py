"""Consents given, or given again, in words that are shown first."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases import actions, consents
from cases.forms.agreement import SIGNED, OneConsentForm
from cases.permissions import is_owner
from cases.views.private import family_page
from cases.views.suggested import others, suggested
from hospitals.models import Hospital
from portal.languages import is_switching


@require_POST
@family_page
def give_consent(request, case):
    """First shown, then given. By POST alone, so that no address says what it is about."""
    kind, hospital = request.POST.get("kind", ""), _hospital(request)
    if not is_owner(request.member) or consents.text_of(kind, hospital) is None:
        raise Http404
    about = {"kind": kind, "hospital": hospital, "member": request.member}
    if "shown" not in request.POST or is_switching(request):
        return _show(request, case, OneConsentForm(**about))
    form = OneConsentForm(request.POST, **about)
    return _give(request, case, form) if form.is_valid() else _show(request, case, form)


def _hospital(request) -> Hospital | None:
    slug = request.POST.get("hospital", "").replace("\0", "")[:80]
    return Hospital.objects.public().filter(slug=slug).first() if slug else None


def _show(request, case, form):
    context = {"case": case, "form": form, "form_id": "consent-form"}
    return render(request, "cases/consent.html", context)


def _give(request, case, form):
    try:
        actions.give_consent(
            by=request.member,
            case=case,
            text=form.texts_read()[0],
            language=form.language,
            hospital=form.hospital,
            signed_name=form.cleaned_data.get(SIGNED, ""),
        )
        messages.success(request, _("Thank you. You can withdraw it here at any time."))
    except actions.ActionRefusedError as refusal:
        messages.error(request, str(refusal))
    return redirect("case:sharing", reference=case.reference)


def offers(case, consents_given) -> list[dict]:
    """What could be given: everything that does not hold now, or was given to an older text."""
    current = {row.kind for row in consents_given if _holds(row)}
    known = {row.kind for row in consents_given}
    wanted = [consents.Kind.HEALTH_DATA, consents.Kind.TRANSFER_CHINA, consents.Kind.NEWS]
    # Only where they were asked for: of a minor, of a child.
    wanted += [kind for kind in (consents.Kind.GUARDIAN, consents.Kind.CHILD) if kind in known]
    asked = [{"kind": kind, "hospital": None} for kind in wanted if kind not in current]
    shares = [row for row in consents_given if row.hospital_id and row.withdrawn_at is None]
    asked += [{"kind": row.kind, "hospital": row.hospital} for row in shares if not _holds(row)]
    return [offer | {"title": consents.text_of(**offer).title} for offer in asked]


def _holds(consent) -> bool:
    return consent.withdrawn_at is None and consents.is_current(consent)


def hospitals_to_share_with(case, consents_given) -> list[Hospital]:
    """Those that the directory names for this case first; not all of ten thousand."""
    shared = {row.hospital_id for row in consents_given if row.withdrawn_at is None}
    first = [row.hospital for row in suggested(case)]
    rows = [*first, *others(case, first)]
    return [hospital for hospital in rows if hospital.pk not in shared]
