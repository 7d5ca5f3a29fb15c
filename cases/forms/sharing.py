"""Forms of the desk about hospitals: propose one, share with it, end that."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from cases.forms.office import VersionForm
from hospitals.models import Hospital


class ProposeForm(VersionForm):
    hospital = forms.ModelChoiceField(
        label=_("Hospital"),
        queryset=Hospital.objects.none(),
        to_field_name="slug",
        empty_label=_("Choose a hospital"),
    )
    reason = forms.CharField(
        label=_("Why this one, in words for the family"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4, "cols": 60, "dir": "auto", "data-keep": "true"}),
        help_text=_("They read it with what the hospital would see, and agree or say no."),
    )
    language = forms.ChoiceField(label=_("Written in"), choices=settings.LANGUAGES)
    own_words = "reason"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["hospital"].queryset = Hospital.objects.public()

    def offer(self, groups: list) -> "ProposeForm":
        """Of a directory of any size only these are listed; what is sent is looked up in all."""
        self.fields["hospital"].widget.choices = [("", _("Choose a hospital")), *groups]
        return self


class ReferForm(VersionForm):
    hospital = forms.ModelChoiceField(
        queryset=Hospital.objects.none(), to_field_name="slug", widget=forms.HiddenInput
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["hospital"].queryset = Hospital.objects.all()


class RowForm(VersionForm):
    """A button beside one row."""

    row = forms.UUIDField(widget=forms.HiddenInput)


class JoinForm(VersionForm):
    sure = forms.BooleanField(
        label=_("I have read what moves and what ends, and both families agreed."),
        error_messages={"required": _("Tick the box if you are sure.")},
    )
