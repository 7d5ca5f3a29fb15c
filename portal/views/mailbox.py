"""The mailbox of a demo: what the portal would have mailed. Not routed in production."""

from email import message_from_bytes, policy

from django.conf import settings
from django.shortcuts import render
from django.views.decorators.http import require_safe

NEWEST = 50


@require_safe
def mailbox(request):
    """The newest mails, each with its recipient, subject and text."""
    return render(request, "portal/mailbox.html", {"mails": read_mails()})


def read_mails() -> list[dict]:
    files = settings.MAILBOX_DIR.glob("*.log") if settings.MAILBOX_DIR.exists() else ()
    newest = sorted(files, key=lambda file: file.stat().st_mtime, reverse=True)[:NEWEST]
    return [_read(file.read_bytes()) for file in newest]


def _read(raw: bytes) -> dict:
    message = message_from_bytes(raw.split(b"\n" + b"-" * 79)[0], policy=policy.default)
    return {
        "to": message["to"],
        "subject": message["subject"],
        "date": message["date"],
        "body": message.get_content(),
    }
