"""An inquiry that is being written: saved after every page, erased after 30 days."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from cases.clocks import DRAFT_KEPT
from cases.models import Draft


def start_draft(*, language: str) -> tuple[Draft, str]:
    """A new draft and the secret that opens it. Only the caller ever has the secret."""
    erase_expired_drafts()
    secret = secrets.token_urlsafe(32)
    draft = Draft.objects.create(
        secret_hash=hash_secret(secret),
        language=language,
        expires_at=timezone.now() + timedelta(days=DRAFT_KEPT),
    )
    return draft, secret


def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def save_page(*, draft: Draft, page: str, typed: dict, language: str) -> Draft:
    """Keep what was typed on one page. Two tabs that save at once both keep theirs.

    A draft that was sent meanwhile is given back unchanged.
    """
    fresh = Draft.objects.select_for_update().get(pk=draft.pk)
    if fresh.case_id is None:
        fresh.answers = {**fresh.answers, page: typed}
        fresh.language = language
        fresh.version += 1
        fresh.save(update_fields=["answers", "language", "version"])
    return fresh


def discard_draft(*, draft: Draft) -> None:
    """The family erases what it typed; what was sent stays."""
    Draft.objects.filter(pk=draft.pk, case=None).delete()


def erase_expired_drafts() -> int:
    """How many were erased. Whoever starts a draft clears away the old ones."""
    erased, _rows = Draft.objects.filter(expires_at__lt=timezone.now(), case=None).delete()
    return erased
