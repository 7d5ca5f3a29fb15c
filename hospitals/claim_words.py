"""What a claim says in the reader's words: texts, numbers, prices, times. Asks no database."""

from dataclasses import dataclass

from babel import Locale
from babel.numbers import format_decimal, format_percent
from django.utils.translation import get_language, get_language_info, gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from hospitals.actions.values import COLUMN_LANGUAGES
from hospitals.choices import ClaimKind, RecordKind
from portal.partial_date import display_partial_date

DAYS_A_WEEK = 7
# Waiting times of whole weeks are said in weeks from here on.
WEEKS_FROM = 14
# A whole sentence each: "in Chinese" is one word in Polish.
_WRITTEN_IN = {
    "en": _("in English"),
    "zh-hans": _("in Chinese"),
    "pl": _("in Polish"),
    "ar": _("in Arabic"),
}


@dataclass(frozen=True)
class Text:
    """A text as somebody wrote it; `note` says in which language, where it is not the reader's."""

    text: str
    language: str
    note: str = ""

    @property
    def direction(self) -> str:
        return "rtl" if get_language_info(self.language)["bidi"] else "ltr"


def pick_text(values: dict, name: str) -> Text | None:
    """The reader's language, else English, else whichever there is."""
    own = get_language() or "en"
    codes = [code.replace("_", "-") for code in COLUMN_LANGUAGES]
    for code in dict.fromkeys((own, "en", *codes)):
        if text := values.get(f"{name}_{code.replace('-', '_')}"):
            return Text(text, code, "" if code == own else str(_WRITTEN_IN.get(code, "")))
    return None


def claim_number(kind: str, value: dict) -> str:
    """The number of a claim with its unit; empty where only words are claimed."""
    low, high = value.get("low"), value.get("high")
    if low is None and high is None:
        return ""
    if kind == ClaimKind.PRICE:
        return price_words(low, high, value.get("currency", ""))
    if kind == ClaimKind.WAITING:
        return waiting_words(low, high)
    if kind == ClaimKind.OUTCOME:
        return spread(low, high, lambda number: format_percent(number / 100, locale=_locale()))
    if kind == ClaimKind.VOLUME:
        return patients_words(low, high)
    return spread(low, high, _plain)


def claim_items(kind: str, codes: list) -> list[str]:
    """Coded values in words: languages, or the papers that are wanted."""
    if kind == ClaimKind.LANGUAGES:
        return [spoken_language(code) for code in codes]
    labels = dict(RecordKind.choices)
    return [str(labels[code]) for code in codes if code in labels]


def spoken_language(code: str) -> str:
    if code == "zh-hans":
        # Django's name tells how it is written, not how it is spoken.
        return pgettext("language spoken", "Chinese")
    return str(get_language_info(code)["name_translated"])


def period_words(start: str, end: str) -> str:
    """2024, or 2023 to 2024; both ends are partial dates."""
    first, last = display_partial_date(start), display_partial_date(end)
    if not first or not last or first == last:
        return first or last
    return pgettext("range", "%(low)s to %(high)s") % {"low": first, "high": last}


def price_words(low: int | None, high: int | None, currency: str) -> str:
    """12,000 to 20,000 CNY: the code after the number is read alike everywhere."""
    return f"{spread(low, high, _plain)} {currency}".strip()


def patients_words(low: int | None, high: int | None) -> str:
    number = low if high is None else high
    return ngettext("%(amount)s patient a year", "%(amount)s patients a year", number) % {
        "amount": spread(low, high, _plain)
    }


def waiting_words(low: int | None, high: int | None) -> str:
    """Days; whole weeks from two weeks on."""
    number = low if high is None else high
    in_weeks = number >= WEEKS_FROM and not any((end or 0) % DAYS_A_WEEK for end in (low, high))
    if number == 0:
        return gettext("no waiting")
    if in_weeks:
        low, high = (end if end is None else end // DAYS_A_WEEK for end in (low, high))
        amount = {"amount": spread(low or None, high, _plain)}
        return ngettext("%(amount)s week", "%(amount)s weeks", number // DAYS_A_WEEK) % amount
    amount = {"amount": spread(low or None, high, _plain)}
    return ngettext("%(amount)s day", "%(amount)s days", number) % amount


def spread(low: int | None, high: int | None, write) -> str:
    """One number, a range, or a range with one end; `write` formats a number."""
    if high is None:
        return pgettext("range", "from %(low)s") % {"low": write(low)}
    if low is None:
        return pgettext("range", "up to %(high)s") % {"high": write(high)}
    if low == high:
        return write(low)
    return pgettext("range", "%(low)s to %(high)s") % {"low": write(low), "high": write(high)}


def _plain(number: int) -> str:
    return format_decimal(number, locale=_locale())


def _locale() -> Locale:
    return Locale.parse((get_language() or "en").replace("-", "_"))
