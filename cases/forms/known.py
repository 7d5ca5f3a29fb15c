"""What the illness is called: the doctors' words kept as typed, and the nearest known condition."""

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cases.forms.fields import Line
from cases.forms.policy import FamilyForm
from hospitals.finding.lookup import find_names
from hospitals.finding.people import recognise
from hospitals.models import Condition, EntryKind

# The page's own button: it looks up the words and shows the page again.
SEARCH = "search"
NONE_OF_THESE, UNKNOWN = "none", "unknown"
SHOWN = 6
# Of the words that come with a link; the field itself takes more.
WORDS_LENGTH = 200


def nearest_conditions(words: str) -> list[str]:
    """Keys of the conditions that the words may mean, best first."""
    _person, rest = recognise(words)
    hits = find_names(rest, language=get_language() or "en")
    keys = (hit.target for hit in hits if hit.kind == EntryKind.CONDITION)
    return list(dict.fromkeys(keys))[:SHOWN]


def condition_of(key: str) -> Condition | None:
    """The condition of this key, or None for a word that is none."""
    return Condition.objects.filter(slug=key[:80]).first() if key and "\0" not in key else None


class KnownForm(FamilyForm):
    """All of it can stay open: a coordinator finds the name from what was told."""

    enter_presses = "search"

    diagnosis = Line(
        label=_("What do doctors call it?"),
        help_text=_(
            "As it stands in the papers, or in your own words. Leave it empty if you don't know."
        ),
        required=False,
        max_length=500,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "dir": "auto",
                "data-suggest": reverse_lazy("inquiry:suggest"),
                "data-suggest-label": _("Suggestions"),
                # Asked for by POST; a chosen one fills the box and is looked up.
                "data-suggest-fill": "search",
            }
        ),
    )
    condition = forms.ChoiceField(
        label=_("Is it one of these?"), required=False, widget=forms.RadioSelect
    )

    @classmethod
    def is_asking(cls, data) -> bool:
        return SEARCH in data

    def prepare(self):
        begun = self.answers.begun_with if self.answers else {}
        self.initial.setdefault("diagnosis", begun.get("q", ""))
        self.initial.setdefault("condition", begun.get("condition", ""))
        source = self.data if self.is_bound else self.initial
        words, chosen = (source.get(name) or "" for name in ("diagnosis", "condition"))
        self.fields["diagnosis"].search_label = _("Look it up")
        self.fields["condition"].choices = _choices(words, chosen)


def _choices(words: str, chosen: str) -> list[tuple[str, str]]:
    """The chosen one first, so that a new search does not lose it."""
    keys = nearest_conditions(words[:WORDS_LENGTH])
    names = dict(Condition.objects.filter(slug__in=[*keys, chosen]).values_list("slug", "name"))
    order = dict.fromkeys([chosen, *keys])
    found = [(key, names[key]) for key in order if key in names]
    if found:
        found.append((NONE_OF_THESE, _("None of these")))
    return [*found, (UNKNOWN, _("I don't know"))]
