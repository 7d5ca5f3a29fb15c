"""The filters of the public list."""

from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hospitals.choices import Audience, District, HospitalType

MAX_QUERY = 200
MAX_SHOWN = 40


def any_of(label, choices) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=[("", _("Any")), *choices])


class FilterForm(forms.Form):
    """Filters of the list; each may be left out, each may be combined with the others."""

    q = forms.CharField(
        label=_("Illness, treatment or hospital"),
        required=False,
        max_length=MAX_QUERY,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    specialty = any_of(_("Specialty"), [])
    audience = any_of(
        _("For whom"),
        [(value, value.label) for value in (Audience.CHILDREN, Audience.ADULTS)],
    )
    type = any_of(_("Kind of hospital"), HospitalType.choices)
    district = any_of(_("District"), District.choices)

    def __init__(self, data, specialties: list):
        super().__init__(data)
        self.fields["specialty"].choices = [("", _("Any")), *specialties]

    def canonical_query(self) -> str:
        """The filters that count, in the form's order: the same page has one address."""
        return urlencode({name: value for name, value in self.cleaned_data.items() if value})

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
