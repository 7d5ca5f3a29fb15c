"""The listing's form in the order of importance: what families ask first comes first."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from hospitals.actions.values import CLAIM_PARTS, PERIOD_KEYS, RANGE_KEYS, SOURCE_KEYS, TITLES
from hospitals.choices import NEEDS_PERIOD, ClaimKind
from hospitals.forms.claims import TEXT_ORDER, part_name

OTHER_LANGUAGES = _("Other languages")


@dataclass
class Row:
    """One part of the page; which template shows it says what it is."""

    template: str
    fields: list = field(default_factory=list)
    title: str = ""
    note: str = ""
    rows: list["Row"] = field(default_factory=list)
    groups: list = field(default_factory=list)
    starts_open: bool = False

    def all_fields(self) -> Iterator:
        yield from self.fields
        for row in self.rows:
            yield from row.all_fields()

    @property
    def is_open(self) -> bool:
        """A fold with an error is open."""
        return self.starts_open or any(bound.errors for bound in self.all_fields())


@dataclass
class Section:
    key: str
    title: str
    names: list[str]
    rows: list[Row]
    starts_open: bool = False
    # What it says now, in a few words; shown while it is closed.
    summary: str = ""

    @property
    def is_open(self) -> bool:
        return self.starts_open or any(row_has_errors(row) for row in self.rows)


def row_has_errors(row: Row) -> bool:
    return any(bound.errors for bound in row.all_fields())


def of_listing(form) -> list[Section]:
    claim = _Claims(form)
    listed = [
        Section(
            "now",
            _("New patients now"),
            ["accepting", "accepting_until", "claim_waiting"],
            [*plain(form, "accepting", "accepting_until"), claim.group(ClaimKind.WAITING)],
            starts_open=True,
        ),
        Section(
            "what",
            _("What you treat"),
            [*TITLES, "conditions", "treatments"],
            [*texts(form, "title"), ticks(form, "conditions"), ticks(form, "treatments")],
            starts_open=True,
        ),
        Section(
            "whom",
            _("For whom"),
            ["audience", "min_age_years", "max_age_years", "claim_exclusions"],
            [
                *plain(form, "audience"),
                pair(form, "min_age_years", "max_age_years"),
                claim.group(ClaimKind.EXCLUSIONS),
            ],
            starts_open=True,
        ),
        Section(
            "numbers",
            _("Experience and results"),
            ["claim_volume", "claim_outcome"],
            [claim.group(ClaimKind.VOLUME), claim.group(ClaimKind.OUTCOME)],
        ),
        Section("price", _("Price"), ["claim_price"], [claim.group(ClaimKind.PRICE)]),
        Section(
            "papers",
            _("Records and languages"),
            ["claim_records", "claim_languages"],
            [claim.group(ClaimKind.RECORDS), claim.group(ClaimKind.LANGUAGES)],
        ),
        words_section(form),
    ]
    return listed + ([page_section(form)] if "is_public" in form.fields else [])


def of_hospital(form) -> list[Section]:
    now = Section(
        "now", _("New patients now"), ["accepting"], plain(form, "accepting"), starts_open=True
    )
    words = words_section(form)
    words.starts_open = True
    return [now, words]


def words_section(form) -> Section:
    names = [f"description_{language}" for language in TEXT_ORDER]
    return Section("words", _("In your own words"), names, texts(form, "description"))


def page_section(form) -> Section:
    return Section("page", _("On your page"), ["is_public"], plain(form, "is_public"))


def plain(form, *names: str) -> list[Row]:
    return [Row("partners/_field.html", [form[name]]) for name in names]


def pair(form, *names: str) -> Row:
    """Side by side, where there is room."""
    return Row("partners/_pair.html", [form[name] for name in names])


def texts(form, base: str) -> list[Row]:
    """Chinese and English; the others in a fold."""
    rows = [text_row(form[f"{base}_{language}"]) for language in TEXT_ORDER]
    return [*rows[:2], in_fold(rows[2:])]


def text_row(bound) -> Row:
    """With the name of its language, in that language."""
    language = dict(settings.LANGUAGES)[bound.field.widget.attrs["lang"]]
    return Row("partners/_text.html", [bound], note=language)


def in_fold(rows: list[Row], title=OTHER_LANGUAGES) -> Row:
    """Texts that not everybody writes; the note names the languages that are written already."""
    written = ", ".join(row.note for row in rows if row.fields[0].value())
    return Row("partners/_fold.html", rows=rows, title=title, note=written)


def ticks(form, name: str) -> Row:
    bound, more = form[name], form[f"{name}_more"]
    return Row(
        "partners/_ticks.html",
        [bound],
        title=capfirst(bound.label),
        rows=[Row("partners/_field.html", [more])],
        groups=bound.field.groups(bound),
    )


class _Claims:
    """The rows of one claim: the claim, its words, its evidence."""

    def __init__(self, form):
        self.form = form

    def field(self, kind: str, part: str):
        return self.form[part_name(kind, part)]

    def group(self, kind: str) -> Row:
        parts = CLAIM_PARTS[kind]
        rows = []
        if "codes" in parts:
            rows.append(Row("partners/_boxes.html", [self.field(kind, "codes")]))
        numbers = [part for part in (*RANGE_KEYS, "currency") if part in parts]
        if numbers:
            rows.append(self._beside(kind, numbers))
        rows += self._texts(kind)
        if "period_from" in parts:
            rows.append(self._beside(kind, PERIOD_KEYS))
        rows.append(self._source(kind))
        return Row("partners/_group.html", rows=rows, title=ClaimKind(kind).label)

    def _beside(self, kind: str, parts) -> Row:
        return Row("partners/_pair.html", [self.field(kind, part) for part in parts])

    def _texts(self, kind: str) -> list[Row]:
        """Where the number says it all, the words wait in a fold."""
        rows = [text_row(self.field(kind, f"text_{language}")) for language in TEXT_ORDER]
        if kind == ClaimKind.WAITING:
            return [in_fold(rows, title=_("In words"))]
        return [rows[0], in_fold(rows[1:])]

    def _source(self, kind: str) -> Row:
        fields = [self.field(kind, part) for part in SOURCE_KEYS]
        rows = [Row("partners/_field.html", fields[:1]), Row("partners/_pair.html", fields[1:])]
        return Row(
            "partners/_fold.html",
            rows=rows,
            title=_("Where it is written"),
            note=fields[0].value() or "",
            # Without it such a claim is not published.
            starts_open=kind in NEEDS_PERIOD,
        )
