"""What a hospital may propose, as forms. Chinese first; the rest of a claim in folds.

A form works on the plain values of `hospitals.actions.values`: it takes each apart into
fields, and puts it together again. So two editors at once are compared value by value:
a number and its period never come from two different people.
"""

import hashlib
import json

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.text import capfirst
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from hospitals.actions import values
from hospitals.actions.propose import TITLE_WANTED
from hospitals.actions.values import (
    CLAIM_FIELDS,
    DESCRIPTIONS,
    HOSPITAL_FIELDS,
    LISTING_COLUMNS,
    LISTING_FIELDS,
    SET_FIELDS,
)
from hospitals.forms import sections
from hospitals.forms.boxes import SetField
from hospitals.forms.claims import claim_fields, part_name, put_together, take_apart
from hospitals.forms.naming import resolve
from hospitals.models import Condition, Hospital, Listing, Revision, Specialty, Treatment
from hospitals.models.listing import MAX_AGE_YEARS

MODELS = {"conditions": Condition, "treatments": Treatment}
HELP = {
    "title": _("What you offer, in a few words. For example: liver surgery for children."),
    "description": _("What you treat and how, in plain words. No names of patients."),
    "audience": _("Leave empty if you do not want to say."),
    "min_age_years": _("0 for newborns. Empty: no limit."),
    "max_age_years": _("Empty: no limit."),
    "accepting_until": _("After this day your page says: not known. Empty: no limit."),
    "accepting": _("Whether a family from abroad can send its papers to you now."),
    "is_public": _("Untick it to take this specialty off your page. You can bring it back."),
    "conditions_more": _(
        "By name in any language or by ICD-10 code, with commas between. "
        "For example: hepatoblastoma, C22.2"
    ),
    "treatments_more": _("By name in any language, with commas between."),
}
MORE_LABELS = {
    "conditions_more": _("More conditions"),
    "treatments_more": _("More treatments and techniques"),
}


class ProposalForm(forms.ModelForm):
    """Never saved: its values go to the action `propose_revision`.

    It starts from what is public, overlaid by what waits, and by what the author takes up
    `again`. `seen` holds a digest of each value that the author was shown, which tells,
    when somebody else was faster, what this author has changed.
    """

    base_version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    replaces = forms.UUIDField(widget=forms.HiddenInput, required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=5000)
    names: tuple[str, ...] = ()

    def __init__(self, data=None, *, instance, waiting: Revision | None = None, again=None):
        super().__init__(data, instance=instance, label_suffix="")
        self.start = values.current(instance, self.names) | (waiting.after if waiting else {})
        self.shown = {name: (self.start | (again or {}))[name] for name in self.names}
        for name in self.names:
            self._add(name)
        self.initial = self._hidden(self.start, instance.version, waiting)
        for name, value in self.shown.items():
            self.initial |= self._apart(name, value)

    def _add(self, name: str) -> None:
        if name in CLAIM_FIELDS:
            self.fields |= claim_fields(name.removeprefix("claim_"))
        elif name in SET_FIELDS:
            self._add_set(name)
        else:
            prepare_column(name, self.fields[name], self._meta.model)

    def _add_set(self, name: str) -> None:
        posted = self.data.getlist(name) if self.is_bound else []
        present = {*(self.shown[name] or ()), *posted[: values.MAX_CODES]}
        self.fields[name] = SetField(MODELS[name], self.instance.specialty_id, present)
        self.fields[f"{name}_more"] = forms.CharField(
            label=MORE_LABELS[f"{name}_more"],
            help_text=HELP[f"{name}_more"],
            required=False,
            max_length=2000,
            widget=forms.Textarea({"rows": 2, "dir": "auto", "class": "vLargeTextField"}),
        )

    @staticmethod
    def _apart(name: str, value) -> dict:
        if name in CLAIM_FIELDS:
            return take_apart(name.removeprefix("claim_"), value)
        if name in SET_FIELDS:
            return {name: value or []}
        return {name: "" if value is None else value}

    @staticmethod
    def _hidden(seen: dict, version: int, waiting: Revision | None) -> dict:
        digests = {name: digest(name, value) for name, value in seen.items()}
        return {
            "base_version": version,
            "replaces": waiting.pk if waiting else "",
            "seen": json.dumps(digests, separators=(",", ":")),
        }

    def clean(self):
        cleaned = super().clean()
        self._check_ages(cleaned)
        for name in self.names:
            if name in SET_FIELDS:
                self._name_more(name, cleaned)
            if name in (*SET_FIELDS, *CLAIM_FIELDS) and not self._has_errors(name):
                self._check(name)
        return cleaned

    def _check_ages(self, cleaned: dict) -> None:
        youngest, oldest = cleaned.get("min_age_years"), cleaned.get("max_age_years")
        if youngest is not None and oldest is not None and youngest > oldest:
            self.add_error("max_age_years", _("The youngest age must not be above the oldest."))

    def _name_more(self, name: str, cleaned: dict) -> None:
        """What was typed joins what was ticked."""
        slugs, problems = resolve(cleaned.get(f"{name}_more") or "", MODELS[name])
        cleaned[name] = [*(cleaned.get(name) or []), *slugs]
        for problem in problems:
            self.add_error(f"{name}_more", problem)

    def _has_errors(self, name: str) -> bool:
        return any(field in self.errors for field in self._apart(name, None))

    def _check(self, name: str) -> None:
        try:
            values.check(self.instance, name, self.value(name))
        except ValidationError as error:
            self.blame(error)

    def blame(self, error: ValidationError) -> None:
        """Put each error next to the field that can be corrected."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for name, found in error.error_dict.items():
            for one in found:
                self.add_error(self._field_of(name, one.code), one)

    def _field_of(self, name: str, code: str | None) -> str | None:
        if name not in CLAIM_FIELDS:
            return name if name in self.fields and name != NON_FIELD_ERRORS else None
        kind = name.removeprefix("claim_")
        blamed = part_name(kind, code or "")
        return blamed if blamed in self.fields else next(iter(claim_fields(kind)))

    def value(self, name: str):
        """What the author says now; only of a form whose fields are valid."""
        if name in CLAIM_FIELDS:
            return put_together(name.removeprefix("claim_"), self.cleaned_data)
        return values.normal(name, self.cleaned_data.get(name))

    def changes(self) -> dict:
        return {name: self.value(name) for name in self.names}

    def mine(self) -> set[str]:
        """Names of the values that this author has changed."""
        seen = read_digests(self.cleaned_data.get("seen", ""))
        return {n for n, value in self.changes().items() if digest(n, value) != seen.get(n)}

    def rebase(self, now: dict, version: int, waiting: Revision | None) -> list[dict]:
        """Put the form on top of what is there now; what the author changed stays.

        Returns both versions of every value that differs: theirs and the author's.
        """
        mine, typed = self.mine(), self.changes()
        self.data = self.data.copy()
        for name, hidden in self._hidden(now, version, waiting).items():
            self.data[name] = hidden
        conflicts = []
        for name in self.names:
            if name not in mine:
                self._take_over(name, now[name])
            elif not values.same(typed[name], values.normal(name, now[name])):
                conflicts.append({"name": name, "theirs": now[name], "mine": typed[name]})
        return conflicts

    def _take_over(self, name: str, value) -> None:
        for field, part in self._apart(name, value).items():
            if isinstance(part, list):
                self.data.setlist(field, part)
                if name in SET_FIELDS:
                    self.fields[name].offer(part)
            else:
                self.data[field] = part

    def lock(self) -> None:
        """For who may read only."""
        for field in self.fields.values():
            field.disabled = True

    def sections(self) -> list[sections.Section]:
        raise NotImplementedError


def prepare_column(name: str, field: forms.Field, model) -> None:
    base, _separator, language = name.partition("_")
    if base in ("title", "description"):
        code = language.replace("_", "-")
        direction = "rtl" if get_language_info(code)["bidi"] else "ltr"
        style = "vTextField" if base == "title" else "vLargeTextField"
        field.widget.attrs.update({"lang": code, "dir": direction, "class": style})
        field.label = capfirst(model._meta.get_field(base).verbose_name)
    field.help_text = HELP[name if name in HELP else base]
    if name.endswith("_age_years"):
        field.widget.attrs["max"] = MAX_AGE_YEARS


def digest(name: str, value) -> str:
    """Short: it only has to tell two versions of one value apart."""
    value = values.normal(name, value)
    text = "" if values.is_empty(value) else json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_digests(text: str) -> dict:
    """Forged or cut off, it says nothing: then every value counts as the author's."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class ListingForm(ProposalForm):
    names = LISTING_FIELDS

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["title_en"].required = True
        self.fields["title_en"].error_messages["required"] = TITLE_WANTED

    class Meta:
        model = Listing
        fields = LISTING_COLUMNS
        widgets = {name: forms.Textarea({"rows": 4, "dir": "auto"}) for name in DESCRIPTIONS} | {
            "accepting_until": forms.DateInput({"type": "date"}, format="%Y-%m-%d")
        }

    def sections(self):
        return sections.of_listing(self)


class NewListingForm(ListingForm):
    """A specialty that the hospital does not list yet."""

    names = tuple(name for name in LISTING_FIELDS if name != "is_public")
    specialty = forms.ModelChoiceField(
        queryset=Specialty.objects.none(), widget=forms.HiddenInput, to_field_name="slug"
    )

    class Meta(ListingForm.Meta):
        fields = [name for name in LISTING_COLUMNS if name != "is_public"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["specialty"].queryset = free_specialties(self.instance.hospital)
        self.initial["specialty"] = self.instance.specialty.slug


class ChooseSpecialtyForm(forms.Form):
    """The first step of a new listing: the conditions to tick follow from the specialty."""

    specialty = forms.ModelChoiceField(
        label=_("specialty"),
        queryset=Specialty.objects.none(),
        to_field_name="slug",
        help_text=_("Not in the list? Write to the office; they add specialties."),
    )

    def __init__(self, data, *, hospital: Hospital):
        super().__init__(data, label_suffix="")
        self.fields["specialty"].queryset = free_specialties(hospital)


def free_specialties(hospital: Hospital):
    listed = hospital.listings.values("specialty")
    return Specialty.objects.exclude(pk__in=listed)


class HospitalForm(ProposalForm):
    names = HOSPITAL_FIELDS

    class Meta:
        model = Hospital
        fields = HOSPITAL_FIELDS
        widgets = {name: forms.Textarea({"rows": 4, "dir": "auto"}) for name in DESCRIPTIONS}

    def sections(self):
        return sections.of_hospital(self)
