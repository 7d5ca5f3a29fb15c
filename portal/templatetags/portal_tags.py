"""What templates of all apps need and Django has not. Nothing here asks the database."""

import json
from html import unescape

from django import template
from django.conf import settings
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from portal.addresses import in_each_language
from portal.checks import missing_operator_values

register = template.Library()


# As in Django's json_script; the two line ends are none in JSON but in older scripts.
ESCAPES = {ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&\u2028\u2029"}


# What search engines show of a title, in letters.
SHOWN_TITLE = 65


@register.filter
def with_site_name(title: SafeString) -> SafeString:
    """The page's title and ours; a long one stands for itself. Already escaped."""
    site = escape(gettext("Treatment in Shanghai"))
    whole = f"{title.strip()} - {site}"
    return mark_safe(whole if len(unescape(whole)) <= SHOWN_TITLE else title.strip())  # noqa: S308


@register.simple_tag(takes_context=True)
def page_addresses(context) -> dict:
    """The page's own full address and those of its translations.

    Without a query, unless the view sets `canonical_query`: the part that makes it another
    page. A view that sets `is_unlisted` keeps its page out of search engines; one that sets
    `canonical_path` names another page to be found in its place.
    """
    path, query = context["request"].path, context.get("canonical_query", "")
    if context.get("canonical_path"):
        path, query = context["canonical_path"], ""
    tail = f"?{query}" if query else ""
    return {
        "canonical": f"{settings.PUBLIC_URL}{path}{tail}",
        "translations": in_each_language(path, query),
        "is_unlisted": context.get("is_unlisted", False),
    }


@register.simple_tag(takes_context=True)
def structured_data(context) -> SafeString:
    """What the view has put into `structured` (see hospitals.structured) as JSON-LD.

    A block of data: browsers do not run it, so the policy for scripts does not concern it.
    """
    data = context.get("structured")
    if not data:
        return SafeString("")
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308


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
