"""A second adult: let in by the owner with a code of their own, and out again."""

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from cases import codes, notifications
from cases.actions.core import ActionRefusedError, leave_event
from cases.actions.shares import lock_case
from cases.models import Case, FamilyMember, FamilyToken
from cases.models.event import EventKind
from cases.models.tokens import Purpose
from cases.permissions import can_view, is_owner


def _refuse_strangers(by, case: Case) -> None:
    if not (is_owner(by) and can_view(by, case)):
        raise ActionRefusedError(_("Only whoever asked lets others in."))


def invite_adult(
    *, by, case: Case, name: str, relation: str, language: str, can_write: bool, email: str = ""
) -> tuple[FamilyMember, str]:
    """The member and, without an address to mail a link to, the code to hand over.

    With an address nobody but the invited person ever sees the code.
    """
    _refuse_strangers(by, case)
    code = codes.new_code()
    fields = {"name": name, "relation": relation, "language": language, "can_write": can_write}
    fields |= {"email": email, "code_hash": make_password(codes.normalise_code(code))}
    try:
        with transaction.atomic():
            # It may be joined with another case at this moment, which lets its owner in there.
            lock_case(case)
            case.refresh_from_db(fields=["stage"])
            if case.has_ended:
                raise ActionRefusedError(_("This case has ended."))
            member = FamilyMember.objects.create(case=case, is_owner=False, **fields)
            rights = "write" if can_write else "read"
            leave_event(case, EventKind.ADULT_INVITED, by=by, rights=rights)
            if email and not _mail_invitation(member):
                raise ActionRefusedError(
                    _("No mail can go to this address now: we wrote there lately, or have not "
                      "looked at your inquiry yet. Leave the address out, and pass on the code "
                      "yourself.")
                )  # fmt: skip
    except IntegrityError as error:
        raise ActionRefusedError(_("Somebody has been let in already. End that first.")) from error
    return member, "" if email else code


def _mail_invitation(member: FamilyMember) -> bool:
    """Whether it is on its way.

    Without the reference: the owner tells it, so a stranger's mailbox opens nothing.
    """
    row = FamilyToken.objects.make(member, Purpose.INVITE)
    with override(member.language):
        path = reverse("case:link", args=[row.pk.hex])
    reference = member.case.reference
    return notifications.notify_member(
        member, notifications.INVITATION, reference=reference, link=path
    )


@transaction.atomic
def end_adult(*, by, member: FamilyMember) -> None:
    """From their next request on; links that are on their way are void."""
    case = member.case
    _refuse_strangers(by, case)
    if member.is_owner:
        raise ActionRefusedError(_("Whoever asked cannot be let out."))
    living = FamilyMember.objects.filter(pk=member.pk, case=by.case_id, ended_at=None)
    if not living.update(ended_at=timezone.now(), access_version=F("access_version") + 1):
        return
    member.tokens.make_void()
    leave_event(case, EventKind.ADULT_ENDED, by=by)
