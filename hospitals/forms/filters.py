"""The filters of the public list."""

from dataclasses import dataclass
from functools import cache
from urllib.parse import urlencode

from django import forms
from django.urls import reverse_lazy
from django.utils.choices import flatten_choices
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from hospitals.choices import SPOKEN_LANGUAGES, Audience, District, HospitalType
from hospitals.claim_words import spoken_language
from portal.selects import PlainChoiceField, PlainInput, PlainSelect

MAX_QUERY = 200
MAX_SHOWN = 40
MAX_PAGE = 100_000
# A list with one of these alone is a page of its own for search engines.
NAMED = ("specialty", "audience", "type", "district")
# The first are always in view, the others behind "More filters"; `page` is no field to fill in.
FIRST = ("q", "specialty", "audience")
FILTERS = ("specialty", "audience", "type", "district", "language", "accepting", "confirmed")


def any_of(label) -> PlainChoiceField:
    widget = PlainSelect(attrs={"class": "form-select"})
    return PlainChoiceField(label=label, required=False, widget=widget)


@cache
def common_choices(_language: str) -> dict[str, list[tuple[str, str]]]:
    """Those that every directory has, in the active language; read once."""
    named = {
        "audience": [Audience.CHILDREN, Audience.ADULTS],
        "type": HospitalType,
        "district": District,
    }
    found = {
        name: [(one.value, capfirst(str(one.label))) for one in choices]
        for name, choices in named.items()
    }
    spoken = [(code, capfirst(spoken_language(code))) for code in SPOKEN_LANGUAGES]
    return {
        name: [("", gettext("Any")), *rows] for name, rows in (found | {"language": spoken}).items()
    }


def tick(label) -> PlainChoiceField:
    return PlainChoiceField(label=label, required=False, choices=[("", ""), ("yes", label)])


@dataclass(frozen=True)
class Tick:
    """A filter that is on or off; one that would leave no hospital cannot be ticked.

    `number`: hospitals it would leave; None where nothing was counted.
    """

    name: str
    label: str
    number: int | None
    is_chosen: bool

    @property
    def is_disabled(self) -> bool:
        return self.number == 0 and not self.is_chosen


class FilterForm(forms.Form):
    """Filters of the list; each may be left out, each may be combined with the others."""

    q = forms.CharField(
        label=_("Illness, treatment or hospital"),
        required=False,
        max_length=MAX_QUERY,
        widget=PlainInput(
            attrs={
                "type": "search",
                "class": "form-control",
                "autocomplete": "off",
                "data-suggest": reverse_lazy("hospitals:suggest"),
                "data-suggest-label": _("Suggestions"),
            }
        ),
    )
    specialty = any_of(_("Specialty"))
    audience = any_of(_("For whom"))
    type = any_of(_("Kind of hospital"))
    district = any_of(_("District"))
    language = any_of(_("Language spoken"))
    accepting = tick(_("Accepting new patients now"))
    confirmed = tick(_("Confirmed by the hospital in the last 12 months"))
    page = forms.IntegerField(
        label=_("Page"), required=False, min_value=1, max_value=MAX_PAGE, widget=forms.HiddenInput
    )

    def __init__(self, data, specialties: list):
        super().__init__(data)
        for name, choices in common_choices(get_language()).items():
            self.fields[name].choices = choices
        self.fields["specialty"].choices = [("", gettext("Any")), *specialties]
        self.counts: dict[str, dict[str, int]] = {}

    def filters(self) -> dict[str, str]:
        """Value of each filter beside the question; empty where none was chosen."""
        return {name: self.cleaned_data.get(name, "") for name in FILTERS}

    def only_choice(self) -> str:
        """The words of the one filter that makes this a page of its own; before the counts."""
        chosen = [(name, value) for name, value in self.filters().items() if value]
        if len(chosen) != 1 or self.cleaned_data.get("q") or chosen[0][0] not in NAMED:
            return ""
        ((name, value),) = chosen
        labels = dict(flatten_choices(self.fields[name].choices))
        return capfirst(str(labels.get(value, "")))

    def canonical_query(self, **changes) -> str:
        """The filters that count, in the form's order: the same page has one address.

        `changes` replaces some of them; an empty value leaves one out.
        """
        values = self.cleaned_data | changes
        kept = {name: values.get(name) for name in self.fields}
        kept["page"] = None if kept["page"] == 1 else kept["page"]
        return urlencode({name: value for name, value in kept.items() if value})

    def address(self, **changes) -> str:
        """Of the list with other filters, from its first page on."""
        return f"?{self.canonical_query(**{'page': None, **changes})}"

    def show_counts(self, counts: dict[str, dict[str, int]]) -> None:
        """Beside each choice the hospitals it would leave; choices that leave none go."""
        self.counts = counts
        # Asked for once: a list has a hundred choices.
        self._choice_words = gettext("%(choice)s (%(number)d)")
        for name in counts:
            field = self.fields[name]
            (empty, *choices) = field.choices
            field.choices = [empty, *self._counted(name, choices)]

    def _counted(self, name: str, choices) -> list:
        shown = []
        for value, label in choices:
            if isinstance(label, list):
                group = self._counted(name, label)
                shown += [(value, group)] if group else []
            elif number := self.counts[name].get(value, 0):
                shown.append((value, self._with_number(label, number)))
            elif value == self.cleaned_data.get(name):
                shown.append((value, self._with_number(label, 0)))
        return shown

    def _with_number(self, label: str, number: int) -> str:
        return self._choice_words % {"choice": label, "number": number}

    def first_fields(self) -> list:
        return [self[name] for name in FIRST]

    def more_fields(self) -> list:
        """Those with nothing to choose between are left out."""
        names = ("type", "district", "language")
        return [self[name] for name in names if len(self.fields[name].choices) > 1]

    def ticks(self) -> list[Tick]:
        return [
            Tick(
                name,
                self.fields[name].label,
                self.counts[name].get("yes", 0) if name in self.counts else None,
                bool(self.cleaned_data.get(name)),
            )
            for name in ("accepting", "confirmed")
        ]

    def has_more(self) -> bool:
        """Whether a filter behind "More filters" is in force."""
        return any(value for name, value in self.filters().items() if name not in FIRST)

    def unknown(self) -> list[str]:
        """One sentence for each filter that was left out because its value is unknown."""
        return [self._explain(name) for name in self.errors]

    def _explain(self, name: str) -> str:
        if name == "q":
            reason = self.errors[name][0]
            return gettext("Your search was left out. %(reason)s") % {"reason": reason}
        return gettext("“%(value)s” was left out: “%(filter)s” has no such choice.") % {
            "value": self.data[name][:MAX_SHOWN],
            "filter": self.fields[name].label,
        }
