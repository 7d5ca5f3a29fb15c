"""Names and values of the fields of a proposal, as a person reads them."""

from dataclasses import dataclass, field

from django.conf import settings
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import get_language_info, pgettext
from django.utils.translation import gettext as _

from hospitals.actions.values import CLAIM_FIELDS, SET_FIELDS, is_empty
from hospitals.choices import ClaimKind
from hospitals.claim_words import claim_items, claim_number, period_words
from hospitals.forms.claims import TEXT_ORDER
from hospitals.models import Condition, Hospital, Listing, Treatment
from portal.partial_date import display_partial_date

TEXTS = ("title", "description")
SETS = {"conditions": Condition, "treatments": Treatment}
UNSAID = ("", None)


@dataclass
class Label:
    """What a field is called; a text's language, if it has one of its own."""

    text: str
    language: str = ""

    @property
    def direction(self) -> str:
        return text_direction(self.language)


def text_direction(language: str) -> str:
    if not language:
        return "auto"
    return "rtl" if get_language_info(language)["bidi"] else "ltr"


def field_label(model, name: str) -> Label:
    if name in CLAIM_FIELDS:
        return Label(str(ClaimKind(name.removeprefix("claim_")).label))
    if name in SET_FIELDS:
        return Label(capfirst(SETS[name]._meta.verbose_name_plural))
    base, _separator, language = name.partition("_")
    if base not in TEXTS:
        return Label(capfirst(model._meta.get_field(name).verbose_name))
    code = language.replace("_", "-")
    title = capfirst(model._meta.get_field(base).verbose_name)
    return Label(f"{title} ({dict(settings.LANGUAGES)[code]})", code)


@dataclass
class Shown:
    """Values in words. Names of conditions are read once for all values that are shown."""

    model: type
    names: dict = field(default_factory=dict)

    @classmethod
    def of(cls, model, *several: dict) -> "Shown":
        shown = cls(model)
        for name, related in SETS.items():
            slugs = {slug for values in several for slug in values.get(name) or ()}
            if slugs:
                rows = related.objects.filter(slug__in=slugs)
                shown.names |= {row.slug: row.name for row in rows}
        return shown

    def display(self, name: str, value) -> str:
        if name in CLAIM_FIELDS:
            return claim_text(name.removeprefix("claim_"), value or {}) or _("not said")
        if name in SET_FIELDS:
            return "\n".join(self.names.get(slug, slug) for slug in value or ()) or _("none named")
        return self._column(name, value)

    def _column(self, name: str, value) -> str:
        if value is True or value is False:
            return _("yes") if value else _("no")
        if value in UNSAID:
            return _("not said")
        if name == "accepting_until":
            return date_format(parse_date(str(value)), "DATE_FORMAT")
        choices = dict(self.model._meta.get_field(name).flatchoices)
        return str(choices.get(value, value))


def claim_text(kind: str, value: dict) -> str:
    """Line by line: the claim, its words in each language, its period, its source."""
    lines = [claim_number(kind, value), *claim_items(kind, value.get("codes", []))]
    languages = dict(settings.LANGUAGES)
    for language in TEXT_ORDER:
        if text := value.get(f"text_{language}"):
            lines.append(f"{languages[language.replace('_', '-')]}: {text}")
    if period := period_words(value.get("period_from", ""), value.get("period_to", "")):
        lines.append(pgettext("of a claim", "Period: %(period)s") % {"period": period})
    lines.append(source_text(value))
    return "\n".join(line for line in lines if line)


def source_text(value: dict) -> str:
    title, at = value.get("source_title", ""), value.get("source_date", "")
    if not title:
        return ""
    source = f"{title}, {display_partial_date(at)}" if at else title
    return _("Source: %(source)s") % {"source": source}


def source_link(value) -> str:
    """The address of a claim's source; only of the web."""
    url = value.get("source_url", "") if isinstance(value, dict) else ""
    return url if url.startswith(("https://", "http://")) else ""


def summary(model, names: list[str], values: dict, *, limit: int = 80) -> str:
    """What some fields say, in one line; empty where nothing is said."""
    shown = Shown.of(model, values)
    said = [
        gist(name, values[name]) or shown.display(name, values[name])
        for name in names
        if not is_empty(values.get(name))
    ]
    line = "; ".join(" ".join(text.split()) for text in said)
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def gist(name: str, value) -> str:
    """Of a claim its number, its list or its first words; empty for anything else."""
    if name not in CLAIM_FIELDS:
        return ""
    kind = name.removeprefix("claim_")
    texts = [value.get(f"text_{language}", "") for language in TEXT_ORDER]
    items = ", ".join(claim_items(kind, value.get("codes", [])))
    return claim_number(kind, value) or items or next(filter(None, texts), "")


def model_of(revision) -> type:
    return Listing if revision.listing_id or revision.specialty_id else Hospital
