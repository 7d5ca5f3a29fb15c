"""Conditions or treatments to tick: those of the specialty, and whatever is ticked already."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _

from hospitals.choices import Audience
from hospitals.models import Condition


class SetField(forms.MultipleChoiceField):
    """Values are slugs. Whether one exists, `values.check` says in its own words."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, model, specialty_id, present: set[str]):
        super().__init__(required=False, label=model._meta.verbose_name_plural)
        self.model, self.specialty_id = model, specialty_id
        self.audiences: dict[str, str] = {}
        self.offer(present)

    def offer(self, present) -> None:
        """Boxes for the specialty's own and for these."""
        own = Q(ways__specialty=self.specialty_id) if self.specialty_id else Q(pk=None)
        known = {*self.audiences, *present}
        rows = self.model.objects.filter(own | Q(slug__in=known)).distinct().order_by("name")
        if self.model is Condition:
            rows = rows.prefetch_related("codes")
        self.choices = [(row.slug, _label(row)) for row in rows]
        self.audiences = {row.slug: row.audience for row in rows}

    def valid_value(self, value):
        return True

    def groups(self, bound) -> list[dict]:
        """The ticked ones first, then by whom they concern; empty groups are left out."""
        boxes = list(bound)
        ticked = [box for box in boxes if box.data["selected"]]
        groups = [{"title": _("Chosen now"), "boxes": ticked, "is_chosen": True}]
        for audience in Audience:
            rest = [box for box in boxes if self._is_in(box, audience)]
            groups.append({"title": audience.label, "boxes": rest, "is_chosen": False})
        return [group for group in groups if group["boxes"]]

    def _is_in(self, box, audience: str) -> bool:
        said = self.audiences.get(str(box.data["value"])) or Audience.BOTH
        return said == audience and not box.data["selected"]


def _label(row) -> str:
    codes = ", ".join(code.code for code in row.codes.all()) if isinstance(row, Condition) else ""
    return f"{row.name} ({codes})" if codes else row.name
