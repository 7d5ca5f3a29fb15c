"""Who works for which hospital."""

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from hospitals.actions.core import ActionRefusedError
from hospitals.models import Membership
from portal import access, audit
from portal.roles import READERS_OF_CASES


@transaction.atomic
def save_membership(*, by, membership: Membership) -> None:
    """Give a person of a hospital their hospital, or another one. `by` None: the command line."""
    _refuse_unless(by is None or by.has_perm("hospitals.change_membership"))
    if not membership.user.works_at_partner:
        raise ActionRefusedError(_("Give this person the role of a hospital first."))
    membership.save()
    _record(by, "membership.saved", membership)
    _tell_of_change(by, membership.user)


@transaction.atomic
def end_membership(*, by, membership: Membership) -> None:
    """From the next request on the person sees no hospital any more."""
    _refuse_unless(by.has_perm("hospitals.delete_membership"))
    _record(by, "membership.ended", membership)
    _tell_of_change(by, membership.user)
    membership.delete()


def _tell_of_change(by, user) -> None:
    """Whoever reads cases reads another hospital's now: the person and the leads hear of it."""
    if by is not None and user.role in READERS_OF_CASES:
        access.tell_of_change(by=by, user=user)
        link = reverse("office:index")
        access.mail_leads(access.CHANGED, about=user.username, link=link, leave_out={by.pk})


def _refuse_unless(allowed: bool) -> None:
    if not allowed:
        raise ActionRefusedError(_("Only an administrator may do this."))


def _record(by, action: str, membership: Membership) -> None:
    audit.record(
        by=by,
        action=action,
        obj=membership,
        label=membership.hospital.slug,
        user=membership.user.get_username(),
    )
