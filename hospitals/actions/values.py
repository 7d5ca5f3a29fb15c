"""What a listing or a hospital says, as plain values that a proposal can keep in JSON.

A column is its value, a date its ISO form. "conditions" and "treatments" are sorted lists
of slugs. "claim_<kind>" is a dict without empty entries (see CLAIM_KEYS), or None where
nothing is claimed. So the same few functions read, compare, check and write them all.
"""

import hashlib
from datetime import date
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils.translation import gettext as _

from hospitals.choices import SPOKEN_LANGUAGES, ClaimKind, RecordKind
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
PLAIN_KEYS = (*TEXT_KEYS, "codes", "low", "high", "currency", "period_from", "period_to")
CLAIM_KEYS = (*PLAIN_KEYS, *SOURCE_KEYS)
MAX_CODES = 60
_SETS = {
    "conditions": (ListingCondition, "condition", Condition),
    "treatments": (ListingTreatment, "treatment", Treatment),
}
_CODES = {ClaimKind.LANGUAGES: SPOKEN_LANGUAGES, ClaimKind.RECORDS: tuple(RecordKind.values)}
# A claim of these kinds is its text; without one it would say nothing.
_NEEDS_TEXT = (ClaimKind.EXCLUSIONS, ClaimKind.OUTCOME)


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


def check(target, name: str, value) -> None:
    """Raises ValidationError, keyed by the field, for what cannot be published."""
    try:
        if name in SET_FIELDS:
            _check_set(name, value)
        elif name in CLAIM_FIELDS and not is_empty(value):
            _check_claim(target, name.removeprefix("claim_"), value)
    except ValidationError as error:
        raise ValidationError({name: error.messages}) from error


def write(target: Hospital | Listing, values: dict, *, base_version: int, confirmation: dict):
    """Make the values public. Returns False when the row is not at `base_version` any more.

    `confirmation`: confirmed_at and confirmed_by_id of whoever stands for the values.
    """
    columns = {k: v for k, v in values.items() if k not in (*SET_FIELDS, *CLAIM_FIELDS)}
    own = confirmation if isinstance(target, Listing) else _said_by_hospital(values, confirmation)
    rows = type(target).objects.filter(pk=target.pk, version=base_version)
    if not rows.update(version=F("version") + 1, **columns, **own):
        return False
    for name, value in values.items():
        if name in SET_FIELDS:
            _write_set(target, name, value or [], confirmation)
        elif name in CLAIM_FIELDS:
            _write_claim(target, name.removeprefix("claim_"), value, confirmation)
    return True


def _said_by_hospital(values: dict, confirmation: dict) -> dict:
    if "accepting" not in values:
        return {}
    return {"accepting_confirmed_at": confirmation["confirmed_at"]}


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


def _check_set(name: str, slugs) -> None:
    _through, _field, model = _SETS[name]
    slugs = slugs or []
    if len(slugs) > MAX_CODES:
        raise ValidationError(_("Name at most %(number)d.") % {"number": MAX_CODES})
    known = set(model.objects.filter(slug__in=slugs).values_list("slug", flat=True))
    for slug in slugs:
        if slug not in known:
            raise ValidationError(_("“%(value)s” is not in our list.") % {"value": str(slug)[:80]})


def _check_claim(target, kind: str, value: dict) -> None:
    if not isinstance(value, dict) or not set(value) <= set(CLAIM_KEYS):
        raise ValidationError(_("This cannot be changed here."))
    _check_codes(kind, value.get("codes") or [])
    texts = [value[key] for key in TEXT_KEYS if value.get(key)]
    if kind in _NEEDS_TEXT and not texts:
        raise ValidationError(_("Say it in words, in at least one language."))
    _source_of(target, value, save=False)
    _check_row(_claim_row(target, kind, value))


def _check_row(claim: Claim) -> None:
    claim.clean_fields(exclude=["listing", "source", "confirmed_by"])
    if claim.period_from and claim.period_to and claim.period_from > claim.period_to:
        raise ValidationError(_("The period must not end before it starts."))
    # The unique constraint needs the listing, which may not be saved yet; `write` keeps it.
    claim.validate_constraints(exclude=["listing", "kind"])


def _check_codes(kind: str, codes: list) -> None:
    allowed = _CODES.get(kind, ())
    unknown = [code for code in codes if code not in allowed]
    if unknown:
        shown = str(unknown[0])[:80]
        raise ValidationError(_("“%(value)s” is not in our list.") % {"value": shown})


def _claim_row(target, kind: str, value: dict) -> Claim:
    """An unsaved row, to ask the model's own rules; any source will do for them."""
    row = Claim(kind=kind, **{key: value[key] for key in PLAIN_KEYS if key in value})
    row.source_date = value.get("source_date", "")
    row.source_id = uuid4() if value.get("source_title") else None
    return row


def _source_of(target, value: dict, *, save: bool) -> Source | None:
    """The source that the hospital names; the same title and address are the same source."""
    title = value.get("source_title", "")
    if not title:
        if value.get("source_url") or value.get("source_date"):
            raise ValidationError(_("Give the source a title."))
        return None
    hospital = target.hospital
    url = value.get("source_url", "")
    key = hashlib.sha256(f"{hospital.slug}\n{title}\n{url}".encode()).hexdigest()[:24]
    source = Source(
        key=f"{hospital.slug}-{key}", title=title, publisher=hospital.name_en[:120], url=url
    )
    if not save:
        source.clean_fields()
        return None
    known = Source.objects.filter(title=title, url=url).first()
    if known is None:
        source.save(force_insert=True)
    return known or source


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
