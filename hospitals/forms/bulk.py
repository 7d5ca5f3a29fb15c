"""All specialties of a hospital in one table, with the few fields that change often."""

import json

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from hospitals.actions import values
from hospitals.actions.core import AlreadyWaitingError, ChangedMeanwhileError
from hospitals.actions.exchange import Outcome, Proposal
from hospitals.choices import Accepting
from hospitals.exchange.columns import BY_NAME, flatten, unflatten
from hospitals.exchange.difference import explain
from hospitals.exchange.listings import own_listings, public_values
from hospitals.models import Hospital, Listing, Revision
from hospitals.models.claim import MAX_NUMBER
from hospitals.models.listing import MAX_AGE_YEARS

# Nine fields a row: more than fifty rows would pass the limit of fields in a request.
ROWS_A_PAGE = 40
MEANWHILE = _("Somebody else changed this meanwhile. Yours is still below; save again to send it.")
_CONFLICTS = (AlreadyWaitingError, ChangedMeanwhileError)


def _number(label: str, highest: int) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=highest)


class BulkRowForm(forms.Form):
    """The names are those of the columns of the spreadsheet.

    `seen` holds what the author saw: version, waiting change and values, as JSON.
    """

    accepting = forms.ChoiceField(label=_("New patients"), choices=Accepting.choices)
    accepting_until = forms.DateField(
        label=_("Takes patients until"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    is_public = forms.BooleanField(label=_("Public"), required=False)
    waiting_low = _number(_("Days of waiting, from"), MAX_NUMBER)
    waiting_high = _number(_("Days of waiting, to"), MAX_NUMBER)
    min_age_years = _number(_("Age, from"), MAX_AGE_YEARS)
    max_age_years = _number(_("Age, to"), MAX_AGE_YEARS)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=2000)

    def clean_seen(self) -> dict:
        try:
            seen = json.loads(self.cleaned_data["seen"])
            version, waiting, shown = int(seen["version"]), seen["waiting"], dict(seen["values"])
        except (KeyError, TypeError, ValueError):
            raise ValidationError(_("Open this page again: it was not sent whole.")) from None
        return {"version": version, "waiting": waiting, "values": shown}


FIELDS = tuple(name for name in BulkRowForm.base_fields if name != "seen")


class BulkRow:
    """One listing: its form, what waits, and what somebody else changed meanwhile."""

    def __init__(self, number: int, listing: Listing, waiting: Revision | None, data=None):
        self.number, self.listing, self.waiting = number, listing, waiting
        self.public = public_values(listing)
        self.base = self.public | (waiting.after if waiting else {})
        flat = flatten(self.base)
        self.shown = {name: flat[name] for name in FIELDS}
        self.conflicts: list[dict] = []
        self.form = self._make_form(data)

    def _make_form(self, data=None) -> BulkRowForm:
        initial = self.shown | {"seen": json.dumps(self._seen())}
        return BulkRowForm(
            data,
            initial=initial,
            prefix=self.prefix,
            label_suffix="",
            use_required_attribute=False,
        )

    def _seen(self) -> dict:
        waiting = str(self.waiting.pk) if self.waiting else None
        return {"version": self.listing.version, "waiting": waiting, "values": self.shown}

    @property
    def prefix(self) -> str:
        return self.listing.specialty.slug

    def changed(self) -> dict:
        """What the author changed of what they saw, by column."""
        seen = self.form.cleaned_data["seen"]["values"]
        typed = {name: values.plain(self.form.cleaned_data[name]) for name in FIELDS}
        return {name: new for name, new in typed.items() if not values.same(new, seen.get(name))}

    def proposal(self) -> Proposal | None:
        """Added to what waits already, so that nothing of it is lost."""
        changed = self.changed()
        if not changed:
            return None
        seen = self.form.cleaned_data["seen"]
        waiting = self.waiting.after if self.waiting else {}
        changes = waiting | unflatten(self.base, changed)
        # The lock of a stale page never fits, so the action says that it is stale.
        return Proposal(
            self.number, changes, seen["version"], self._replaces(seen["waiting"]), self.listing
        )

    def _replaces(self, seen: str | None):
        return self.waiting.pk if self.waiting and str(self.waiting.pk) == seen else None

    def refuse(self, refusal: Exception) -> None:
        if isinstance(refusal, _CONFLICTS):
            self.rebase()
            self.form.add_error(None, MEANWHILE)
        elif isinstance(refusal, ValidationError):
            self._show(refusal)
        else:
            self.form.add_error(None, str(refusal))

    def _show(self, error: ValidationError) -> None:
        """At the field that is to blame, where it is on this page."""
        for sentence in explain(error):
            name, separator, words = sentence.partition(": ")
            is_here = bool(separator) and name in FIELDS
            self.form.add_error(name if is_here else None, words if is_here else sentence)

    def rebase(self) -> None:
        """What the author typed stays, on top of what is there now; both are shown."""
        mine, seen = self.changed(), self.form.cleaned_data["seen"]["values"]
        typed = {name: mine.get(name, self.shown[name]) for name in FIELDS}
        theirs = [name for name in mine if not values.same(self.shown[name], seen.get(name))]
        self.conflicts = [
            {"label": BulkRowForm.base_fields[name].label, "theirs": show(name, self.shown[name])}
            for name in theirs
        ]
        data = {
            f"{self.prefix}-{name}": "" if value is None else value
            for name, value in typed.items()
            if value is not False
        }
        data[f"{self.prefix}-seen"] = json.dumps(self._seen())
        self.form = self._make_form(data)
        self.form.is_valid()


class BulkTable:
    """The rows of one page; of a posted page, those that were on it."""

    def __init__(self, hospital: Hospital, page: int = 1, data=None):
        self.hospital = hospital
        listings = list(own_listings(hospital))
        self.pages = range(1, max(1, -(-len(listings) // ROWS_A_PAGE)) + 1)
        self.page = min(max(page, 1), len(self.pages))
        waiting = self._waiting()
        self.rows = [
            BulkRow(number, listing, waiting.get(listing.pk), data)
            for number, listing in enumerate(self._choose(listings, data))
        ]

    def _choose(self, listings: list, data) -> list:
        if data is not None:
            return [row for row in listings if f"{row.specialty.slug}-seen" in data][:ROWS_A_PAGE]
        start = (self.page - 1) * ROWS_A_PAGE
        return listings[start : start + ROWS_A_PAGE]

    def _waiting(self) -> dict:
        pending = Revision.objects.pending().filter(hospital=self.hospital, listing__isnull=False)
        return {row.listing_id: row for row in pending.select_related("created_by")}

    def is_valid(self) -> bool:
        return all([row.form.is_valid() for row in self.rows])

    def proposals(self) -> list[Proposal]:
        return [found for row in self.rows if (found := row.proposal())]

    def refuse(self, outcome: Outcome) -> None:
        """Tell at each row why it was not sent; the other rows are as they are now."""
        waiting = self._waiting()
        for place, row in enumerate(self.rows):
            if refusal := outcome.failed.get(row.number):
                row.refuse(refusal)
            else:
                self.rows[place] = BulkRow(row.number, row.listing, waiting.get(row.listing.pk))


def show(name: str, value) -> str:
    """A value in the words of its field."""
    if values.is_empty(value):
        return str(_("not said"))
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return str(BY_NAME[name].choices.get(value, value))
