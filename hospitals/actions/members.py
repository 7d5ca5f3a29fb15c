"""Who works for which hospital."""

from django.db import transaction
from django.utils.translation import gettext as _

from hospitals.actions.core import ActionRefusedError
from hospitals.models import Membership
from portal import audit


@transaction.atomic
def save_membership(*, by, membership: Membership) -> None:
    """Give a person of a hospital their hospital, or another one. `by` None: the command line."""
    _refuse_unless(by is None or by.has_perm("hospitals.change_membership"))
    if not membership.user.works_at_partner:
        raise ActionRefusedError(_("Give this person the role of a hospital first."))
    membership.save()
    _record(by, "membership.saved", membership)


@transaction.atomic
def end_membership(*, by, membership: Membership) -> None:
    """From the next request on the person sees no hospital any more."""
    _refuse_unless(by.has_perm("hospitals.delete_membership"))
    _record(by, "membership.ended", membership)
    membership.delete()


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
