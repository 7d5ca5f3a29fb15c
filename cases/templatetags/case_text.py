"""How the family's pages and mails write days, moments and links."""

from datetime import datetime

import segno
from django import template
from django.conf import settings
from django.urls import reverse
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


@register.filter
def qr_code(address: str) -> str:
    """As a picture inside the page: nothing is asked of anybody for it."""
    return segno.make(address, error="m").svg_data_uri(scale=4, border=2, omitsize=False)


@register.inclusion_tag("cases/_slip.html")
def slip(reference: str) -> dict:
    """The part of a printed page that goes into a purse. Holds no code."""
    return {"address": f"{settings.PUBLIC_URL}{reverse('case:sign-in')}", "reference": reference}
