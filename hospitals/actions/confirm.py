"""A hospital says that everything on its page is still right."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hospitals.actions.core import ActionRefusedError, ChangedMeanwhileError, lock_hospital
from hospitals.actions.history import keep_confirmed
from hospitals.choices import Accepting
from hospitals.confirmations import page_fingerprint, public_claims
from hospitals.models import DirectoryVersion, Hospital
from portal import audit


@transaction.atomic
def confirm_page(*, by, hospital: Hospital, seen: str) -> None:
    """Confirm every public claim of the hospital; no text changes, so nobody need approve.

    `seen` is the fingerprint of the page that was read. Raises ActionRefusedError, or
    ChangedMeanwhileError when the page is not the same any more; then nothing is written.
    """
    own = Hospital.objects.visible_to(by).filter(pk=hospital.pk).exists()
    if not own or not by.has_perm("hospitals.propose_revision"):
        raise ActionRefusedError(_("You may confirm the page of your own hospital only."))
    lock_hospital(hospital.pk)
    if page_fingerprint(hospital) != seen:
        raise ChangedMeanwhileError
    now = timezone.now()
    for rows in public_claims(hospital):
        rows.update(confirmed_at=now, confirmed_by=by)
    said = Hospital.objects.filter(pk=hospital.pk).exclude(accepting=Accepting.UNKNOWN)
    said.update(accepting_confirmed_at=now)
    keep_confirmed(hospital, by=by, at=now)
    audit.record(by=by, action="hospital.confirmed", obj=hospital, label=hospital.slug)
    DirectoryVersion.raise_number()
