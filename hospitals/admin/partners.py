"""A hospital's own site: its listings, itself, and what became of its proposals.

A filtered queryset alone does not isolate hospitals in the admin (rows H1 to H6):
object permissions, addresses, lookups and forms are closed one by one here.
"""

from django.contrib import messages
from django.contrib.admin import ModelAdmin, ShowFacets, display, register
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from hospitals.actions import (
    ActionRefusedError,
    AlreadyWaitingError,
    ChangedMeanwhileError,
    propose_revision,
    withdraw_revision,
)
from hospitals.actions.propose import waiting_for
from hospitals.admin.comparison import compare, describe, field_label, is_stale
from hospitals.admin.comparison import display as display_value
from hospitals.forms import HospitalForm, ListingForm, NewListingForm
from hospitals.models import Hospital, Listing, Revision
from portal.sites import partners


class OwnRowsAdmin(ModelAdmin):
    """Rows of one's own hospital; nothing is deleted, guessed at or acted on in bulk."""

    actions = None
    view_on_site = False
    show_facets = ShowFacets.NEVER
    show_full_result_count = preserve_filters = False
    list_filter = search_fields = sortable_by = ()
    kept_urls = ("changelist", "change")

    def get_urls(self):
        """Only pages that are written for partners: no history, deletion or old addresses."""
        info = f"{self.opts.app_label}_{self.opts.model_name}"
        kept = {f"{info}_{page}" for page in self.kept_urls}
        return [url for url in super().get_urls() if url.name in kept]

    def get_queryset(self, request):
        return self.model._default_manager.visible_to(request.user)

    def is_own(self, request, obj) -> bool:
        return obj is None or self.get_queryset(request).filter(pk=obj.pk).exists()

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) and self.is_own(request, obj)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and self.is_own(request, obj)

    def has_delete_permission(self, request, obj=None):
        return False

    def get_actions(self, request):
        return {}

    def lookup_allowed(self, lookup, value, request):
        return False

    def to_field_allowed(self, request, to_field):
        return False

    def changelist_view(self, request, extra_context=None):
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, title | (extra_context or {}))

    def own_or_404(self, request, object_id):
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        return found

    def page(self, request, template: str, **context):
        """One of our templates in the frame of the site."""
        request.current_app = self.admin_site.name
        context |= {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "changelist_url": f"admin:hospitals_{self.opts.model_name}_changelist",
            "title": context["title"],
        }
        return TemplateResponse(request, template, context)


class ProposalAdmin(OwnRowsAdmin):
    """The form of a public claim. Sending it writes a proposal, never the claim."""

    form_class = None

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        target = self.find_target(request, object_id)
        may_propose = self.may_propose(request)
        if request.method == "POST" and not may_propose:
            raise PermissionDenied
        waiting = self.find_waiting(target)
        form = self.make_form(request, target, waiting)
        conflicts = []
        if request.method == "POST" and form.is_valid():
            sent, conflicts = self.send(request, target, form)
            if sent:
                messages.success(request, _("Sent for approval. It is public once approved."))
                return redirect("partners:hospitals_revision_changelist")
        if not may_propose:
            form.lock()
        return self.form_page(request, target, form, conflicts, may_propose)

    def find_target(self, request, object_id):
        return self.own_or_404(request, object_id)

    def may_propose(self, request) -> bool:
        return self.has_change_permission(request) and request.user.has_perm(
            "hospitals.propose_revision"
        )

    def find_waiting(self, target):
        return waiting_for(**self.address(target))

    def address(self, target, form=None) -> dict:
        """How the actions name this target."""
        raise NotImplementedError

    def make_form(self, request, target, waiting):
        data = request.POST if request.method == "POST" else None
        return self.form_class(data, instance=target, waiting=waiting)

    def send(self, request, target, form) -> tuple[bool, list]:
        """Whether it was sent, else both texts of what somebody else changed meanwhile."""
        address = self.address(target, form)
        try:
            propose_revision(
                by=request.user,
                changes=form.changes(),
                base_version=form.cleaned_data["base_version"] or 0,
                replaces=form.cleaned_data["replaces"],
                **address,
            )
            return True, []
        except ChangedMeanwhileError:
            form.add_error(None, _("Somebody else changed this while you were writing."))
            return False, self.rebase(request, form, address)
        except AlreadyWaitingError:
            form.add_error(None, _("Another change of this is waiting for approval."))
            return False, self.rebase(request, form, address)
        except ActionRefusedError as refusal:
            form.add_error(None, str(refusal))
        except ValidationError as error:
            form.add_error(None, error)
        return False, []

    def rebase(self, request, form, address: dict) -> list[dict]:
        """Both texts of each field where the author and somebody else differ."""
        waiting = waiting_for(**address)
        target = self.fresh_target(address)
        now = {name: getattr(target, name) for name in form.claims}
        now |= waiting.after if waiting else {}
        conflicts = form.rebase(now, target.version, waiting)
        for row in conflicts:
            label, language = field_label(self.model, row["name"])
            row.update(label=f"{label} {language}".strip(), language=language)
            for side in ("theirs", "mine"):
                row[side] = display_value(self.model, row["name"], row[side])
        return conflicts

    def fresh_target(self, address: dict):
        return address.get("listing") or address["hospital"]

    def form_page(self, request, target, form, conflicts, may_propose):
        waiting = self.find_waiting(target)
        return self.page(
            request,
            "partners/proposal_form.html",
            title=self.form_title(target),
            form=form,
            target=target,
            conflicts=conflicts,
            may_propose=may_propose,
            waiting=waiting,
            waiting_rows=compare(waiting) if waiting else [],
            past=self.past(target),
        )

    def form_title(self, target) -> str:
        return str(target)

    def past(self, target) -> list[Revision]:
        """The trail of this claim: what was proposed, by whom, and what became of it."""
        address = {"specialty": None, "listing": None, **self.address(target)}
        trail = Revision.objects.filter(**address).exclude(status="pending")
        return list(trail.select_related("hospital", "created_by")[:20])


@register(Listing, site=partners)
class PartnerListingAdmin(ProposalAdmin):
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

    def find_target(self, request, object_id):
        if object_id is not None:
            return super().find_target(request, object_id)
        if not self.has_add_permission(request):
            raise PermissionDenied
        own = get_object_or_404(Hospital.objects.visible_to(request.user))
        return Listing(hospital=own, version=0)

    def find_waiting(self, target):
        return None if target._state.adding else super().find_waiting(target)

    def make_form(self, request, target, waiting):
        if not target._state.adding:
            return super().make_form(request, target, waiting)
        return NewListingForm(request.POST or None, instance=target)

    def address(self, target, form=None):
        if target._state.adding:
            return {"hospital": target.hospital, "specialty": form.cleaned_data["specialty"]}
        return {"hospital": target.hospital, "listing": target}

    def fresh_target(self, address):
        if "specialty" in address:
            return Listing(hospital=address["hospital"], version=0)
        return Listing.objects.get(pk=address["listing"].pk)

    def form_title(self, target):
        return _("New specialty") if target._state.adding else target.title

    def past(self, target):
        return [] if target._state.adding else super().past(target)


@register(Hospital, site=partners)
class PartnerHospitalAdmin(ProposalAdmin):
    form_class = HospitalForm
    list_display = ("name", "accepting", "accepting_confirmed_at")

    def has_add_permission(self, request):
        return False

    def address(self, target, form=None):
        return {"hospital": target}

    def fresh_target(self, address):
        return Hospital.objects.get(pk=address["hospital"].pk)


@register(Revision, site=partners)
class PartnerRevisionAdmin(OwnRowsAdmin):
    """What waits, what was approved, and why something was refused."""

    list_display = ("about", "created_at", "created_by", "status", "reason")
    list_select_related = ("hospital", "listing", "specialty", "created_by")

    @display(description=gettext_lazy("About"))
    def about(self, revision):
        return describe(revision)

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
        may_withdraw = request.user.has_perm("hospitals.propose_revision")
        return self.page(
            request,
            "partners/revision.html",
            title=describe(revision),
            revision=revision,
            rows=compare(revision),
            is_stale=is_stale(revision),
            may_withdraw=revision.is_pending and may_withdraw,
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
