"""Getting in: reference and private code, a lost code, words to the office."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from cases import codes
from cases.forms.fields import Paragraphs
from cases.forms.policy import FamilyForm


def _reference_field() -> forms.CharField:
    return forms.CharField(
        label=_("Reference"),
        help_text=_("Such as SH-7K3F-9Q2M. We showed it to you with the private code."),
        max_length=100,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "username",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
        error_messages={"required": _("Write the reference of your case.")},
    )


class CodeInput(forms.TextInput):
    """Readable while it is typed from paper, never written back into a page."""

    def format_value(self, value):
        return None


class SignInForm(FamilyForm):
    reference = _reference_field()
    code = forms.CharField(
        label=_("Private code"),
        help_text=_("12 letters and numbers. Capitals and dashes do not matter."),
        max_length=100,
        widget=CodeInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "dir": "ltr",
            }
        ),
        error_messages={"required": _("Write your private code.")},
    )


class LostCodeForm(FamilyForm):
    reference = _reference_field()
    email = forms.EmailField(
        label=_("E-mail"),
        help_text=_("The address that you gave in the inquiry."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages={
            "required": _("Write your e-mail address."),
            "invalid": _("Write the whole e-mail address, such as name@example.org."),
        },
    )


class AddressForm(FamilyForm):
    """Where a link back is mailed to, before the page about contact was reached."""

    email = forms.EmailField(
        label=_("E-mail"),
        help_text=_("Only for the way back, and for one reminder after a week."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages={
            "required": _("Write your e-mail address."),
            "invalid": _("Write the whole e-mail address, such as name@example.org."),
        },
    )


class LinkForm(FamilyForm):
    """A browser that did not ask for the link names the case too (row A4)."""

    reference = _reference_field()

    def __init__(self, *args, expected: set[str], **kwargs):
        super().__init__(*args, **kwargs)
        self.expected = expected

    def clean_reference(self):
        reference = codes.normalise_reference(self.cleaned_data["reference"])
        if reference not in self.expected:
            raise forms.ValidationError(_("This is not the reference that the link is for."))
        return reference


class MessageForm(FamilyForm):
    body = Paragraphs(
        label=_("Write to your coordinator"),
        help_text=_("In your own language."),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto", "autocomplete": "off"}),
        error_messages={"required": _("Write something first.")},
    )
    submission = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={"required": _("Send it once more.")},
    )

    def prepare(self):
        self.initial.setdefault("submission", uuid.uuid4())
