"""Forms of the two offices: log-in and the set-up of the second factor."""

from django import forms
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth import authenticate, password_validation
from django.contrib.auth.signals import user_login_failed
from django.utils.translation import gettext_lazy as _

from portal.actions import choose_password
from portal.second_factor import find_device, has_second_factor


def _password(label, autocomplete):
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, max_length=200, widget=widget)


class LogInForm(forms.Form):
    """User name, password and code at once; whatever is wrong, the answer is the same.

    After `is_valid()`, `user` has passed the password and `device` is what
    accepted the code: None for a person who has no second factor yet.
    """

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
        ),
    )
    password = _password(_("Password"), "current-password")
    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        required=False,
        help_text=_("Six digits from your phone, or one of your recovery codes. "
                    "Leave it empty if you log in for the first time."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )  # fmt: skip
    failure = _(
        "This did not work. Check the user name, the password and the code, and whether this is "
        "the right page for you. A code works once: wait for the next one."
    )

    def __init__(self, request, site, **kwargs):
        self.request, self.site = request, site
        self.user = self.device = None
        super().__init__(**kwargs)

    def clean(self):
        typed = self.cleaned_data
        if not {"username", "password"} <= typed.keys():
            return typed
        known = authenticate(self.request, username=typed["username"], password=typed["password"])
        user = known if known and self.site.may_work_here(known) else None
        self.device = find_device(user, typed.get("code", ""))
        if user is None or not (self.device or self._may_set_up(user, typed)):
            self._count_failure(known, typed["username"])
            raise forms.ValidationError(self.failure, code="log_in")
        self.user = user
        return typed

    def _may_set_up(self, user, typed) -> bool:
        return not typed.get("code") and not has_second_factor(user)

    def _count_failure(self, known, username):
        """A wrong password was counted by `authenticate`; a wrong code or role is counted here."""
        if known is not None:
            user_login_failed.send(
                sender=type(self), credentials={"username": username}, request=self.request
            )


class SetUpForm(forms.Form):
    """The first code of a new phone, and an own password where one is due."""

    new_password = _password(_("Your own password"), "new-password")
    new_password_again = _password(_("The same password again"), "new-password")
    code = forms.CharField(
        label=_("Code that the phone shows now"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        ),
    )

    def __init__(self, user, **kwargs):
        self.user = user
        super().__init__(**kwargs)
        if not user.must_choose_password:
            del self.fields["new_password"], self.fields["new_password_again"]
        else:
            self.fields["new_password"].help_text = _(
                "At least 15 characters: four or five words are easy to remember."
            )

    def clean_new_password(self):
        password = self.cleaned_data["new_password"]
        password_validation.validate_password(password, self.user)
        if self.user.check_password(password):
            raise forms.ValidationError(_("Choose a password that nobody else knows."))
        return password

    def clean(self):
        typed = self.cleaned_data
        again = typed.get("new_password_again")
        if again and typed.get("new_password") and again != typed["new_password"]:
            self.add_error("new_password_again", _("The two passwords are not the same."))
        return typed


class OwnPasswordForm(AdminPasswordChangeForm):
    """Django's own form for a new password; the action writes it, with its row in the trail."""

    def save(self, commit=True):
        choose_password(by=self.user, password=self.cleaned_data["new_password1"])
        return self.user
