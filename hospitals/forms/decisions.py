"""What the office decides about a proposed change, field by field."""

from django import forms
from django.utils.translation import gettext_lazy as _

from hospitals.models import Revision

APPROVE, REFUSE = "approve", "refuse"
CHOICES = [(APPROVE, _("Approve")), (REFUSE, _("Refuse"))]


class DecisionForm(forms.Form):
    """A choice and a reason for each field. A field that was not sent is not approved.

    `stale` fields start as refused, with a reason that asks the hospital to look again.
    What a reason must be, the action says.
    """

    def __init__(self, data, *, revision: Revision, stale: dict[str, str]):
        super().__init__(data)
        self.names = list(revision.after)
        for name in self.names:
            self.fields[f"choice_{name}"] = forms.ChoiceField(
                choices=CHOICES,
                initial=REFUSE if name in stale else APPROVE,
                widget=forms.RadioSelect,
                label=_("Decision"),
            )
            self.fields[f"reason_{name}"] = forms.CharField(
                required=False,
                strip=False,
                initial=stale.get(name, ""),
                label=_("Why not? The hospital reads it."),
                widget=forms.Textarea({"rows": 2, "dir": "auto", "maxlength": 500}),
            )

    def refused(self) -> dict[str, str]:
        """Field -> reason, of those that are refused."""
        return {
            name: self.cleaned_data[f"reason_{name}"]
            for name in self.names
            if self.cleaned_data[f"choice_{name}"] == REFUSE
        }

    def bound(self, name: str) -> dict:
        return {"choice": self[f"choice_{name}"], "reason": self[f"reason_{name}"]}


class RefusalForm(forms.Form):
    """What a text may hold; whether it is a reason, the action says."""

    reason = forms.CharField(required=False, strip=False)
