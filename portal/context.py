"""What every template may use."""

from django.conf import settings
from django.utils.translation import get_language, get_language_info

from portal.languages import in_language, public_path


def site(request):
    """Operator, demo mark and the language menu; costs no query."""
    code = get_language() or settings.LANGUAGE_CODE
    return {
        "operator": settings.OPERATOR,
        "is_demo": settings.IS_LOCAL,
        "public_url": settings.PUBLIC_URL,
        "language_code": code,
        "language_direction": "rtl" if get_language_info(code)["bidi"] else "ltr",
        "language_menu": language_menu(request, code),
    }


def language_menu(request, current: str) -> list[dict]:
    """The same page in each language, under the language's own name."""
    path = public_path(request)
    return [
        {
            "code": code,
            "name": name,
            "url": in_language(path, code),
            "is_current": code == current,
        }
        for code, name in settings.LANGUAGES
    ]
