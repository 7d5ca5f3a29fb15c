"""Zones of countries, the guess for a family, and the list to choose from."""

from zoneinfo import ZoneInfo, available_timezones

import pytest
from django.utils import translation
from django_countries.data import COUNTRIES
from django_countries.fields import Country
from hypothesis import example, given
from hypothesis import strategies as st

from portal.timezones import (
    MAIN_ZONES,
    current_name,
    guess_zone,
    is_zone,
    zone_choices,
    zones_of,
)

KNOWN = available_timezones()
LANGUAGES = ["en", "zh-hans", "pl", "ar"]
BAD = ["", "../etc", "/etc/passwd", "..", "\0", "Europe/Warsaw\0", "europe/warsaw", "x" * 10_000]


@given(st.text() | st.sampled_from(sorted(KNOWN)))
@example("Europe/Warsaw")
@example("\ud800")
def test_is_zone_is_exactly_what_zoneinfo_knows(name):
    assert is_zone(name) is (name in KNOWN)
    if is_zone(name):
        assert ZoneInfo(name).key == name


@pytest.mark.parametrize("name", [*BAD, None, 5, ["UTC"], b"UTC"])
def test_is_zone_refuses(name):
    assert is_zone(name) is False


@pytest.mark.parametrize("name", BAD)
def test_bad_browser_zone_falls_back_to_the_country(name):
    assert guess_zone("PL", name) == "Europe/Warsaw"
    assert guess_zone("XX", name) == "UTC"


@pytest.mark.parametrize(
    ("code", "zones"),
    [
        ("PL", ["Europe/Warsaw"]),
        ("CN", ["Asia/Shanghai", "Asia/Urumqi"]),
        ("UA", ["Europe/Kyiv", "Europe/Simferopol"]),
        ("pl", ["Europe/Warsaw"]),
        (Country("PL"), ["Europe/Warsaw"]),
        ("XX", []),
        ("", []),
        ("\0", []),
    ],
)
def test_zones_of(code, zones):
    assert zones_of(code) == zones


@pytest.mark.parametrize(
    ("code", "main"),
    [
        ("US", "America/New_York"),
        ("RU", "Europe/Moscow"),
        ("AU", "Australia/Sydney"),
        ("BR", "America/Sao_Paulo"),
        ("CA", "America/Toronto"),
        ("KZ", "Asia/Almaty"),
        ("ID", "Asia/Jakarta"),
        ("ES", "Europe/Madrid"),
        ("UZ", "Asia/Tashkent"),
        ("XX", "UTC"),
    ],
)
def test_guess_without_a_browser_zone_is_the_main_zone(code, main):
    assert guess_zone(code) == main


def test_valid_browser_zone_wins():
    assert guess_zone("PL", "Asia/Tokyo") == "Asia/Tokyo"
    assert guess_zone("", "UTC") == "UTC"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("Asia/Saigon", "Asia/Ho_Chi_Minh"),
        ("US/Eastern", "America/New_York"),
        ("Europe/Warsaw", "Europe/Warsaw"),
        ("nonsense", "nonsense"),
    ],
)
def test_old_names_of_zones_are_read_as_todays(old, new):
    assert current_name(old) == new
    assert guess_zone("PL", old) == (new if is_zone(old) else "Europe/Warsaw")


def test_every_inhabited_country_has_a_zone():
    assert sorted(code for code in COUNTRIES if not zones_of(code)) == ["BV", "HM"]


def test_main_zones_are_zones_of_their_country():
    assert {code: zones_of(code)[0] for code in MAIN_ZONES} == MAIN_ZONES


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", ["", "PL", "US"])
def test_choices_hold_every_country_zone_once_and_utc(language, code):
    with translation.override(language):
        zones = [zone for _, choices in zone_choices(code) for zone, _ in choices]
    expected = {zone for country in COUNTRIES for zone in zones_of(country)} | {"UTC"}
    assert len(zones) == len(expected)
    assert set(zones) == expected
    assert [zone for zone in zones if not is_zone(zone)] == []


@pytest.mark.parametrize(
    ("language", "group", "label"),
    [
        ("en", "Poland", "Warsaw, Poland"),
        ("pl", "Polska", "Warszawa, Polska"),
        ("zh-hans", "波兰", "华沙"),
        ("ar", "بولندا", "وارسو"),
    ],
)
def test_own_country_comes_first_in_the_readers_language(language, group, label):
    with translation.override(language):
        first, (choice, *others) = zone_choices("PL")[0]
    assert (first, choice[0], others) == (group, "Europe/Warsaw", [])
    assert choice[1].startswith(label)


def test_city_that_is_kept_under_an_old_name_is_translated():
    with translation.override("zh-hans"):
        ((zone, label),) = zone_choices("IN")[0][1]
    assert zone == "Asia/Kolkata"
    assert label.startswith("加尔各答")


def test_groups_in_english_and_order_of_their_cities():
    with translation.override("en"):
        groups = dict(zone_choices())
    assert list(groups) == [
        "Africa",
        "Americas",
        "Antarctica",
        "Asia",
        "Atlantic islands",
        "Europe",
        "Indian Ocean islands",
        "Oceania",
        "UTC",
    ]
    cities = [label for _, label in groups["Europe"]]
    assert cities[:2] == ["Amsterdam, Netherlands", "Andorra"]
    assert cities == sorted(cities, key=str.casefold)


def test_choices_without_an_active_language():
    with translation.override(None):
        assert zone_choices("PL")[0][0] == "Poland"
