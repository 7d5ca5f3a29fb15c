"""What a family tells about the papers of its list."""

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.checklist.papers import Said
from cases.forms.fields import Line
from cases.forms.policy import FamilyForm
from cases.models import ChecklistItem

WORDS_LENGTH = 500


class ItemAnswerForm(FamilyForm):
    """One item; without `said` the family takes its word back."""

    item = forms.ModelChoiceField(queryset=ChecklistItem.objects.none(), widget=forms.HiddenInput)
    said = forms.ChoiceField(choices=[("", ""), *Said.choices], required=False)
    words = Line(label=_("A word about it, if you like"), max_length=WORDS_LENGTH, required=False)

    def __init__(self, *args, case, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["item"].queryset = case.checklist.all()


class ItemsForm(FamilyForm):
    """Which papers of the list a file is."""

    items = forms.ModelMultipleChoiceField(queryset=ChecklistItem.objects.none(), required=False)

    def __init__(self, *args, case, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["items"].queryset = case.checklist.all()
