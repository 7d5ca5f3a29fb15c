"""What a listing or a hospital says, as plain values that a proposal can keep in JSON.

A column is its value, a date its ISO form. "conditions" and "treatments" are sorted lists
of slugs. "claim_<kind>" is a dict without empty entries (see CLAIM_PARTS), or None where
nothing is claimed. So the same few functions read, compare, check and write them all.

An error about a claim carries, as its `code`, the part of the claim that is to blame.
"""

import hashlib
from datetime import date
from uuid import uuid4

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import F
from django.utils.translation import gettext as _

from hospitals.choices import NEEDS_PERIOD, SPOKEN_LANGUAGES, ClaimKind, RecordKind
from hospitals.models import (
    Claim,
    Condition,
    Hospital,
    Listing,
    ListingCondition,
    ListingTreatment,
    Source,
    Treatment,
)

COLUMN_LANGUAGES = ("en", "zh_hans", "pl", "ar")
TITLES = tuple(f"title_{language}" for language in COLUMN_LANGUAGES)
DESCRIPTIONS = tuple(f"description_{language}" for language in COLUMN_LANGUAGES)
HOSPITAL_FIELDS = (*DESCRIPTIONS, "accepting")
LISTING_COLUMNS = (
    *TITLES,
    *DESCRIPTIONS,
    "audience",
    "min_age_years",
    "max_age_years",
    "accepting",
    "accepting_until",
    "is_public",
)
SET_FIELDS = ("conditions", "treatments")
CLAIM_FIELDS = tuple(f"claim_{kind}" for kind in ClaimKind.values)
LISTING_FIELDS = (*LISTING_COLUMNS, *SET_FIELDS, *CLAIM_FIELDS)
TEXT_KEYS = tuple(f"text_{language}" for language in COLUMN_LANGUAGES)
SOURCE_KEYS = ("source_title", "source_url", "source_date")
RANGE_KEYS = ("low", "high")
PERIOD_KEYS = ("period_from", "period_to")
PLAIN_KEYS = (*TEXT_KEYS, "codes", *RANGE_KEYS, "currency", *PERIOD_KEYS)
CLAIM_KEYS = (*PLAIN_KEYS, *SOURCE_KEYS)
# What a claim of each kind is made of, beside its texts and its source.
CLAIM_PARTS = {
    ClaimKind.EXCLUSIONS: (),
    ClaimKind.VOLUME: (*RANGE_KEYS, *PERIOD_KEYS),
    ClaimKind.OUTCOME: (*RANGE_KEYS, *PERIOD_KEYS),
    ClaimKind.PRICE: (*RANGE_KEYS, "currency", *PERIOD_KEYS),
    ClaimKind.WAITING: RANGE_KEYS,
    ClaimKind.LANGUAGES: ("codes",),
    ClaimKind.RECORDS: ("codes",),
}
MAX_CODES = 200
_SETS = {
    "conditions": (ListingCondition, "condition", Condition),
    "treatments": (ListingTreatment, "treatment", Treatment),
}
CODES = {ClaimKind.LANGUAGES: SPOKEN_LANGUAGES, ClaimKind.RECORDS: tuple(RecordKind.values)}
# A claim of these kinds is its text; without one it would say nothing.
NEEDS_TEXT = (ClaimKind.EXCLUSIONS, ClaimKind.OUTCOME)


def current(target, names) -> dict:
    """The public values of these fields now; a target that is not saved has nothing yet."""
    listing = target if isinstance(target, Listing) and not target._state.adding else None
    claims = _claims(listing) if any(name in CLAIM_FIELDS for name in names) else {}
    return {name: _read(target, listing, claims, name) for name in names}


def claim_value(claim: Claim) -> dict:
    """The plain value of a claim, without empty entries."""
    values = {key: getattr(claim, key) for key in PLAIN_KEYS}
    if claim.source:
        values |= {
            "source_title": claim.source.title,
            "source_url": claim.source.url,
            "source_date": claim.source_date,
        }
    return without_empty(values)


def without_empty(values: dict) -> dict:
    return {key: value for key, value in values.items() if not is_empty(value)}


def is_empty(value) -> bool:
    """Nothing said: an empty text, list or dict, or None. False and 0 say something."""
    return value is None or value in ("", [], {}, ())


def same(one, other) -> bool:
    """An empty value and a missing one say the same."""
    return (is_empty(one) and is_empty(other)) or one == other


def plain(value):
    """As JSON keeps it."""
    return value.isoformat() if isinstance(value, date) else value


def normal(name: str, value):
    """The one form of a value, so that what reads the same compares the same."""
    if name in SET_FIELDS:
        return sorted(set(value or []))
    if name in CLAIM_FIELDS:
        return None if is_empty(value) else _normal_claim(name.removeprefix("claim_"), value)
    return clean_text(value) if isinstance(value, str) else plain(value)


def clean_text(text: str) -> str:
    """Browsers send a line's end as two characters."""
    return text.replace("\r\n", "\n").strip()


def _normal_claim(kind: str, value: dict) -> dict | None:
    parts = {
        key: clean_text(part) if isinstance(part, str) else plain(part)
        for key, part in value.items()
    }
    if codes := parts.get("codes"):
        known = [code for code in CODES.get(kind, ()) if code in codes]
        parts["codes"] = known + sorted(set(codes) - set(known))
    return without_empty(parts) or None


def check(target, name: str, value) -> None:
    """Raises ValidationError, keyed by the field, for what cannot be published."""
    try:
        if name in SET_FIELDS:
            _check_set(name, value or [])
        elif name in CLAIM_FIELDS and not is_empty(value):
            _check_claim(target, name.removeprefix("claim_"), value)
    except ValidationError as error:
        raise ValidationError({name: error.error_list}) from error


def write(target: Hospital | Listing, values: dict, *, base_version: int, confirmation: dict):
    """Make the values public. Returns False when the row is not at `base_version` any more.

    `confirmation`: confirmed_at and confirmed_by_id of whoever stands for the values.
    """
    columns = {k: v for k, v in values.items() if k not in (*SET_FIELDS, *CLAIM_FIELDS)}
    own = _own_confirmation(target, columns, confirmation)
    rows = type(target).objects.filter(pk=target.pk, version=base_version)
    if not rows.update(version=F("version") + 1, **columns, **own):
        return False
    for name, value in values.items():
        if name in SET_FIELDS:
            _write_set(target, name, value or [], confirmation)
        elif name in CLAIM_FIELDS:
            _write_claim(target, name.removeprefix("claim_"), value, confirmation)
    return True


def _own_confirmation(target, columns: dict, confirmation: dict) -> dict:
    """Whoever changes a price alone has not confirmed the listing's words with it."""
    if isinstance(target, Listing):
        return confirmation if columns else {}
    return (
        {"accepting_confirmed_at": confirmation["confirmed_at"]} if "accepting" in columns else {}
    )


def _claims(listing: Listing | None) -> dict[str, Claim]:
    if listing is None:
        return {}
    return {claim.kind: claim for claim in listing.claims.select_related("source")}


def _read(target, listing, claims: dict, name: str):
    if name in CLAIM_FIELDS:
        claim = claims.get(name.removeprefix("claim_"))
        return claim_value(claim) if claim else None
    if name in SET_FIELDS:
        through, field, _model = _SETS[name]
        rows = through.objects.filter(listing=listing) if listing else through.objects.none()
        return sorted(rows.values_list(f"{field}__slug", flat=True))
    return plain(getattr(target, name))


def _check_set(name: str, slugs: list) -> None:
    _through, _field, model = _SETS[name]
    if len(slugs) > MAX_CODES:
        raise ValidationError(_("Name at most %(number)d.") % {"number": MAX_CODES})
    known = set(model.objects.filter(slug__in=slugs).values_list("slug", flat=True))
    for slug in slugs:
        if slug not in known:
            raise ValidationError(_not_listed(slug))


def _not_listed(value) -> str:
    return _("“%(value)s” is not in our list.") % {"value": str(value)[:80]}


def _check_claim(target, kind: str, value: dict) -> None:
    if not set(value) <= {*TEXT_KEYS, *CLAIM_PARTS[kind], *SOURCE_KEYS}:
        raise ValidationError(_("This cannot be changed here."))
    _check_codes(kind, value.get("codes") or [])
    _check_says_something(kind, value)
    _source_of(target, value, save=False)
    if kind in NEEDS_PERIOD:
        _check_evidence(value)
    _check_row(_claim_row(kind, value))


def _check_codes(kind: str, codes: list) -> None:
    for code in codes:
        if code not in CODES[kind]:
            raise ValidationError(_not_listed(code), code="codes")


def _check_says_something(kind: str, value: dict) -> None:
    has_text = any(value.get(key) for key in TEXT_KEYS)
    if kind in NEEDS_TEXT and not has_text:
        raise ValidationError(_("Say it in words, in at least one language."), code=TEXT_KEYS[1])
    said = [key for key in CLAIM_PARTS[kind] if key in (*RANGE_KEYS, "codes")]
    if not has_text and all(is_empty(value.get(key)) for key in said):
        message = _("Something is still missing here: the claim itself. Or empty the rest, too.")
        raise ValidationError(message, code=said[0])


def _check_evidence(value: dict) -> None:
    """The database refuses it too; here each missing part has its own words."""
    if not value.get("source_title"):
        message = _("Say where this is written: without a source it is not published.")
        raise ValidationError(message, code="source_title")
    for key in PERIOD_KEYS:
        if not value.get(key):
            message = _("Say for which period this is true: without it, it is not published.")
            raise ValidationError(message, code=key)


def _check_row(claim: Claim) -> None:
    """The model's own rules."""
    try:
        claim.clean_fields(exclude=["listing", "source", "confirmed_by"])
    except ValidationError as error:
        part, messages = next(iter(error.message_dict.items()))
        raise ValidationError(messages[0], code=part) from error
    if claim.period_from and claim.period_to and claim.period_from > claim.period_to:
        raise ValidationError(_("The period must not end before it starts."), code="period_to")
    try:
        # Its listing may not be saved yet; that a kind is claimed once, `write` takes care of.
        claim.validate_constraints(exclude=["listing"])
    except ValidationError as error:
        raise ValidationError(error.error_dict[NON_FIELD_ERRORS]) from error


def _claim_row(kind: str, value: dict) -> Claim:
    """An unsaved row, to ask the model's own rules; any source will do for them."""
    row = Claim(kind=kind, **{key: value[key] for key in PLAIN_KEYS if key in value})
    row.source_date = value.get("source_date", "")
    row.source_id = uuid4() if value.get("source_title") else None
    return row


def _source_of(target, value: dict, *, save: bool) -> Source | None:
    """The source that the hospital names: the directory's own one, or one of this hospital's.

    Never one of another hospital: it would be shown as that hospital's publication.
    """
    title, url = value.get("source_title", ""), value.get("source_url", "")
    if not title:
        if url or value.get("source_date"):
            raise ValidationError(_("Give the source a title."), code="source_title")
        return None
    hospital = target.hospital
    digest = hashlib.sha256(f"{hospital.slug}\n{title}\n{url}".encode()).hexdigest()[:24]
    key = f"{hospital.slug}-{digest}"
    source = Source(key=key, title=title, publisher=hospital.name_en[:120], url=url)
    if not save:
        _check_source(source)
        return None
    ours = Source.objects.filter(title=title, url=url).exclude(loaded_digest="").first()
    known = ours or Source.objects.filter(key=key).first()
    if known is None:
        source.save(force_insert=True)
    return known or source


def _check_source(source: Source) -> None:
    try:
        source.clean_fields()
    except ValidationError as error:
        part, messages = next(iter(error.message_dict.items()))
        raise ValidationError(messages[0], code=f"source_{part}") from error


def _write_claim(listing: Listing, kind: str, value: dict | None, confirmation: dict) -> None:
    if is_empty(value):
        Claim.objects.filter(listing=listing, kind=kind).delete()
        return
    source = _source_of(listing, value, save=True)
    blank = {
        **dict.fromkeys(TEXT_KEYS, ""),
        "codes": [],
        "low": None,
        "high": None,
        "currency": "",
        "period_from": "",
        "period_to": "",
    }
    said = {key: value[key] for key in PLAIN_KEYS if key in value}
    origin = {"source": source, "source_date": value.get("source_date", ""), "is_public": True}
    Claim.objects.update_or_create(
        listing=listing, kind=kind, defaults={**blank, **said, **origin, **confirmation}
    )


def _write_set(listing: Listing, name: str, slugs: list, confirmation: dict) -> None:
    through, field, model = _SETS[name]
    rows = through.objects.filter(listing=listing)
    rows.exclude(**{f"{field}__slug__in": slugs}).delete()
    rows.update(**confirmation)
    present = set(rows.values_list(f"{field}__slug", flat=True))
    for target in model.objects.filter(slug__in=set(slugs) - present):
        through.objects.create(listing=listing, **{field: target}, **confirmation)
