"""A listing as the pages show it: what it says in words, and the evidence of each claim.

Built from plain values (hospitals.actions.values), so that what is public and what a
hospital proposes go the same way. Rows come prefetched (`with_claims`).
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db.models import Prefetch
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.dateparse import parse_date
from django.utils.translation import get_language, gettext

from hospitals.actions import values as plain
from hospitals.actions.values import COLUMN_LANGUAGES, LISTING_COLUMNS
from hospitals.choices import Accepting, Audience, ClaimKind
from hospitals.claim_words import Text, claim_items, claim_number, period_words, pick_text
from hospitals.freshness import accepting_on, is_fresh, shanghai_today
from hospitals.models import (
    Claim,
    Condition,
    Listing,
    ListingCondition,
    ListingTreatment,
    Source,
    Treatment,
)
from portal.partial_date import display_partial_date

# Longer texts and lists are folded away until somebody wants them.
LONG_TEXT, LONG_LIST = 240, 5
REASONS = tuple(f"reason_{language}" for language in COLUMN_LANGUAGES)
_BETWEEN = {"zh-hans": "、", "ar": "، "}
# What families ask about first; where it is missing, one line says so.
ASKED_ABOUT = (ClaimKind.PRICE, ClaimKind.WAITING, ClaimKind.VOLUME, ClaimKind.OUTCOME)


@dataclass(frozen=True)
class Evidence:
    """Where a claim comes from; the same names as a row that is `Sourced`."""

    source: Source | None = None
    display_source_date: str = ""
    confirmed_at: datetime | None = None
    is_proposed: bool = False

    @property
    def is_faded(self) -> bool:
        return self.confirmed_at is not None and not is_fresh(self.confirmed_at, shanghai_today())


@dataclass(frozen=True)
class ShownClaim:
    kind: str
    label: str
    number: str
    period: str
    text: Text | None
    items: list[str]
    evidence: Evidence
    # The listing's own line below says the same already.
    is_said_below: bool = False
    is_changed: bool = False

    @property
    def is_long(self) -> bool:
        return len(self.items) > LONG_LIST or bool(self.text and len(self.text.text) > LONG_TEXT)

    @property
    def items_text(self) -> str:
        return join(self.items)


@dataclass(frozen=True)
class NamedThing:
    """A condition or a treatment that the hospital names."""

    slug: str
    name: str
    evidence: Evidence
    url: str = ""
    is_changed: bool = False


@dataclass
class ShownListing:
    specialty: str
    area: str
    title: Text | None
    reason: Text | None
    description: Text | None
    ages: list[str]
    accepting: str
    accepting_until: str
    claims: list[ShownClaim]
    conditions: list[NamedThing]
    treatments: list[NamedThing]
    evidence: Evidence
    is_new: bool = False
    is_changed: bool = False
    changed: frozenset = field(default_factory=frozenset)

    @cached_property
    def by_kind(self) -> dict[str, ShownClaim]:
        return {claim.kind: claim for claim in self.claims}

    @property
    def accepting_label(self) -> str:
        return accepting_words(self.accepting, self.accepting_until)

    @property
    def not_told(self) -> str:
        """One sentence about what families ask first and nobody has said; empty if all is."""
        labels = dict(ClaimKind.choices)
        missing = [str(labels[kind]) for kind in ASKED_ABOUT if kind not in self.by_kind]
        if not missing:
            return ""
        words = join([label[:1].lower() + label[1:] for label in missing])
        return gettext("Not told yet: %(list)s. Ask, and we ask them.") % {"list": words}

    @property
    def has_long_conditions(self) -> bool:
        return len(self.conditions) > LONG_LIST

    @property
    def has_long_treatments(self) -> bool:
        return len(self.treatments) > LONG_LIST

    @property
    def has_claims(self) -> bool:
        return bool(self.claims or self.conditions or self.treatments)


def with_claims(listings, *, naming: Condition | None = None, treatments: bool = True):
    """Whatever a page shows of listings: three queries more for any number of them.

    As lists on each row: a manager's queryset for each row takes longer than all queries.
    `naming`: of the conditions only this one.
    """
    claims = Claim.objects.filter(is_public=True).select_related("source")
    conditions = _named(ListingCondition, "condition")
    if naming:
        conditions = conditions.filter(condition=naming)
    rows = listings.select_related("specialty", "source").prefetch_related(
        Prefetch("claims", claims, to_attr="public_claims"),
        Prefetch("own_conditions", conditions, to_attr="named_conditions"),
    )
    if not treatments:
        return rows
    own = _named(ListingTreatment, "treatment")
    return rows.prefetch_related(Prefetch("own_treatments", own, to_attr="named_treatments"))


def _named(model, target: str):
    rows = model.objects.select_related(target, "source").order_by("pk")
    # The lay words are long, and no listing shows them.
    return rows.defer(f"{target}__words", f"{target}__hidden_words")


def show_listing(listing: Listing, proposed: dict | None = None) -> ShownListing:
    """`proposed`: plain values that wait for approval, laid over what is public."""
    return show_listings([(listing, proposed or {})])[0]


def show_listings(pairs: list[tuple[Listing, dict]]) -> list[ShownListing]:
    """Each listing with what is proposed for it; at most two queries, for proposed names."""
    names = _proposed_names([proposed for _listing, proposed in pairs])
    return [_show(listing, proposed, names) for listing, proposed in pairs]


def public_values(listing: Listing) -> dict:
    """The plain values of a listing whose rows are prefetched, or that is not saved."""
    said = {name: plain.plain(getattr(listing, name)) for name in (*LISTING_COLUMNS, *REASONS)}
    claims = [] if listing._state.adding else listing.public_claims
    return said | {f"claim_{claim.kind}": plain.claim_value(claim) for claim in claims}


def evidence_of(row) -> Evidence:
    """Of any row that is `Sourced`."""
    return Evidence(row.source, row.display_source_date, row.confirmed_at)


def accepting_words(accepting: str, until: str = "") -> str:
    if accepting == Accepting.YES and until:
        return gettext("Accepting new patients until %(date)s") % {"date": until}
    if accepting == Accepting.UNKNOWN:
        return gettext("Not yet known whether it takes new patients")
    return str(dict(Accepting.choices)[accepting])


def join(words: list[str]) -> str:
    """A list without "and". The patterns of CLDR join Chinese words to one."""
    return _BETWEEN.get(get_language() or "", ", ").join(words)


def age_words(said: dict) -> list[str]:
    """For whom, and from which age to which; nothing where nobody has said."""
    youngest, oldest = said.get("min_age_years"), said.get("max_age_years")
    numbers = {"youngest": youngest, "oldest": oldest}
    found = [str(dict(Audience.choices)[said["audience"]])] if said.get("audience") else []
    if youngest is not None and oldest is not None:
        found.append(gettext("ages %(youngest)s to %(oldest)s") % numbers)
    elif youngest is not None:
        found.append(gettext("from age %(youngest)s") % numbers)
    elif oldest is not None:
        found.append(gettext("up to age %(oldest)s") % numbers)
    return found


def _show(listing: Listing, proposed: dict, names: dict) -> ShownListing:
    said = public_values(listing) | proposed
    until = parse_date(said.get("accepting_until") or "")
    accepting = accepting_on(said["accepting"], until, shanghai_today())
    return ShownListing(
        specialty=listing.specialty.slug,
        area=listing.specialty.area,
        title=pick_text(said, "title"),
        reason=pick_text(said, "reason"),
        description=pick_text(said, "description"),
        ages=age_words(said),
        accepting=accepting,
        accepting_until=formats.date_format(until, "DATE_FORMAT") if until else "",
        claims=_show_claims(listing, said, frozenset(proposed)),
        conditions=_show_named(listing, "conditions", proposed, names),
        treatments=_show_named(listing, "treatments", proposed, names),
        evidence=evidence_of(listing),
        is_new=listing._state.adding,
        is_changed=bool(proposed),
        changed=frozenset(proposed),
    )


def _show_claims(listing: Listing, said: dict, changed: frozenset) -> list[ShownClaim]:
    rows = {} if listing._state.adding else {row.kind: row for row in listing.public_claims}
    shown = []
    for kind in ClaimKind:
        name = f"claim_{kind}"
        if said.get(name):
            is_changed = name in changed
            evidence = _proposed_evidence(said[name]) if is_changed else evidence_of(rows[kind])
            shown.append(show_claim(kind, said[name], evidence, listing, is_changed=is_changed))
    return shown


def show_claim(kind, value: dict, evidence: Evidence, listing=None, *, is_changed=False):
    """One claim in words. `listing`: whose own line of evidence stands below it."""
    return ShownClaim(
        kind=str(kind),
        label=str(ClaimKind(kind).label),
        number=claim_number(kind, value),
        period=period_words(value.get("period_from", ""), value.get("period_to", "")),
        text=pick_text(value, "text"),
        items=claim_items(kind, value.get("codes", [])),
        evidence=evidence,
        is_said_below=bool(listing) and not is_changed and _says_the_same(evidence, listing),
        is_changed=is_changed,
    )


def _says_the_same(evidence: Evidence, listing: Listing) -> bool:
    """No source of its own, and confirmed on the same day, or not at all."""
    return evidence.source is None and _day(evidence.confirmed_at) == _day(listing.confirmed_at)


def _day(when: datetime | None):
    return when and timezone.localdate(when, timezone.get_default_timezone())


def _proposed_evidence(value: dict) -> Evidence:
    title, url = value.get("source_title", ""), value.get("source_url", "")
    source = Source(title=title, url=url) if title else None
    date = display_partial_date(value.get("source_date", ""))
    return Evidence(source, date, is_proposed=True)


def _show_named(listing: Listing, name: str, proposed: dict, names: dict) -> list[NamedThing]:
    target = name.removesuffix("s")
    # Nobody has named anything for a row that is not saved; treatments may be left unread.
    rows = getattr(listing, f"named_{name}", ())
    public = {getattr(row, target).slug: row for row in rows}
    wanted = proposed.get(name) or [] if name in proposed else public
    shown = [_named_thing(slug, target, public.get(slug), names) for slug in wanted]
    return sorted(shown, key=lambda thing: thing.name)


def _named_thing(slug: str, target: str, row, names: dict) -> NamedThing:
    is_condition = target == "condition"
    return NamedThing(
        slug=slug,
        name=getattr(row, target).name if row else names.get((target, slug), slug),
        evidence=evidence_of(row) if row else Evidence(is_proposed=True),
        url=reverse("conditions:detail", args=[slug]) if is_condition else "",
        is_changed=row is None,
    )


def _proposed_names(overlays: list[dict]) -> dict[tuple[str, str], str]:
    found = {}
    for name, model in (("conditions", Condition), ("treatments", Treatment)):
        slugs = {slug for overlay in overlays for slug in overlay.get(name) or []}
        if slugs:
            rows = model.objects.filter(slug__in=slugs)
            found.update({(name.removesuffix("s"), row.slug): row.name for row in rows})
    return found
