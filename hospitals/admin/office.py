"""The directory in the office: to read, to decide about proposals, and who belongs where."""

from django import forms
from django.contrib import messages
from django.contrib.admin import display, register
from django.db.models import Case, Value, When
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from modeltranslation.translator import NotRegistered, translator

from hospitals.actions import (
    ActionRefusedError,
    ChangedMeanwhileError,
    approve_revision,
    end_membership,
    refuse_revision,
    save_membership,
)
from hospitals.admin.comparison import compare, describe, is_stale
from hospitals.models import (
    Fact,
    Hospital,
    Listing,
    Membership,
    Revision,
    Source,
    Specialty,
    Story,
)
from portal.admin.strict import ReadOnlyAdmin, StrictAdmin
from portal.models import User
from portal.roles import PARTNER_ROLES
from portal.sites import office

HISTORY_ROWS = 50


class DirectoryAdmin(ReadOnlyAdmin):
    """A public claim changes through an approved proposal or the loader, never in a form here."""

    def lookup_allowed(self, lookup, value, request=None):
        """The links of the page's own filters, which compare a choice for being the same."""
        return lookup in {f"{name}__exact" for name in self.list_filter}

    def get_fields(self, request, obj=None):
        """The columns of each language; the column without one only repeats the English."""
        originals = translated_fields(self.model)
        own = [f.name for f in self.opts.fields if f.editable and f.name not in originals]
        return [*own, *self.readonly_fields]


class RefusalForm(forms.Form):
    """What a text may hold; whether it is a reason, the action says."""

    reason = forms.CharField(required=False, strip=False)


def translated_fields(model) -> set[str]:
    try:
        return set(translator.get_options_for_model(model).all_fields)
    except NotRegistered:
        return set()


def history_of(revisions):
    """What a claim said, who changed it and what was decided; each row leads to the texts."""
    rows = revisions.select_related("created_by")[:HISTORY_ROWS]
    return format_html_join(
        "",
        '<p><a href="{}">{}</a> {}, {}</p>',
        (
            (
                reverse("office:hospitals_revision_change", args=[row.pk]),
                date_format(localtime(row.created_at), "DATETIME_FORMAT"),
                row.created_by.display_name(),
                row.get_status_display(),
            )
            for row in rows
        ),
    ) or _("No change was proposed yet.")


@register(Hospital, site=office)
class HospitalAdmin(DirectoryAdmin):
    list_display = ("name", "name_zh_hans", "type", "pilot_status", "accepting", "is_public")
    list_filter = ("type", "pilot_status", "accepting", "is_public")
    search_fields = ("name_en", "name_zh_hans", "slug")
    readonly_fields = ("history",)

    @display(description=gettext_lazy("History"))
    def history(self, hospital):
        return history_of(hospital.revisions.filter(listing=None, specialty=None))


@register(Listing, site=office)
class ListingAdmin(DirectoryAdmin):
    list_display = ("title", "hospital", "specialty", "accepting", "confirmed_at", "is_public")
    list_select_related = ("hospital", "specialty")
    list_filter = ("audience", "accepting", "is_public")
    search_fields = ("title_en", "title_zh_hans", "hospital__name_en", "hospital__slug")
    readonly_fields = ("history",)

    @display(description=gettext_lazy("History"))
    def history(self, listing):
        return history_of(listing.revisions)


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


@register(Revision, site=office)
class RevisionAdmin(DirectoryAdmin):
    """The queue of proposals; buttons post to the actions."""

    list_display = ("about", "hospital", "created_at", "created_by", "status", "decided_by")
    list_select_related = ("hospital", "listing", "specialty", "created_by", "decided_by")
    list_filter = ("status",)
    search_fields = ("hospital__name_en", "hospital__slug")
    ordering = (Case(When(status="pending", then=Value(0)), default=Value(1)), "-created_at")

    @display(description=gettext_lazy("About"))
    def about(self, revision):
        return describe(revision)

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)

    def get_urls(self):
        def address(name, view):
            return path(
                f"<uuid:pk>/{name}/",
                self.admin_site.admin_view(view),
                name=f"hospitals_revision_{name}",
            )

        own = [address("approve", self.approve), address("refuse", self.refuse)]
        return [*own, *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        revision = self.get_object(request, object_id)
        if revision is None:
            raise Http404
        return self.page(request, revision)

    def page(self, request, revision, *, problem="", reason="", status=200):
        """Before and after, with the buttons for whoever may decide about this one."""
        is_author = revision.created_by_id == request.user.pk
        may_decide = request.user.has_perm("hospitals.decide_revision") and not is_author
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "changelist_url": "admin:hospitals_revision_changelist",
            "title": describe(revision),
            "revision": revision,
            "rows": compare(revision),
            "is_stale": is_stale(revision),
            "may_decide": revision.is_pending and may_decide,
            "past": self.past(revision),
            "problem": problem,
            "reason": reason,
        }
        template = "admin/hospitals/revision/decide.html"
        return TemplateResponse(request, template, context, status=status)

    def past(self, revision) -> list[Revision]:
        """The other proposals about the same claim."""
        same = Revision.objects.filter(
            hospital=revision.hospital_id,
            listing=revision.listing_id,
            specialty=revision.specialty_id,
        )
        others = same.exclude(pk=revision.pk).select_related("hospital", "created_by")
        return list(others[:HISTORY_ROWS])

    def approve(self, request, pk):
        return self.decide(request, pk, approve_revision, _("Approved. It is public now."))

    def refuse(self, request, pk):
        form = RefusalForm(request.POST)
        done = _("Refused. The hospital sees your reason.")
        words = {"reason": form.cleaned_data["reason"] if form.is_valid() else ""}
        return self.decide(request, pk, refuse_revision, done, **words)

    def decide(self, request, pk, action, done: str, **words):
        if not request.user.has_perm("hospitals.decide_revision"):
            raise Http404
        revision = get_object_or_404(self.get_queryset(request), pk=pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            action(by=request.user, revision=revision, **words)
        except ActionRefusedError as refusal:
            return self.page(request, revision, problem=str(refusal), status=400, **words)
        except ChangedMeanwhileError:
            problem = _("Somebody was faster: this is how it is now.")
            revision.refresh_from_db()
            return self.page(request, revision, problem=problem, status=409, **words)
        messages.success(request, done)
        return redirect("office:hospitals_revision_changelist")


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
