"""The two admin sites. They share no registry: a hospital's site knows no model but its own."""

from functools import update_wrapper

from django.conf import settings
from django.contrib.admin import AdminSite
from django.urls import path
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from portal import staff_sessions
from portal.languages import PARTNER_LANGUAGE
from portal.views import second_factor


class SecondFactorSite(AdminSite):
    """Nothing of the site answers a session without a second factor (row S1)."""

    enable_nav_sidebar = False
    final_catch_all_view = False
    default_language = "en"
    removed_urls = frozenset({"view_on_site"})

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Functions of a request, from the apps: a template with its context, or None.
        self.panels = []
        # Pages beside the models' own: (route, view, name).
        self.pages = []

    def may_work_here(self, user) -> bool:
        raise NotImplementedError

    def has_permission(self, request):
        verified = getattr(request.user, "otp_device", None) is not None
        return verified and self.may_work_here(request.user)

    def get_urls(self):
        """Without the addresses that tell a stranger what exists (rows H3 and H5)."""
        kept = [
            url for url in super().get_urls() if getattr(url, "name", None) not in self.removed_urls
        ]
        own = [path(route, self.admin_view(view), name=name) for route, view, name in self.pages]
        return [*self._second_factor_urls(), *own, *kept]

    def admin_view(self, view, cacheable=False):
        """Every page in the language of whoever is signed in."""

        def in_reader_language(request, *args, **kwargs):
            # Activated, not overridden: the page is rendered after the view has returned.
            request.LANGUAGE_CODE = request.user.language or self.default_language
            translation.activate(request.LANGUAGE_CODE)
            return view(request, *args, **kwargs)

        # Never cacheable, whatever Django says: a shared computer keeps no page (row A6).
        return super().admin_view(update_wrapper(in_reader_language, view), cacheable=False)

    def _second_factor_urls(self):
        """The set-up answers a session that passed the password; the others ask for both."""
        return [
            path("second-factor/", self.set_up, name="second-factor"),
            path(
                "recovery-codes/",
                self.admin_view(require_http_methods(["GET", "HEAD", "POST"])(self.recovery_codes)),
                name="recovery-codes",
            ),
            path("keep-alive/", self.admin_view(require_POST(self.keep_alive)), name="keep-alive"),
        ]

    @method_decorator(
        [never_cache, sensitive_post_parameters(), require_http_methods(["GET", "HEAD", "POST"])]
    )
    def login(self, request, extra_context=None):
        return second_factor.log_in(request, self)

    @method_decorator(
        [never_cache, sensitive_post_parameters(), require_http_methods(["GET", "HEAD", "POST"])]
    )
    def set_up(self, request):
        return second_factor.set_up(request, self)

    def recovery_codes(self, request):
        return second_factor.recovery_codes(request, self)

    def keep_alive(self, request):
        return second_factor.keep_alive(request, self)

    def each_context(self, request):
        """With both limits of the session, in seconds, for the warning before its end."""
        idle = int(settings.STAFF_SESSION_IDLE.total_seconds())
        rest = staff_sessions.seconds_left(request.session)
        return super().each_context(request) | {"idle_seconds": idle, "rest_seconds": rest}

    def index(self, request, extra_context=None):
        """The panels that the apps have put on the desk, then the lists."""
        panels = [panel(request) for panel in self.panels]
        return super().index(request, {"panels": [panel for panel in panels if panel]})

    def password_change(self, request, extra_context=None):
        return second_factor.change_password(request, self)

    def logout(self, request, extra_context=None):
        return second_factor.log_out_response(super().logout(request, extra_context))


class OfficeSite(SecondFactorSite):
    """Coordinators, leads, auditors and administrators, at /office/."""

    site_header = site_title = _("Office")
    index_title = _("Your desk")

    def may_work_here(self, user) -> bool:
        return user.is_authenticated and user.works_in_office


class PartnerSite(SecondFactorSite):
    """The people of a hospital, at /partners/."""

    site_header = site_title = _("For hospitals")
    index_title = _("Your hospital")
    default_language = PARTNER_LANGUAGE
    removed_urls = SecondFactorSite.removed_urls | {"autocomplete"}

    def may_work_here(self, user) -> bool:
        return user.is_authenticated and user.works_at_partner


office = OfficeSite(name="office")
partners = PartnerSite(name="partners")
