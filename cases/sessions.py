"""What a browser session remembers of a family: who is signed in, and the draft being written.

A family signs in without an account: the session names the member and the
version of the code. Each request asks the database whether that still holds.
"""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.middleware.csrf import rotate_token
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from cases.actions.drafts import hash_secret
from cases.models import Draft, FamilyMember
from cases.permissions import is_case_worker
from portal import staff_sessions
from portal.models import User
from portal.sites import office

MEMBER = "family"
DRAFT = "inquiry"
KEPT_WORDS = "kept_words"
ASKED_FOR_LINK = "asked_for_link"
BROUGHT_WORDS = "brought_words"


def sign_in(request, member: FamilyMember) -> None:
    """A new session key; the one that was known before is dead (row A5).

    Raises PermissionDenied where the office types for a family: whatever such a browser holds,
    nobody of the office becomes a family (rows A5, P1).
    """
    refuse_typist(request)
    request.session.cycle_key()
    rotate_token(request)
    now = timezone.now().isoformat()
    request.session[MEMBER] = {
        "id": str(member.pk),
        "access_version": member.access_version,
        "started": now,
        "last_seen": now,
    }
    # Until the browser closes; but an inquiry that is being written is kept as long as promised.
    if open_draft(request) is None:
        request.session.set_expiry(0)


def current_member(request) -> FamilyMember | None:
    """Who is signed in, while the session is young enough and the code is the same.

    Counts as being seen: the idle clock starts again.
    """
    kept = request.session.get(MEMBER)
    if not kept or _is_too_old(kept):
        return None
    member = (
        FamilyMember.objects.select_related("case")
        .filter(pk=kept["id"], access_version=kept["access_version"], ended_at=None)
        .first()
    )
    if member:
        request.session[MEMBER] = {**kept, "last_seen": timezone.now().isoformat()}
    return member


def _is_too_old(kept: dict) -> bool:
    now = timezone.now()
    started, seen = (datetime.fromisoformat(kept[name]) for name in ("started", "last_seen"))
    idle, longest = settings.FAMILY_SESSION_IDLE, settings.FAMILY_SESSION_MAX
    return now - seen >= idle or now - started >= longest


def seconds_left(request) -> int:
    """Until this session ends if nothing else is asked for."""
    started = datetime.fromisoformat(request.session[MEMBER]["started"])
    longest = started + settings.FAMILY_SESSION_MAX - timezone.now()
    return int(min(settings.FAMILY_SESSION_IDLE, longest).total_seconds())


def keep_words(request, reference: str, body: str) -> None:
    """What was typed while the session ended comes back after signing in, unsent."""
    request.session[KEPT_WORDS] = {"reference": reference, "body": body}


def kept_words(request, reference: str) -> str:
    kept = request.session.get(KEPT_WORDS) or {}
    return kept.get("body", "") if kept.get("reference") == reference else ""


def forget_words(request) -> None:
    request.session.pop(KEPT_WORDS, None)


def bring_words(request, words: str) -> None:
    """Words of a search, over a change of the language, until an inquiry is begun with them."""
    if not words:
        request.session.pop(BROUGHT_WORDS, None)
        return
    if request.session.is_empty():
        request.session.set_expiry(settings.FAMILY_SESSION_IDLE)
    request.session[BROUGHT_WORDS] = {"words": words, "at": timezone.now().isoformat()}


def brought_words(request) -> str:
    kept = request.session.get(BROUGHT_WORDS)
    if not kept:
        return ""
    age = timezone.now() - datetime.fromisoformat(kept["at"])
    return kept["words"] if age < settings.FAMILY_SESSION_IDLE else ""


def remember_draft(request, draft: Draft, secret: str) -> None:
    """The browser that began a draft keeps it as long as we do (see `keep_as_long`).

    Under a new key: whoever knew the session before it held anything must not
    read what is typed from here on (row A5).
    """
    _keep_draft(request, draft, secret)
    keep_as_long(request, draft)


def keep_as_long(request, draft: Draft) -> None:
    """Once something was typed that is longer. A browser without the secret has its own time."""
    if draft_secret(request):
        request.session.set_expiry(draft.kept_until)


def enter_draft(request, draft: Draft) -> None:
    """A browser that came by the code has the draft for as long as a case is open in one.

    It does not know the secret, so it never shows the code.
    """
    rotate_token(request)
    _keep_draft(request, draft, "")
    request.session[DRAFT] |= {"by_code": True}
    request.session.set_expiry(settings.FAMILY_SESSION_MAX)


def type_draft(request, draft: Draft) -> None:
    """The office types for a family: as long as the log-in of the person lasts, and no longer."""
    request.session.pop(MEMBER, None)
    _keep_draft(request, draft, "")
    request.session[DRAFT] |= {"typist": str(request.user.pk)}


def is_typists(request) -> bool:
    """Whether the office types for a family in this browser, or did until its log-in ended."""
    return bool((request.session.get(DRAFT) or {}).get("typist"))


def refuse_typist(request) -> None:
    """Before anything is done in a family's name: a link that is used up is shown to nobody else.

    Raises PermissionDenied.
    """
    if is_typists(request):
        raise PermissionDenied


def may_act_as_family(request) -> bool:
    """Whether this browser came to its draft by the family's secret or by its code.

    Asked before a draft that was sent opens the case: closed by default.
    """
    kept = request.session.get(DRAFT) or {}
    return not kept.get("typist") and bool(kept.get("secret") or kept.get("by_code"))


def typist(request) -> User | None:
    """Who of the office types this draft; None in a family's own browser."""
    kept = request.session.get(DRAFT) or {}
    return request.user if kept.get("typist") else None


def is_typist_gone(request) -> bool:
    """The log-in of whoever typed here has ended: their page must not become a family's own."""
    kept = request.session.get(DRAFT) or {}
    return bool(kept.get("typist")) and not _is_typist_here(request, kept)


def _is_typist_here(request, kept: dict) -> bool:
    """Signed in with both factors, and not too long ago. Counts as being at work."""
    is_same = str(request.user.pk) == kept["typist"] and office.has_permission(request)
    # A role that was taken away ends the typing too, at the next request.
    if not is_same or not is_case_worker(request.user) or staff_sessions.is_over(request.session):
        return False
    staff_sessions.touch(request.session)
    return True


def _keep_draft(request, draft: Draft, secret: str) -> None:
    request.session.cycle_key()
    request.session[DRAFT] = {
        "id": str(draft.pk),
        "secret": secret,
        "access_version": draft.access_version,
    }


def has_draft(request) -> bool:
    """Whether this browser began an inquiry, whatever became of it."""
    return DRAFT in request.session


def current_draft(request) -> Draft | None:
    """The draft of this browser, sent or not; None when it is unknown or has expired."""
    kept = request.session.get(DRAFT)
    if not kept or (kept.get("typist") and not _is_typist_here(request, kept)):
        return None
    draft = (
        Draft.objects.select_related("case__hospital")
        .filter(pk=kept["id"], access_version=kept.get("access_version", 1))
        .first()
    )
    if draft is None or not _is_secret_right(draft, kept["secret"]):
        return None
    if kept.get("typist") and not _is_still_typed(draft, kept["typist"]):
        return None
    is_over = draft.case_id is None and draft.expires_at <= timezone.now()
    return None if is_over else draft


def _is_still_typed(draft: Draft, typist: str) -> bool:
    """Not once it is sent, by whomever: it is the family's then. Nor once a colleague has it."""
    return draft.case_id is None and str(draft.typed_by_id) == typist


def _is_secret_right(draft: Draft, secret: str) -> bool:
    """A browser that came by the code has none."""
    return not secret or constant_time_compare(draft.secret_hash, hash_secret(secret))


def open_draft(request) -> Draft | None:
    """The inquiry of this browser that is not sent yet."""
    draft = current_draft(request)
    return draft if draft and draft.case_id is None else None


def draft_secret(request) -> str:
    """Empty in a browser that came by the code."""
    return request.session[DRAFT]["secret"]


def forget_draft(request) -> None:
    request.session.pop(DRAFT, None)
