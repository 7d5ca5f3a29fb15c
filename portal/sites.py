"""The two admin sites. They share no registry: a hospital's site knows no model but its own."""

from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class SecondFactorSite(AdminSite):
    """Nothing of the site answers a session without a second factor (row S1)."""

    enable_nav_sidebar = False
    final_catch_all_view = False

    def may_work_here(self, user) -> bool:
        raise NotImplementedError

    def has_permission(self, request):
        return self.may_work_here(request.user) and request.user.is_verified()


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

    def may_work_here(self, user) -> bool:
        return user.is_authenticated and user.works_at_partner


office = OfficeSite(name="office")
partners = PartnerSite(name="partners")
