"""The directory in the office: to read, with its history, and who belongs where."""

from django.contrib.admin import display, register
from django.template.defaultfilters import linebreaksbr
from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospitals.actions import end_membership, save_membership, values
from hospitals.actions.values import CLAIM_FIELDS, SET_FIELDS
from hospitals.admin.directory import DirectoryAdmin
from hospitals.admin.history import history
from hospitals.admin.showing import Shown, field_label
from hospitals.models import Fact, Hospital, Listing, Membership, Source, Specialty, Story
from portal.admin.strict import StrictAdmin
from portal.models import User
from portal.roles import PARTNER_ROLES
from portal.sites import office


def render_history(changes) -> str:
    return render_to_string("partners/_history.html", {"history": history(changes)})


@register(Hospital, site=office)
class HospitalAdmin(DirectoryAdmin):
    list_display = ("name", "name_zh_hans", "type", "pilot_status", "accepting", "is_public")
    list_filter = ("type", "pilot_status", "accepting", "is_public")
    search_fields = ("name_en", "name_zh_hans", "slug")
    readonly_fields = ("history",)

    @display(description=gettext_lazy("History"))
    def history(self, hospital):
        return render_history(hospital.changes.filter(listing=None))


@register(Listing, site=office)
class ListingAdmin(DirectoryAdmin):
    list_display = ("title", "hospital", "specialty", "accepting", "confirmed_at", "is_public")
    list_select_related = ("hospital", "specialty")
    list_filter = ("audience", "accepting", "is_public")
    search_fields = ("title_en", "title_zh_hans", "hospital__name_en", "hospital__slug")
    readonly_fields = ("claims", "history")

    @display(description=gettext_lazy("Claims"))
    def claims(self, listing):
        """Whatever the listing says beside its columns."""
        said = values.current(listing, (*SET_FIELDS, *CLAIM_FIELDS))
        shown = Shown.of(Listing, said)
        rows = [
            (field_label(Listing, name).text, linebreaksbr(shown.display(name, value)))
            for name, value in said.items()
            if value
        ]
        return format_html_join("", "<p><strong>{}</strong><br>{}</p>", rows) or _("none yet")

    @display(description=gettext_lazy("History"))
    def history(self, listing):
        return render_history(listing.changes.all())


@register(Fact, site=office)
class FactAdmin(DirectoryAdmin):
    list_display = ("hospital", "kind", "value", "source", "source_date", "is_withheld")
    list_select_related = ("hospital", "source")
    list_filter = ("kind", "is_withheld")
    search_fields = ("value_en", "hospital__name_en", "hospital__slug")
    ordering = ("hospital__position", "position")


@register(Specialty, site=office)
class SpecialtyAdmin(DirectoryAdmin):
    list_display = ("name", "name_zh_hans", "area")
    list_filter = ("area",)
    search_fields = ("name_en", "name_zh_hans", "slug")


@register(Source, site=office)
class SourceAdmin(DirectoryAdmin):
    list_display = ("title", "publisher", "is_weak", "is_linkable")
    list_filter = ("is_weak", "is_linkable")
    search_fields = ("title", "publisher", "url")


@register(Story, site=office)
class StoryAdmin(DirectoryAdmin):
    list_display = ("hospital", "patient", "condition", "source", "source_date")
    list_select_related = ("hospital", "source")
    search_fields = ("condition_en", "hospital__name_en")


@register(Membership, site=office)
class MembershipAdmin(StrictAdmin):
    """People of hospitals get theirs here; what they may do there is their role."""

    dropped_urls = ("_history",)
    fields = ("user", "hospital")
    list_display = ("user", "hospital")
    list_select_related = ("user", "hospital")
    search_fields = ("user__username", "hospital__name_en", "hospital__slug")

    def has_add_permission(self, request):
        return request.user.has_perm("hospitals.add_membership")

    def has_delete_permission(self, request, obj=None):
        return request.user.has_perm("hospitals.delete_membership")

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.filter(role__in=PARTNER_ROLES, is_active=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Without links to the person's own page: it opens from its own list alone."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        for link in ("add", "change", "view", "delete"):
            setattr(field.widget, f"can_{link}_related", False)
        return field

    def save_model(self, request, obj, form, change):
        save_membership(by=request.user, membership=obj)

    def delete_model(self, request, obj):
        end_membership(by=request.user, membership=obj)
