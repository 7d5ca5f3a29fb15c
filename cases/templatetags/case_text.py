"""How the family's pages and mails write days, moments and links."""

from datetime import datetime

from django import template
from django.utils import timezone

from cases import links, times
from portal.timezones import zone_choices

register = template.Library()
register.filter("moment", times.moment)
register.filter("with_token", links.with_token)


@register.filter
def long_day(value) -> str:
    return times.long_day(timezone.localdate(value) if isinstance(value, datetime) else value)


@register.filter
def zone_name(zone: str) -> str:
    """Warsaw, Poland."""
    names = {key: label for _group, choices in zone_choices() for key, label in choices}
    return names.get(zone, zone)
