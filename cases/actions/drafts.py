"""An inquiry that is being written: saved after every page, erased after 30 days.

One that was begun and never typed into is erased after a day.
"""

import hashlib
import json
import secrets
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import codes, notifications
from cases.actions.core import ActionRefusedError
from cases.actions.keys import refuse_wrong_ring
from cases.clocks import DRAFT_KEPT, DRAFT_REMINDER
from cases.models import Case, Draft, FamilyToken
from cases.models.draft import PAGE_BYTES, Channel
from cases.permissions import is_case_worker
from portal import audit
from portal.models import OutgoingMail

# The page of the answers that has the address of the family.
CONTACT = "contact"


class TooMuchTypedError(Exception):
    """A page holds more than anybody types; nothing of it was saved."""


def start_draft(
    *, language: str, reference: str = "", begun_with: dict | None = None, **fields
) -> tuple[Draft, str]:
    """A new draft and the secret that opens it. Only the caller ever has the secret.

    `begun_with` is what the family came with (see intake.BEGUN_WITH); `reference` is the
    demo's printed one, else a free one is drawn. Raises KeyUnknownError: what would be sealed
    with a wrong ring could be lost with it.
    """
    refuse_wrong_ring()
    erase_expired_drafts()
    secret = secrets.token_urlsafe(32)
    draft = Draft.objects.create(
        reference=reference or free_reference(),
        secret_hash=hash_secret(secret),
        language=language,
        answers={"_begun_with": begun_with} if begun_with else {},
        expires_at=timezone.now() + timedelta(days=DRAFT_KEPT),
        **fields,
    )
    return draft, secret


def free_reference() -> str:
    """Of no case and no draft: the one becomes the other. A clash among 30^8 is rare."""
    reference = codes.new_reference()
    while _is_taken(reference):
        reference = codes.new_reference()
    return reference


def _is_taken(reference: str) -> bool:
    return any(model.objects.filter(reference=reference).exists() for model in (Case, Draft))


def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def draft_code(draft: Draft, secret: str) -> str:
    """The private code of this draft, the same each time, and kept nowhere."""
    return codes.code_from_secret(secret, draft.pk)


@transaction.atomic
def save_page(*, draft: Draft, page: str, typed: dict, language: str, by=None) -> Draft:
    """Keep what was typed on one page. Two tabs that save at once both keep theirs.

    A draft that was sent meanwhile is given back unchanged. `by` is whoever of the office
    types for a family. Raises TooMuchTypedError: drafts wait for weeks, and a machine would fill
    the disk with them (rows M1, R6).
    """
    if is_too_much(typed):
        raise TooMuchTypedError
    fresh = Draft.objects.select_for_update().get(pk=draft.pk)
    if fresh.case_id is None:
        # A second click changes nothing.
        fresh.version += fresh.answers.get(page) != typed
        fresh.answers = {**fresh.answers, page: typed}
        # Who types for a family works in a language of their own.
        fresh.language = language if by is None else fresh.language
        if page == CONTACT:
            _take_address(fresh, (typed.get("email") or [""])[-1])
        fresh.save(update_fields=[
            "answers", "language", "version", "email", "email_confirmed_at"
        ])  # fmt: skip
        if by is not None:
            audit.record(by=by, action="draft.typed", obj=fresh, label=fresh.reference, page=page)
    return fresh


def is_too_much(typed: dict) -> bool:
    """Whether a page's values, names and all, are more than PAGE_BYTES as they are kept."""
    return len(json.dumps(typed, ensure_ascii=False).encode()) > PAGE_BYTES


def _take_address(draft: Draft, email: str) -> None:
    """Another address is one that nobody confirmed; what is no address is none."""
    email = email.strip() if is_address(email.strip()) else ""
    if email != draft.email:
        draft.email, draft.email_confirmed_at = email, None


def is_address(text: str) -> bool:
    """Half a page is saved too: what stands there need not be an address yet."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 254


@transaction.atomic
def start_typing(*, by, language: str) -> Draft:
    """Somebody called: the office fills in the same pages, and the trail says who."""
    _refuse_others(by)
    draft, _secret = start_draft(language=language, channel=Channel.PHONE, typed_by=by)
    audit.record(by=by, action="draft.begun", obj=draft, label=draft.reference, how=Channel.PHONE)
    return draft


@transaction.atomic
def open_paper(*, by, reference: str) -> Draft:
    """The form that somebody printed, filled in and sent. Only such a draft opens to the office."""
    _refuse_others(by)
    papers = Draft.objects.open().filter(channel=Channel.PAPER, reference=reference)
    if not papers.update(typed_by=by):
        raise ActionRefusedError(_("There is no open paper form with this reference."))
    draft = papers.get()
    audit.record(by=by, action="draft.opened", obj=draft, label=reference, how=Channel.PAPER)
    return draft


def _refuse_others(by) -> None:
    if not is_case_worker(by) or not by.has_perm("cases.work_case"):
        raise ActionRefusedError(_("Only people who work on cases type for a family."))


@transaction.atomic
def keep_address(*, draft: Draft, email: str) -> None:
    """Where a link back may be mailed, for whoever pauses before the page that asks."""
    fresh = Draft.objects.select_for_update().get(pk=draft.pk)
    if fresh.case_id is not None:
        raise ActionRefusedError(_("This inquiry is sent already."))
    _take_address(fresh, email)
    fresh.save(update_fields=["email", "email_confirmed_at"])


def keep_code(*, draft: Draft, secret: str) -> None:
    """From now on the code opens the draft, in any browser. The first one who asks makes it so."""
    if draft.code_hash:
        return
    code_hash = make_password(codes.normalise_code(draft_code(draft, secret)))
    unsent = Draft.objects.filter(pk=draft.pk, case=None, code_hash="")
    unsent.filter(access_version=draft.access_version).update(code_hash=code_hash)


@transaction.atomic
def reopen_by_link(*, row: FamilyToken) -> tuple[Draft, str]:
    """A mailed link was used: a new secret and with it a new code; other browsers are out.

    The address is right, because the link went there.
    """
    secret, now = secrets.token_urlsafe(32), timezone.now()
    code_hash = make_password(codes.normalise_code(draft_code(row.draft, secret)))
    Draft.objects.filter(pk=row.draft_id).update(
        secret_hash=hash_secret(secret),
        code_hash=code_hash,
        access_version=F("access_version") + 1,
        email_confirmed_at=now,
    )
    row.draft.tokens.make_void()
    row.draft.refresh_from_db()
    return row.draft, secret


@transaction.atomic
def discard_draft(*, draft: Draft, by=None) -> None:
    """Erase what was typed; what was sent stays. `by` is whoever of the office types.

    Raises ActionRefusedError for what the office did not begin: on a paper form's draft the
    family may have typed too (row L3).
    """
    if by is not None:
        if draft.channel != Channel.PHONE or draft.typed_by_id != by.pk:
            raise ActionRefusedError(_("The family erases this itself. Nothing was erased."))
        audit.record(by=by, action="draft.discarded", obj=draft, label=draft.reference)
    _erase(Draft.objects.filter(pk=draft.pk, case=None))


def erase_expired_drafts() -> int:
    """How many were erased. Whoever starts a draft clears away the old ones."""
    expired = Draft.objects.filter(expires_at__lt=timezone.now(), case=None)
    return _erase(expired) + _erase(Draft.objects.abandoned())


@transaction.atomic
def _erase(drafts) -> int:
    """With what they held: links go with the row, the addresses in the outbox here."""
    # Locked: what somebody types at this moment is seen, or waits.
    rows = drafts.select_for_update().values_list("reference", flat=True)
    references = list(rows)
    OutgoingMail.objects.filter(about__in=references).delete()
    drafts.filter(reference__in=references).delete()
    return len(references)


def remind_of_drafts() -> int:
    """One neutral mail on day 7 to whoever has not sent yet; how many were written.

    It is the one automatic mail that an address gets before anybody confirmed it (row M3).
    """
    since = timezone.now() - timedelta(days=DRAFT_REMINDER)
    due = Draft.objects.open().filter(
        created_at__lte=since, reminded_at=None, channel=Channel.ONLINE
    )
    return sum(_remind(draft) for draft in due.exclude(email=b""))


@transaction.atomic
def _remind(draft: Draft) -> bool:
    """Two workers at once: the second finds it done."""
    unreminded = Draft.objects.filter(pk=draft.pk, reminded_at=None, case=None)
    if not unreminded.update(reminded_at=timezone.now()):
        return False
    notifications.notify_draft(draft, notifications.DRAFT_REMINDER)
    return True
