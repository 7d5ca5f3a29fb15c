"""Pages about people: who asks, how to reach them, who is ill, who decides for a child."""

from functools import cache

from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries
from phonenumber_field.formfields import PhoneNumberField
from phonenumbers import SUPPORTED_REGIONS

from cases import consents
from cases.forms.emails import likely_address
from cases.forms.fields import DateParts, Line
from cases.forms.policy import FamilyForm
from cases.forms.shown import AgreementForm
from cases.models import FamilyMember
from cases.models.draft import Channel
from cases.models.inquiry import GuardianRelation, Sex
from portal.selects import PlainChoiceField, PlainSelect
from portal.timezones import guess_zone, is_zone, zone_choices

Relation = FamilyMember.Relation
DECIDES = consents.DECIDES
NAME_LIMIT = 120


@cache
def country_choices(_language: str) -> list[tuple[str, str]]:
    """All countries in the active language, in its order: sorted and translated once."""
    return [(code, str(name)) for code, name in countries]


class YouForm(FamilyForm):
    relation = forms.ChoiceField(
        label=_("Who are you to the patient?"),
        choices=Relation.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who you are to the patient.")},
    )


class ContactForm(FamilyForm):
    """How we reach the person who asks. The address is what a lost code is mailed to."""

    name = Line(
        label=_("Your name"),
        max_length=NAME_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
        error_messages={"required": _("Write your name.")},
    )
    email = forms.EmailField(
        label=_("E-mail"),
        help_text=_("We write here when there is news. The mail itself says nothing about health."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages={
            "required": _("Write your e-mail address."),
            "invalid": _("Write the whole e-mail address, such as name@example.org."),
        },
    )
    country = PlainChoiceField(
        label=_("Country you live in"),
        widget=PlainSelect(attrs={"autocomplete": "country"}),
        error_messages={"required": _("Choose the country you live in.")},
    )
    phone = PhoneNumberField(
        label=_("Phone"),
        help_text=_("As you dial it at home, or with + and the code of the country."),
        required=False,
        max_length=50,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
    )
    messenger = Line(
        label=_("WeChat or WhatsApp"),
        help_text=_("Your name or number there."),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    languages = Line(
        label=_("Languages you speak"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    best_time = Line(
        label=_("Best time to call"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    time_zone = PlainChoiceField(
        label=_("Your time zone"),
        help_text=_("We show every date and time in it."),
        required=False,
    )
    browser_zone = forms.CharField(
        required=False, max_length=64, widget=forms.HiddenInput(attrs={"data-browser-zone": ""})
    )
    extra_keys = ("email_asked",)

    @property
    def carried(self):
        return {"email_asked": self.email_asked}

    def prepare(self):
        if self.answers and self.answers.channel != Channel.ONLINE:
            # Not everybody who calls has one; the phone does then.
            self.fields["email"].required = False
        # The address that we asked about: sent again unchanged it is taken as it is.
        self.email_asked = self.data.get("email_asked", "") if self.is_bound else ""
        source = self.data if self.is_bound else self.initial
        country, zone = (source.get(name) or "" for name in ("country", "time_zone"))
        self.fields["country"].choices = [
            ("", gettext("Choose a country")),
            *country_choices(get_language()),
        ]
        self.fields["time_zone"].choices = [
            ("", gettext("From my device or country")),
            # 420 zones are half of all bytes of the inquiry: only for whoever comes back to
            # change the one that we took.
            *(zone_choices(country) if country or zone else ()),
        ]
        phone = self.fields["phone"]
        phone.region = country if country in SUPPORTED_REGIONS else None
        phone.error_messages["invalid"] = _(
            "This number does not look complete. Write it as you dial it at home, "
            "or with + and the code of the country, such as +48 22 123 45 67."
        )

    def clean_email(self):
        email = self.cleaned_data["email"]
        better = likely_address(email)
        if better and self.email_asked != email:
            self.email_asked = email
            raise forms.ValidationError(
                _("Did you mean %(better)s? Correct it, or continue if it is right as it is."),
                params={"better": better},
            )
        return email

    def clean_browser_zone(self):
        """Browsers that hide where they are say UTC; then the country knows better."""
        zone = self.cleaned_data["browser_zone"]
        return zone if is_zone(zone) and "/" in zone and not zone.startswith("Etc/") else ""

    def clean(self):
        data = super().clean()
        if "email" in data and not data["email"] and not data.get("phone"):
            self.add_error("phone", _("Write a phone number, or an e-mail address."))
        if not data.get("time_zone"):
            data["time_zone"] = guess_zone(data.get("country", ""), data.get("browser_zone", ""))
        return data


class PatientForm(FamilyForm):
    patient_name = Line(
        label=_("Patient's name as in the passport"),
        help_text=_("In Latin letters if the passport has them."),
        max_length=NAME_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
        error_messages={"required": _("Write the patient's name.")},
    )
    birth_date = DateParts(
        label=_("Patient's date of birth"), help_text=_("Day, month, year: for example 3 2 2024.")
    )
    sex = forms.ChoiceField(
        label=_("Sex"), choices=Sex.choices, required=False, widget=forms.RadioSelect
    )

    def prepare(self):
        writer = self.answers.cleaned("you") if self.answers else None
        contact = self.answers.cleaned("contact") if self.answers else None
        if writer and contact and writer["relation"] == Relation.PATIENT:
            self.initial.setdefault("patient_name", contact["name"])


class GuardianForm(AgreementForm):
    """For a patient under 18. A parent who asks is not asked for their name again."""

    guardian_name = Line(
        label=_("Name of the mother, father or legal guardian"),
        max_length=NAME_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
        error_messages={"required": _("Write the name of the parent or guardian.")},
    )
    guardian_relation = forms.ChoiceField(
        label=_("They are the patient's"),
        choices=GuardianRelation.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what they are to the patient.")},
    )
    declared = forms.BooleanField(
        error_messages={
            "required": _("Ask the parent or guardian first, then tick this box."),
        },
    )
    told_at = "declared"

    def prepare(self):
        writer = self.answers.cleaned("you") if self.answers else None
        decides = bool(writer) and writer["relation"] in DECIDES
        self.who = consents.OWN if decides else consents.PASSED_ON
        declared = self.fields["declared"]
        declared.label = self.texts()[0].text
        if not decides:
            return
        del self.fields["guardian_name"], self.fields["guardian_relation"]
        declared.error_messages["required"] = _(
            "Only a parent or legal guardian may send this. If you are, tick this box; if not, "
            "go back and change who you are to the patient."
        )

    def texts(self):
        return [consents.guardian_text(self.who)]
