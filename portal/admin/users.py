"""People who log in: made, changed, disabled and helped by an administrator."""

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Exists, OuterRef
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django_otp.plugins.otp_totp.models import TOTPDevice

from portal import actions
from portal.admin.strict import StrictAdmin
from portal.models import User
from portal.roles import Role
from portal.sites import office


class UserForm(forms.ModelForm):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("Chinese for hospitals, English in the office")), *settings.LANGUAGES],
    )

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email", "role", "language")


# Address of each button, its action, its word, what is said afterwards.
BUTTONS = {
    "disable": (actions.disable_user, _("Disable"), _("Disabled; open sessions have ended.")),
    "enable": (actions.enable_user, _("Enable"), _("Enabled.")),
    "reset-second-factor": (
        actions.reset_second_factor,
        _("Reset the second factor"),
        _("Reset. The next log-in sets up a new phone."),
    ),
}

WAITS = _("Asked. It takes effect once a lead has agreed.")
ROLE_WAITS = _("The role changes once a lead has agreed; the rest is changed.")


@admin.register(User, site=office)
class UserAdmin(StrictAdmin):
    form = UserForm
    list_display = ("username", "full_name", "role", "is_active", "second_factor", "last_login")
    list_filter = ("role", "is_active")
    allowed_lookups = frozenset({"role__exact", "is_active__exact"})
    search_fields = ("username", "first_name", "last_name")
    ordering = ("username",)
    change_form_template = "office/user.html"

    def has_add_permission(self, request):
        return request.user.has_perm("portal.add_user")

    def get_queryset(self, request):
        phone = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        return super().get_queryset(request).annotate(has_phone=Exists(phone))

    def get_readonly_fields(self, request, obj=None):
        return ("username",) if obj else ()

    @admin.display(description=_("name"))
    def full_name(self, user):
        return user.get_full_name()

    @admin.display(description=_("second factor"), boolean=True)
    def second_factor(self, user):
        return user.has_phone

    def get_urls(self):
        buttons = [
            path(
                f"<uuid:user_id>/{name}/",
                self.admin_site.admin_view(require_POST(self.press)),
                {"name": name},
                name=f"portal_user_{name.replace('-', '_')}",
            )
            for name in BUTTONS
        ]
        new_password = path(
            "<uuid:user_id>/new-password/",
            self.admin_site.admin_view(require_POST(self.new_password)),
            name="portal_user_new_password",
        )
        return [*buttons, new_password, *super().get_urls()]

    def save_model(self, request, obj, form, change):
        values = {name: form.cleaned_data[name] for name in form.cleaned_data}
        try:
            if change:
                user = User.objects.get(pk=obj.pk)
                if actions.change_user(by=request.user, user=user, **values):
                    messages.warning(request, ROLE_WAITS)
                return
            made, obj.initial_password = actions.create_user(by=request.user, **values)
            obj.pk = made.pk
        except actions.RefusedError as refused:
            request.refused = str(refused)

    def response_change(self, request, obj):
        if hasattr(request, "refused"):
            messages.error(request, request.refused)
            return redirect(self._address(obj.pk))
        return super().response_change(request, obj)

    def response_add(self, request, obj, post_url_continue=None):
        user = User.objects.get(pk=obj.pk)
        return self._show_password(request, user, obj.initial_password, not user.is_active)

    def press(self, request, user_id, name):
        """One of the buttons below a person."""
        action, _word, done = BUTTONS[name]
        user = self._person(request, user_id)
        try:
            if action(by=request.user, user=user):
                messages.warning(request, WAITS)
            else:
                messages.success(request, done)
        except actions.RefusedError as refused:
            messages.error(request, str(refused))
        return redirect(self._address(user.pk))

    def new_password(self, request, user_id):
        user = self._person(request, user_id)
        try:
            password, waiting = actions.replace_password(by=request.user, user=user)
        except actions.RefusedError as refused:
            messages.error(request, str(refused))
            return redirect(self._address(user.pk))
        return self._show_password(request, user, password, waiting)

    def render_change_form(self, request, context, obj=None, **kwargs):
        context["buttons"] = self._buttons(request, obj) if obj else []
        return super().render_change_form(request, context, obj=obj, **kwargs)

    def _buttons(self, request, user):
        """What may be done with this person; nobody does it to themselves."""
        if user.pk == request.user.pk:
            return []
        hidden = "enable" if user.is_active else "disable"
        words = [(name, word) for name, (_a, word, _d) in BUTTONS.items() if name != hidden]
        words.append(("new-password", gettext("Give a new password")))
        return [
            {"url": f"{self._address(user.pk)[: -len('change/')]}{name}/", "word": word}
            for name, word in words
        ]

    def _person(self, request, user_id):
        user = User.objects.filter(pk=user_id).first()
        if user is None or not self.has_change_permission(request, user):
            raise Http404
        return user

    def _address(self, user_id):
        return reverse("office:portal_user_change", args=[user_id])

    def _show_password(self, request, user, password, waits):
        """Once, on this page alone: nothing keeps it."""
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Password for the first log-in"),
            "person": user,
            "password": password,
            "waits": waits,
        }
        return TemplateResponse(request, "office/new_password.html", context)
