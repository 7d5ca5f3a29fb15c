"""Changing the language without losing the page or what was typed."""

from django.utils.translation import get_language_from_path

SWITCH_FIELD = "switch_language"
# The hospitals' own site speaks this to whoever has not chosen.
PARTNER_LANGUAGE = "zh-hans"


def public_path(request) -> str:
    """Path and query of this page, for the links of the language menu."""
    return request.get_full_path()


def in_language(path: str, code: str) -> str:
    """The same page in another language; the path may have a query.

    No word of our addresses is translated, only their beginning changes. Django's
    `translate_url` resolves and reverses each address, ten times a page.
    """
    current = get_language_from_path(path)
    return f"/{code}{path[len(current) + 1 :]}" if current else path


def is_switching(request) -> bool:
    """True for a form that was sent by the language menu and not to be processed.

    The menu's buttons post the open form to the same page in the other language
    (`formaction`); the view then shows the form again with what was typed.
    """
    return request.method == "POST" and SWITCH_FIELD in request.POST
