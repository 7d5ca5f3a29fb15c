"""What templates of all apps need and Django has not. Nothing here asks the database."""

from django import template
from django.conf import settings
from django.urls import translate_url

from portal.checks import missing_operator_values

register = template.Library()


@register.simple_tag(takes_context=True)
def page_addresses(context) -> dict:
    """The page's own full address and those of its translations, without the query."""
    path, base = context["request"].path, settings.PUBLIC_URL
    translations = {code: f"{base}{translate_url(path, code)}" for code, _ in settings.LANGUAGES}
    return {"canonical": f"{base}{path}", "translations": translations}


@register.inclusion_tag("admin/_operator_warnings.html", takes_context=True)
def operator_warnings(context) -> dict:
    """The operator's values that are still unset, for people of the office."""
    request = context.get("request")
    is_office = bool(request) and context.get("has_permission") and request.user.works_in_office
    missing = missing_operator_values() if is_office else []
    return {
        "labels": [settings.OPERATOR_LABELS[name] for name in missing],
        "is_unscanned": is_office and not settings.CLAMD_ADDRESS,
    }
