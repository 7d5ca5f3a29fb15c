"""The public history of a hospital's claims, in words. Organisations, never people's names."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import formats
from django.utils.dateparse import parse_date
from django.utils.text import capfirst
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from hospitals.actions.values import (
    CLAIM_FIELDS,
    COLUMN_LANGUAGES,
    HOSPITAL_FIELDS,
    LISTING_COLUMNS,
    SET_FIELDS,
)
from hospitals.choices import Accepting, Audience, ChangeOrigin, ClaimKind
from hospitals.claim_words import Text, claim_items, claim_number, period_words, pick_text
from hospitals.models import Campus, Change, Condition, Fact, Hospital, Story, Treatment
from hospitals.shown_listing import REASONS, join

# Columns of facts, campuses and stories that a reader sees; their keys and places say nothing.
_TEXTS = ("value", "note", "name", "address", "patient", "condition", "summary")
SUBJECT_FIELDS = tuple(f"{text}_{code}" for text in _TEXTS for code in COLUMN_LANGUAGES)
OWN_FIELDS = {*LISTING_COLUMNS, *REASONS, *HOSPITAL_FIELDS, *SET_FIELDS, *CLAIM_FIELDS}
_CHOICES = {"accepting": Accepting, "audience": Audience}
_SETS = {"conditions": Condition, "treatments": Treatment}
_LABELS = {
    "title": gettext_lazy("Title"),
    "description": gettext_lazy("Description"),
    "reason": gettext_lazy("Why this hospital"),
    "audience": gettext_lazy("For whom"),
    "min_age_years": gettext_lazy("Youngest age, in years"),
    "max_age_years": gettext_lazy("Oldest age, in years"),
    "accepting": gettext_lazy("New patients"),
    "accepting_until": gettext_lazy("Takes new patients until"),
    "is_public": gettext_lazy("Shown on the page"),
    "conditions": gettext_lazy("Conditions it names"),
    "treatments": gettext_lazy("Treatments it names"),
}


@dataclass(frozen=True)
class Said:
    """What was public, in words; `source` of a claim. Empty words: nothing was said."""

    words: str = ""
    language: str = ""
    source: str = ""

    @property
    def direction(self) -> str:
        is_rtl = self.language and get_language_info(self.language)["bidi"]
        return "rtl" if is_rtl else "ltr" if self.language else "auto"


@dataclass(frozen=True)
class Entry:
    at: datetime
    about: str
    label: str
    origin: str
    before: Said
    after: Said
    is_confirmation: bool = False


def public_changes(hospital: Hospital) -> QuerySet:
    """Newest first. Nothing about facts and addresses that are withheld until checked."""
    own = {"hospital": hospital}
    keys = [
        *Fact.objects.public().filter(**own).values_list("key", flat=True),
        *Campus.objects.filter(is_withheld=False, **own).values_list("key", flat=True),
        *Story.objects.filter(**own).values_list("key", flat=True),
    ]
    shown = Q(origin=ChangeOrigin.CONFIRMATION) | Q(subject="", field__in=OWN_FIELDS)
    shown |= Q(subject__in=keys, field__in=SUBJECT_FIELDS)
    return hospital.changes.filter(shown).select_related("listing").order_by("-at", "pk")


def entries(changes: list[Change]) -> list[Entry]:
    """At most three queries for any number of changes."""
    names = _names(changes)
    facts = fact_kinds(changes)
    return [_entry(change, names, facts) for change in changes]


def _entry(change: Change, names: dict, facts: dict) -> Entry:
    origin = str(change.get_origin_display())
    if change.origin == ChangeOrigin.CONFIRMATION:
        label = _("Everything on the page was confirmed as still right")
        return Entry(change.at, "", label, origin, Said(), Said(), is_confirmation=True)
    return Entry(
        change.at,
        change.listing.title if change.listing else "",
        field_label(change, facts),
        origin,
        said(change.field, change.before, names),
        said(change.field, change.after, names),
    )


def field_label(change: Change, facts: dict) -> str:
    """What the change is about; a text's language beside it."""
    name, language = split(change.field)
    if name.startswith("claim_"):
        return str(ClaimKind(name.removeprefix("claim_")).label)
    label = facts.get((change.hospital_id, change.subject)) if change.subject else None
    label = str(label or _LABELS.get(name) or _("About the hospital"))
    return f"{label} ({dict(settings.LANGUAGES)[language]})" if language else label


def split(field: str) -> tuple[str, str]:
    """title_zh_hans is ("title", "zh-hans"); a column of no language keeps its name."""
    for column in COLUMN_LANGUAGES:
        if field.endswith(f"_{column}"):
            return field.removesuffix(f"_{column}"), column.replace("_", "-")
    return field, ""


def said(field: str, value, names: dict) -> Said:
    """A plain value (see hospitals.actions.values) in words."""
    name, language = split(field)
    if value in (None, "", [], {}):
        return Said()
    if name in _CHOICES:
        return Said(capfirst(str(dict(_CHOICES[name].choices).get(value, value))))
    if name in _SETS:
        return Said(join(sorted(names.get((name, slug), slug) for slug in value)))
    if name.startswith("claim_") and isinstance(value, dict):
        return _said_claim(name.removeprefix("claim_"), value)
    if isinstance(value, bool):
        return Said(_("yes") if value else _("no"))
    if name == "accepting_until":
        return Said(formats.date_format(parse_date(value), "DATE_FORMAT"))
    return Said(str(value), language)


def _said_claim(kind: str, value: dict) -> Said:
    text: Text | None = pick_text(value, "text")
    parts = [
        claim_number(kind, value),
        period_words(value.get("period_from", ""), value.get("period_to", "")),
        join(claim_items(kind, value.get("codes", []))),
        text.text if text else "",
    ]
    return Said(" · ".join(filter(None, parts)), source=value.get("source_title", ""))


def _names(changes: list[Change]) -> dict[tuple[str, str], str]:
    found = {}
    for name, model in _SETS.items():
        lists = [value for row in changes if row.field == name for value in (row.before, row.after)]
        slugs = {slug for value in lists for slug in value or []}
        if slugs:
            rows = model.objects.filter(slug__in=slugs).defer("words", "hidden_words")
            found.update({(name, row.slug): row.name for row in rows})
    return found


def fact_kinds(changes: list[Change]) -> dict[tuple, str]:
    """Hospital and key of each fact that a change is about: the kind of fact in words."""
    subjects = {row.subject for row in changes if row.subject}
    hospitals = {row.hospital_id for row in changes}
    rows = Fact.objects.public().filter(hospital__in=hospitals, key__in=subjects)
    return {(row.hospital_id, row.key): row.get_kind_display() for row in rows} if subjects else {}
