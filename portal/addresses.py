"""Full addresses of public pages, for those who read them elsewhere. Asks no database.

They start with PUBLIC_URL: what a request says about its host is never repeated.
"""

from functools import cache

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language, override

from portal.languages import in_language

DEFAULT_LANGUAGE = "en"
LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)


@cache
def language_tag(code: str) -> str:
    """Django's code as a tag of BCP 47: zh-hans is zh-Hans."""
    language, *parts = code.split("-")
    return "-".join([language, *(part.title() if len(part) == 4 else part for part in parts)])


def full_address(name: str, *arguments: str, language: str = "") -> str:
    """Of a named page, in the language given or in the reader's."""
    with override(language or get_language() or DEFAULT_LANGUAGE):
        return f"{settings.PUBLIC_URL}{reverse(name, args=arguments)}"


def in_each_language(path: str, query: str = "") -> dict[str, str]:
    """Full addresses of a page's translations under their tags, and `x-default`."""
    tail = f"?{query}" if query else ""
    found = {
        language_tag(code): f"{settings.PUBLIC_URL}{in_language(path, code)}{tail}"
        for code in LANGUAGES
    }
    return found | {"x-default": found[DEFAULT_LANGUAGE]}
