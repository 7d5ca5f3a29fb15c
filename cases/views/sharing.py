"""Who may see what: hospitals, consents, people, and who opened the file; and the answer to a
hospital that the office proposes."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import actions, consents, sessions, times
from cases.forms.agreement import HospitalAnswerForm, NoHospitalForm
from cases.forms.policy import unvalidated
from cases.links import token_row
from cases.models import Proposal
from cases.permissions import is_owner
from cases.views.agreeing import hospitals_to_share_with, offers
from cases.views.opened import openings
from cases.views.private import family_page
from portal.languages import is_switching

NO = "no"


@require_safe
@family_page
def sharing(request, case):
    given = list(case.consents.select_related("hospital"))
    may_decide = is_owner(request.member) and not case.has_ended
    context = {
        "case": case,
        "is_owner": is_owner(request.member),
        "may_decide": may_decide,
        "proposals": _proposals(case),
        "referrals": _referrals(case),
        "consents": [_consent_words(case, consent) for consent in _newest(given)],
        "offers": offers(case, given) if may_decide else [],
        "share_with": hospitals_to_share_with(case, given) if may_decide else [],
        "adults": case.family.filter(ended_at=None).order_by("-is_owner"),
        "openings": openings(case),
        "draft": sessions.open_draft(request),
        "seconds_left": sessions.seconds_left(request),
    }
    return render(request, "cases/sharing.html", context)


def summary(member, case) -> dict:
    """What the page of the case says about it in a few lines."""
    given = list(case.consents.select_related("hospital"))
    living = [consent for consent in given if consent.withdrawn_at is None]
    return {
        "is_owner": is_owner(member),
        "may_decide": is_owner(member) and not case.has_ended,
        "adult": case.family.filter(is_owner=False, ended_at=None).first(),
        "seen_by": [row.hospital for row in _open_referrals(case)],
        "asked_about": case.proposals.filter(state=Proposal.State.OPEN).count(),
        "has_old_texts": not all(consents.is_current(consent) for consent in living),
        "consents": living,
    }


def _open_referrals(case):
    return case.referrals.filter(ended_at=None).select_related("hospital")


def _proposals(case) -> list[dict]:
    rows = case.proposals.exclude(state=Proposal.State.TAKEN_BACK).select_related("hospital")
    return [
        {
            "id": row.pk,
            "hospital": row.hospital,
            "is_open": row.state == Proposal.State.OPEN,
            "state": row.get_state_display(),
            "at": times.moment(row.answered_at or row.proposed_at, case.time_zone),
        }
        for row in rows.order_by("-proposed_at")
    ]


def _referrals(case) -> list[dict]:
    return [
        {
            "hospital": row.hospital,
            "since": times.moment(row.sent_at, case.time_zone),
            "until": row.ended_at and times.moment(row.ended_at, case.time_zone),
        }
        for row in case.referrals.select_related("hospital").order_by("-sent_at")
    ]


def _newest(given) -> list:
    """Of each kind, and of each hospital, what was said last; what holds comes first."""
    last = {(consent.kind, consent.hospital_id): consent for consent in given}
    return sorted(last.values(), key=lambda consent: consent.withdrawn_at is not None)


def _consent_words(case, consent) -> dict:
    ended = consent.withdrawn_at
    return {
        "id": consent.pk,
        "kind": consent.kind,
        "hospital": consent.hospital,
        "title": consents.title_of(consent),
        "effect": consents.effect_of(consent),
        "given": times.moment(consent.given_at, case.time_zone),
        "ended": ended and times.moment(ended, case.time_zone),
        "is_old": not ended and not consents.is_current(consent),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@family_page
def answer_proposal(request, case, proposal_id):
    """The page of one proposed hospital: two consents, each on its own, or no."""
    rows = case.proposals.exclude(state=Proposal.State.TAKEN_BACK).select_related("hospital")
    proposal = get_object_or_404(rows, pk=proposal_id)
    proposal.case = case
    about = {"hospital": proposal.hospital, "kinds": _kinds(case, proposal)}
    if request.method != "POST":
        return _show(request, proposal, HospitalAnswerForm(**about), NoHospitalForm())
    if not is_owner(request.member):
        raise Http404
    if is_switching(request):
        kept = unvalidated(NoHospitalForm, request.POST)
        return _show(request, proposal, HospitalAnswerForm(**about), kept)
    if NO in request.POST:
        return _decline(request, proposal, about)
    form = HospitalAnswerForm(request.POST, **about)
    if not form.is_valid():
        return _show(request, proposal, form, NoHospitalForm())
    done = _("Thank you. Your coordinator can ask %(hospital)s now.")
    given = {"texts": form.texts_read(), "language": form.language}
    return _tell(request, proposal, done, actions.agree_to_hospital, **given)


def _decline(request, proposal, about):
    form = NoHospitalForm(request.POST)
    if not form.is_valid():
        return _show(request, proposal, HospitalAnswerForm(**about), form)
    done = _("Thank you. %(hospital)s is not asked.")
    words = form.cleaned_data["words"]
    return _tell(request, proposal, done, actions.decline_hospital, words=words)


def _kinds(case, proposal) -> list[str]:
    """Always this hospital by name; the transfer to China unless that holds already."""
    missing = actions.missing_consents(case, proposal.hospital)
    share = consents.Kind.SHARE_HOSPITAL
    return [share, *(kind for kind in missing if kind != share)]


def _show(request, proposal, form, no_form):
    case = proposal.case
    is_open = proposal.state == Proposal.State.OPEN and not case.has_ended
    may_answer = is_open and is_owner(request.member)
    context = {
        "case": case,
        "draft": sessions.open_draft(request),
        "seconds_left": sessions.seconds_left(request),
        "proposal": proposal,
        "hospital": proposal.hospital,
        "is_open": is_open,
        "may_answer": may_answer,
        "form": form,
        "no_form": no_form,
        # Without it the language menu leads to the same page as a link.
        "form_id": "agree-form" if may_answer else "",
        "asks_transfer": consents.Kind.TRANSFER_CHINA in form.kinds,
        "transfer": consents.text_of(consents.Kind.TRANSFER_CHINA),
    }
    return render(request, "cases/sharing_proposal.html", context)


def _tell(request, proposal, done, action, **details):
    try:
        action(by=request.member, proposal=proposal, **details)
        messages.success(request, done % {"hospital": proposal.hospital.name})
    except actions.ActionRefusedError as refusal:
        messages.error(request, str(refusal))
    return redirect("case:sharing", reference=proposal.case.reference)


@require_POST
@family_page
def withdraw_consent(request, case):
    """At once; the page that has the button says before what it does."""
    pk = token_row(request.POST.get("consent", "").replace("-", ""))
    consent = get_object_or_404(case.consents.select_related("hospital"), pk=pk)
    try:
        actions.withdraw_consent(by=request.member, consent=consent)
        messages.success(request, _("Your consent is withdrawn from now on."))
    except actions.ActionRefusedError as refusal:
        messages.error(request, str(refusal))
    except actions.ChangedMeanwhileError:
        messages.warning(request, _("Your case changed at this very moment. Look, and try again."))
    return redirect("case:sharing", reference=case.reference)
