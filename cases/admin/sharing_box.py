"""Hospitals on the page of a case: asked, agreed, shared with; and the form to propose one."""

from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases import actions
from cases.forms.sharing import ProposeForm, ReferForm, RowForm
from cases.models import Case, Consent, Proposal
from cases.notifications import mails_to_hospitals
from cases.permissions import can_read_health, can_work
from cases.views.suggested import others, suggested
from portal.models import MailStatus

# Names of the posting views, which are the last parts of their addresses.
SHARING = {"propose", "refer", "unpropose", "unrefer"}


@dataclass(frozen=True)
class Row:
    """One hospital, where it stands in words, and the one thing that can be done about it."""

    hospital: object
    state: str
    words: str = ""
    form: object = None
    url: str = ""
    button: str = ""
    is_main: bool = False


def sharing_box(case: Case, user, bound: dict) -> dict:
    may_work = can_work(user, case) and not case.has_ended and not case.held_for
    rows = [*_shared(case, may_work), *_ready(case, may_work), *_asked(case, may_work)]
    return {"rows": rows, "propose": _propose(case, user, bound) if may_work else None}


def _button(case: Case, may_work: bool, name: str, word: str, form_class, **initial) -> dict:
    if not may_work:
        return {}
    form = form_class(prefix=name, initial={"version": case.version, **initial}, auto_id=False)
    url = reverse(f"office:cases_case_{name}", args=[case.pk])
    return {"form": form, "url": url, "button": word, "is_main": name == "refer"}


def _day(moment) -> str:
    return date_format(moment, "SHORT_DATE_FORMAT")


def _shared(case: Case, may_work: bool) -> list[Row]:
    rows, referrals = [], list(case.referrals.select_related("hospital"))
    unreached = _unreached(referrals)
    for referral in referrals:
        if referral.ended_at:
            state = _("saw it until %(day)s") % {"day": _day(referral.ended_at)}
            rows.append(Row(referral.hospital, state))
            continue
        button = _button(case, may_work, "unrefer", _("End the sharing"), RowForm, row=referral.pk)
        state = _("sees it since %(day)s") % {"day": _day(referral.sent_at)}
        rows.append(Row(referral.hospital, state, unreached.get(referral.pk, ""), **button))
    return rows


def _unreached(referrals) -> dict:
    """Hospitals whose people no mail has told, in words; one mail that arrives is enough."""
    told = {row.pk: set() for row in referrals if not row.ended_at}
    for about, status in mails_to_hospitals(referrals).values_list("about", "status"):
        told.get(UUID(about), set()).add(status)
    words = {frozenset(): _("Nobody there has an address for mail. Please call them.")}
    words[frozenset({MailStatus.FAILED})] = _("The mail to them could not be sent. Please call.")
    return {key: words[frozenset(seen)] for key, seen in told.items() if frozenset(seen) in words}


def _ready(case: Case, may_work: bool) -> list[Row]:
    """Hospitals that the family agreed to and that do not see it yet."""
    shown = set(case.referrals.filter(ended_at=None).values_list("hospital", flat=True))
    living = case.consents.filter(kind=Consent.Kind.SHARE_HOSPITAL, withdrawn_at=None)
    rows = []
    for consent in living.exclude(hospital__in=shown).select_related("hospital"):
        hospital = consent.hospital
        if actions.missing_consents(case, hospital):
            state = _("a consent is missing or its words have changed: propose it again")
            rows.append(Row(hospital, state))
            continue
        details = {"hospital": hospital.slug}
        button = _button(case, may_work, "refer", _("Share it now"), ReferForm, **details)
        state = _("the family agreed on %(day)s") % {"day": _day(consent.given_at)}
        rows.append(Row(hospital, state, **button))
    return rows


def _asked(case: Case, may_work: bool) -> list[Row]:
    rows = []
    asked = case.proposals.exclude(state=Proposal.State.AGREED).select_related("hospital")
    for proposal in asked:
        is_open = proposal.state == Proposal.State.OPEN
        button = (
            _button(case, may_work, "unpropose", _("Take it back"), RowForm, row=proposal.pk)
            if is_open
            else {}
        )
        day = _day(proposal.answered_at or proposal.proposed_at)
        state = f"{proposal.get_state_display()}, {day}"
        rows.append(Row(proposal.hospital, state, proposal.words, **button))
    return rows


def _propose(case: Case, user, bound: dict) -> dict:
    initial = {"version": case.version, "language": case.language}
    form = bound.get("propose") or ProposeForm(prefix="propose", initial=initial)
    found = suggested(case) if can_read_health(user, case) else []
    groups = [(_("The directory's answer"), [_choice(row) for row in found])] if found else []
    rest = others(case, [row.hospital for row in found])
    groups.append((_("Other hospitals"), [(row.slug, row.name) for row in rest]))
    url = reverse("office:cases_case_propose", args=[case.pk])
    return {"form": form.offer(groups), "url": url, "word": _("Propose to the family")}


def _choice(row) -> tuple[str, str]:
    words = [word for word in (row.why, row.accepting) if word]
    return row.hospital.slug, f"{row.hospital.name}: {'; '.join(words)}"
