"""What a hospital may propose. Chinese first; the texts of each language together."""

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from hospitals.actions.propose import TITLE_WANTED
from hospitals.actions.values import DESCRIPTIONS, HOSPITAL_FIELDS, LISTING_COLUMNS
from hospitals.models import Hospital, Listing, Revision, Specialty
from hospitals.models.listing import MAX_AGE_YEARS

# In the order of the form, with whether the fold is open at first.
LANGUAGE_FOLDS = (("zh-hans", True), ("en", True), ("pl", False), ("ar", False))
HELP = {
    "title": _("What you offer, in a few words. For example: liver surgery for children."),
    "description": _(
        "What a family should know: what you treat and how, whom you cannot take, "
        "what to expect. Plain words, no names of patients."
    ),
    "audience": _("Leave empty if you do not want to say."),
    "min_age_years": _("0 for newborns. Leave empty if there is no limit."),
    "max_age_years": _("Leave empty if there is no limit."),
    "accepting_until": _("Leave empty if there is no limit. After this day it says: not known."),
    "accepting": _("Whether a family from abroad can send its papers to you now."),
    "is_public": _("Untick it to take this specialty off your page. You can bring it back."),
}


class ProposalForm(forms.ModelForm):
    """Never saved: its values go to the action `propose_revision`.

    `initial` is what is public, overlaid by what waits. Hidden copies of it tell, when
    somebody else was faster, which fields this author has changed.
    """

    base_version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    replaces = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, waiting: Revision | None = None, **kwargs):
        overlay = waiting.after if waiting else {}
        super().__init__(*args, initial=overlay, **kwargs)
        self.initial.update(
            base_version=self.instance.version, replaces=waiting.pk if waiting else None
        )
        for name in self.claims:
            self._prepare(name, self.fields[name])

    @property
    def claims(self) -> list[str]:
        return [name for name in self._meta.fields if name in self.fields]

    def _prepare(self, name: str, field) -> None:
        base, _separator, language = name.partition("_")
        field.show_hidden_initial = True
        if base in ("title", "description"):
            code = language.replace("_", "-")
            direction = "rtl" if get_language_info(code)["bidi"] else "ltr"
            style = "vTextField" if base == "title" else "vLargeTextField"
            field.widget.attrs.update({"lang": code, "dir": direction, "class": style})
            field.label = capfirst(self._meta.model._meta.get_field(base).verbose_name)
        field.help_text = HELP[base if base in HELP else name]
        if name.endswith("_age_years"):
            field.widget.attrs["max"] = MAX_AGE_YEARS

    def changes(self) -> dict:
        return {name: self.cleaned_data[name] for name in self.claims}

    def common_fields(self) -> list:
        """The fields that are no text."""
        return [self[name] for name in self.claims if "lang" not in self.fields[name].widget.attrs]

    def folds(self) -> list[dict]:
        """The texts, by language; a fold with an error is open."""
        names = dict(settings.LANGUAGES)
        return [self._fold(code, names[code], is_open) for code, is_open in LANGUAGE_FOLDS]

    def _fold(self, code: str, name: str, is_open: bool) -> dict:
        fields = [self[n] for n in self.claims if self.fields[n].widget.attrs.get("lang") == code]
        has_error = any(field.errors for field in fields)
        return {"code": code, "name": name, "fields": fields, "is_open": is_open or has_error}

    def rebase(self, now: dict, version: int, waiting: Revision | None) -> list[dict]:
        """Put the form on top of what is there now; what the author typed stays.

        Returns both texts of every field that differ: theirs and the author's.
        """
        mine = set(self.changed_data)
        self.data = self.data.copy()
        self.data["base_version"] = version
        self.data["replaces"] = waiting.pk if waiting else ""
        conflicts = []
        for name in self.claims:
            theirs = "" if now[name] is None else now[name]
            self.data[self.add_initial_prefix(name)] = theirs
            if name not in mine:
                self.data[name] = theirs
            elif (typed := self.cleaned_data.get(name)) != now[name]:
                conflicts.append({"name": name, "theirs": now[name], "mine": typed})
        return conflicts

    def lock(self) -> None:
        """For who may read only."""
        for field in self.fields.values():
            field.disabled = True


class ListingForm(ProposalForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["title_en"].required = True
        self.fields["title_en"].error_messages["required"] = TITLE_WANTED

    class Meta:
        model = Listing
        fields = LISTING_COLUMNS
        widgets = {name: forms.Textarea({"rows": 4}) for name in DESCRIPTIONS}


class NewListingForm(ProposalForm):
    """A specialty that the hospital does not list yet; its titles may be left to us."""

    specialty = forms.ModelChoiceField(
        label=_("specialty"),
        queryset=Specialty.objects.none(),
        help_text=_("Not in the list? Write to the office; they add specialties."),
    )
    field_order = ["specialty"]

    class Meta(ListingForm.Meta):
        fields = [name for name in LISTING_COLUMNS if name != "is_public"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        listed = self.instance.hospital.listings.values("specialty")
        self.fields["specialty"].queryset = Specialty.objects.exclude(pk__in=listed)

    def common_fields(self) -> list:
        return [self["specialty"], *super().common_fields()]


class HospitalForm(ProposalForm):
    class Meta:
        model = Hospital
        fields = HOSPITAL_FIELDS
        widgets = ListingForm.Meta.widgets
