"""Messages of either side: one for each submission and text, however often it is sent (row R3)."""

import uuid

from django.utils.translation import gettext_lazy as _

from cases.actions.core import ActionRefusedError
from cases.models import Case, Message


def keep_words(case: Case, *, body: str, submission, **fields) -> tuple[Message, bool]:
    """The message, and whether it is new.

    Whoever goes back, changes the text and sends it again means another
    message, although the page still carries the same submission.
    """
    words = {"case": case, "body": body, **fields}
    message, is_new = _keep_once(submission or uuid.uuid4(), words)
    if message.body != body:
        message, is_new = _keep_once(_of_text(submission, body), words)
    return message, is_new


def _keep_once(submission, words: dict) -> tuple[Message, bool]:
    message, is_new = Message.objects.get_or_create(submission=submission, defaults=words)
    if message.case_id != words["case"].pk:
        raise ActionRefusedError(_("This message belongs to another case."))
    return message, is_new


def kept_words(case: Case, *, body: str, submission, **author) -> Message | None:
    """The message that an earlier click has made of this text."""
    submissions = (submission, _of_text(submission, body))
    rows = Message.objects.filter(case=case, submission__in=submissions, **author)
    return next((row for row in rows.select_related("case") if row.body == body), None)


def _of_text(submission: uuid.UUID, body: str) -> uuid.UUID:
    """The same for the same text, so that a double click on it is one message as well."""
    return uuid.uuid5(submission, body)
