"""A hospital's own site: its listings, itself, and what became of its proposals."""

from django.contrib import messages
from django.contrib.admin import display, register
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from hospitals.actions import ActionRefusedError, ChangedMeanwhileError, withdraw_revision
from hospitals.actions.propose import fresh_target
from hospitals.admin import page_care
from hospitals.admin.bulk import BulkMixin
from hospitals.admin.comparison import compare, describe, is_stale, offered_again
from hospitals.admin.exchange import ExchangeMixin
from hospitals.admin.history import history
from hospitals.admin.own_rows import OwnRowsAdmin
from hospitals.admin.proposing import ProposalAdmin
from hospitals.forms import ChooseSpecialtyForm, HospitalForm, ListingForm, NewListingForm
from hospitals.models import Hospital, Listing, Revision
from portal.sites import partners

partners.panels.append(page_care.desk_panel)
partners.pages += [
    ("still-right/", page_care.still_right, "still-right"),
    ("preview/", page_care.preview, "preview"),
]


@register(Listing, site=partners)
class PartnerListingAdmin(ExchangeMixin, BulkMixin, ProposalAdmin):
    form_class = ListingForm
    kept_urls = ("changelist", "add", "change")
    list_display = ("title", "specialty", "audience", "accepting", "is_public", "said_at", "waits")
    list_select_related = ("specialty",)

    def get_queryset(self, request):
        pending = Revision.objects.pending().filter(listing=OuterRef("pk"))
        return super().get_queryset(request).annotate(is_waiting=Exists(pending))

    @display(description=gettext_lazy("Confirmed"))
    def said_at(self, listing):
        return listing.confirmed_at

    @display(description=gettext_lazy("A change"), empty_value="")
    def waits(self, listing):
        return _("waits for approval") if listing.is_waiting else ""

    def has_add_permission(self, request):
        return super().has_add_permission(request) and self.may_propose(request)

    def add_view(self, request, form_url="", extra_context=None):
        """Two steps: the specialty, then what the hospital offers in it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        own = get_object_or_404(Hospital.objects.visible_to(request.user))
        asked = request.POST if request.method == "POST" else request.GET
        choice = ChooseSpecialtyForm(asked if "specialty" in asked else None, hospital=own)
        if not choice.is_valid():
            return self.page(
                request,
                "partners/choose_specialty.html",
                title=_("New specialty"),
                form=choice,
                is_missing=request.method == "POST" and not choice.is_bound,
            )
        target = fresh_target(own, None, choice.cleaned_data["specialty"])
        return self.answer(request, target, may_propose=True)

    def make_form(self, request, target, waiting):
        self_made = self.form_class if target.pk and not target._state.adding else NewListingForm
        data = request.POST if request.method == "POST" else None
        again = {} if data else self.taken_up_again(request, target)
        return self_made(data, instance=target, waiting=waiting, again=again)

    def address(self, target):
        if target._state.adding:
            return {"hospital": target.hospital, "specialty": target.specialty}
        return {"hospital": target.hospital, "listing": target}

    def form_title(self, target):
        if target._state.adding:
            return _("New: %(specialty)s") % {"specialty": target.specialty.name}
        return target.title

    def history(self, target):
        return [] if target._state.adding else super().history(target)


@register(Hospital, site=partners)
class PartnerHospitalAdmin(ProposalAdmin):
    form_class = HospitalForm
    list_display = ("name", "accepting", "accepting_confirmed_at")

    def has_add_permission(self, request):
        return False

    def address(self, target):
        return {"hospital": target}

    def history(self, target):
        """Of the hospital itself, and of whatever no listing holds."""
        return history(target.changes.filter(listing=None))

    def page(self, request, template, **context):
        care = page_care.care_of(request.user, context["target"])
        return super().page(request, template, care=care, **context)


@register(Revision, site=partners)
class PartnerRevisionAdmin(OwnRowsAdmin):
    """What waits, what was approved, and why something was refused."""

    list_display = ("about", "created_at", "created_by", "status", "answer")
    list_select_related = ("hospital", "listing", "specialty", "created_by")

    @display(description=gettext_lazy("About"))
    def about(self, revision):
        return describe(revision)

    @display(description=gettext_lazy("Why it was refused"), empty_value="")
    def answer(self, revision):
        reasons = [revision.reason, *revision.refused.values()]
        return " ".join(dict.fromkeys(reason for reason in reasons if reason))

    def get_urls(self):
        withdraw = self.admin_site.admin_view(require_POST(self.withdraw))
        name = "hospitals_revision_withdraw"
        return [path("<uuid:pk>/withdraw/", withdraw, name=name), *super().get_urls()]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def change_view(self, request, object_id, form_url="", extra_context=None):
        revision = self.own_or_404(request, object_id)
        may_propose = request.user.has_perm("hospitals.propose_revision")
        return self.page(
            request,
            "partners/revision.html",
            title=describe(revision),
            revision=revision,
            rows=compare(revision),
            is_stale=is_stale(revision),
            may_withdraw=revision.is_pending and may_propose,
            again_url=again_url(revision) if may_propose else "",
        )

    def withdraw(self, request, pk):
        revision = get_object_or_404(self.get_queryset(request), pk=pk)
        try:
            withdraw_revision(by=request.user, revision=revision)
            messages.success(request, _("Taken back. What is public has not changed."))
        except ChangedMeanwhileError:
            messages.error(request, _("Somebody has decided about this change already."))
        except ActionRefusedError as refusal:
            messages.error(request, str(refusal))
        return redirect("partners:hospitals_revision_changelist")


def again_url(revision: Revision) -> str:
    """The form with what was not approved in it; empty where all was."""
    if not offered_again(revision):
        return ""
    if revision.listing_id:
        place = reverse("partners:hospitals_listing_change", args=[revision.listing_id])
    elif revision.specialty_id:
        place = f"{reverse('partners:hospitals_listing_add')}?specialty={revision.specialty.slug}"
    else:
        place = reverse("partners:hospitals_hospital_change", args=[revision.hospital_id])
    return f"{place}{'&' if '?' in place else '?'}again={revision.pk}"
