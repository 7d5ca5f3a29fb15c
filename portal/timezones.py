"""Time zones: which are a country's, which one to guess for a family, and the list to choose from.

Zones of countries come from zone.tab of the tzdata package (IANA), names of cities and countries
from Babel (Unicode CLDR). Names that browsers still send, such as Asia/Calcutta, are read as
today's (Asia/Kolkata).
"""

import unicodedata
import zoneinfo
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from babel import Locale
from babel.core import get_global
from django.utils.translation import get_language, gettext, to_locale

UTC = "UTC"
# zone.tab orders a country's zones by longitude or by the number of places. Where its first zone
# is not where most people live, this is (Unicode CLDR primaryZones for UA and UZ; else the zone
# of the most populous metropolitan area).
MAIN_ZONES = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
}
# First part of a zone's name -> UN M49 code of the region, which CLDR can name.
_REGIONS = {
    "Africa": "002",
    "America": "019",
    "Antarctica": "AQ",
    "Arctic": "150",
    "Asia": "142",
    "Australia": "009",
    "Europe": "150",
    "Pacific": "009",
}

Choice = tuple[str, str]
Group = tuple[str, tuple[Choice, ...]]


def is_zone(name: object) -> bool:
    """Whether this is an IANA zone name we know; safe for anything a user sends.

    A look-up in a set: no file is opened by the name, so a path or a huge text is just False.
    """
    return isinstance(name, str) and name in _known_zones()


def zones_of(country_code: str) -> list[str]:
    """IANA names of the country's zones, main one first; [] for an unknown country."""
    return list(_country_zones().get(_code(country_code), ()))


def guess_zone(country_code: str, browser_zone: str = "") -> str:
    """The browser's zone if valid, else the country's main zone, else "UTC"."""
    if is_zone(browser_zone):
        return current_name(browser_zone)
    return next(iter(zones_of(country_code)), UTC)


def current_name(zone: str) -> str:
    """Today's name of a renamed zone; every other text is given back as it is."""
    name = get_global("zone_aliases").get(zone, zone)
    return name if zone not in _zone_countries() and name in _zone_countries() else zone


def zone_choices(country_code: str = "") -> list[Group]:
    """Groups for a plain <select>: [(label, ((zone, "City, Country"), ...))].

    In the active language, cached per language and country. The country's own zones come first,
    so that most families need not search; then one group a continent, by name of city, because a
    select without JavaScript jumps to what is typed. About 420 zones in all; "UTC" closes the list.
    """
    locale = to_locale(get_language() or "en")
    return list(_choices(locale, _code(country_code)))


@cache
def _choices(locale_name: str, country_code: str) -> tuple[Group, ...]:
    """Cached per language and country; `country_code` is a known one or ""."""
    locale = Locale.parse(locale_name)
    own = _country_zones().get(country_code, ())
    groups: dict[str, list[Choice]] = {}
    if own:
        groups[locale.territories.get(country_code, country_code)] = [
            (zone, _label(zone, locale)) for zone in own
        ]
    for label, zone in _by_region(locale):
        if zone not in own:
            groups.setdefault(label, []).append((zone, _label(zone, locale)))
    groups[UTC] = [(UTC, UTC)]
    return tuple((label, tuple(choices)) for label, choices in groups.items())


def _by_region(locale: Locale) -> list[tuple[str, str]]:
    """(region, zone) pairs in the order in which people read them."""
    pairs = [(_region(zone, locale), zone) for zone in _zone_countries()]
    return sorted(pairs, key=lambda pair: (_plain(pair[0]), _sort_key(pair[1], locale)))


def _region(zone: str, locale: Locale) -> str:
    area = zone.split("/", maxsplit=1)[0]
    if area == "Atlantic":
        return gettext("Atlantic islands")
    if area == "Indian":
        return gettext("Indian Ocean islands")
    return locale.territories.get(_REGIONS[area], area)


def _label(zone: str, locale: Locale) -> str:
    city, code = _city(zone, locale), _zone_countries()[zone]
    country = locale.territories.get(code, code)
    if city == country:
        return city
    return gettext("%(city)s, %(country)s") % {"city": city, "country": country}


def _city(zone: str, locale: Locale) -> str:
    """CLDR's name, which it may hold under an old name of the zone; else the zone's last part."""
    for name in (zone, *_old_names().get(zone, ())):
        if city := locale.time_zones.get(name, {}).get("city"):
            return city
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def _sort_key(zone: str, locale: Locale) -> str:
    """By city; in Chinese by the Latin name, as code points are no order a reader knows."""
    return _plain(zone.rsplit("/", 1)[-1] if locale.language == "zh" else _city(zone, locale))


def _plain(text: str) -> str:
    """Without marks and case, so that "Łódź" and "Åland" stand where readers look for them."""
    decomposed = unicodedata.normalize("NFKD", text.replace("Ł", "L").replace("ł", "l"))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def _code(country_code: object) -> str:
    """Upper-case code of a known country, else "" (so that caches stay small)."""
    code = str(getattr(country_code, "code", country_code) or "").upper()
    return code if code in _country_zones() else ""


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


@cache
def _zone_countries() -> Mapping[str, str]:
    """Zone -> alpha-2 code, in the order of zone.tab: code, coordinates, zone, comments."""
    text = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return {row[2]: row[0] for row in rows if row[2] in _known_zones()}


@cache
def _country_zones() -> Mapping[str, tuple[str, ...]]:
    zones: dict[str, list[str]] = {}
    for zone, code in _zone_countries().items():
        zones.setdefault(code, []).append(zone)
    return {
        code: tuple(sorted(names, key=lambda name, code=code: name != MAIN_ZONES.get(code)))
        for code, names in zones.items()
    }


@cache
def _old_names() -> Mapping[str, tuple[str, ...]]:
    names: dict[str, list[str]] = {}
    for old, new in get_global("zone_aliases").items():
        names.setdefault(new, []).append(old)
    return {zone: tuple(sorted(old)) for zone, old in names.items()}
