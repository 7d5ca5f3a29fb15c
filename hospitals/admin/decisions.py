"""The office's queue of proposals, and the page where one is decided, field by field."""

from django.contrib import messages
from django.contrib.admin import display, register
from django.db.models import Case, Value, When
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from hospitals.actions import (
    ActionRefusedError,
    ChangedMeanwhileError,
    approve_revision,
    refuse_revision,
)
from hospitals.admin.comparison import compare, describe
from hospitals.admin.directory import DirectoryAdmin
from hospitals.forms import DecisionForm, RefusalForm
from hospitals.forms.decisions import REFUSE
from hospitals.models import Revision
from portal.languages import PARTNER_LANGUAGE
from portal.sites import office

MAX_PAST = 20
LOOK_AGAIN = gettext_lazy(
    "This was changed meanwhile. Please look at what is public now and send yours again."
)


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

    def page(self, request, revision, *, data=None, problem="", reason="", status=200):
        """Before and after, with a decision a field for whoever may decide about this one."""
        is_author = revision.created_by_id == request.user.pk
        may_decide = request.user.has_perm("hospitals.decide_revision") and not is_author
        rows = compare(revision)
        if revision.is_pending and may_decide:
            add_decisions(revision, rows, data)
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "changelist_url": "admin:hospitals_revision_changelist",
            "title": describe(revision),
            "revision": revision,
            "rows": rows,
            "is_stale": any(row.is_stale for row in rows),
            "may_decide": revision.is_pending and may_decide,
            "past": past(revision),
            "problem": problem,
            "reason": reason,
        }
        template = "admin/hospitals/revision/decide.html"
        return TemplateResponse(request, template, context, status=status)

    def approve(self, request, pk):
        revision = self.deciding(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = DecisionForm(request.POST, revision=revision, stale={})
        if not form.is_valid():
            problem = _("Say for each field whether it is approved.")
            return self.page(request, revision, data=request.POST, problem=problem, status=400)
        refused = form.refused()
        if refused and set(refused) == set(revision.after):
            # Nothing would be left: that is the whole change, with all that was said about it.
            reasons = " ".join(dict.fromkeys(reason.strip() for reason in refused.values()))
            return self.decide(request, revision, refuse_revision, reason=reasons)
        return self.decide(request, revision, approve_revision, refused=refused)

    def refuse(self, request, pk):
        revision = self.deciding(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = RefusalForm(request.POST)
        reason = form.cleaned_data["reason"] if form.is_valid() else ""
        return self.decide(request, revision, refuse_revision, reason=reason)

    def deciding(self, request, pk) -> Revision:
        if not request.user.has_perm("hospitals.decide_revision"):
            raise Http404
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def decide(self, request, revision, action, **words):
        data, reason = request.POST, words.get("reason", "")
        try:
            action(by=request.user, revision=revision, **words)
        except ActionRefusedError as refusal:
            return self.page(
                request, revision, data=data, problem=str(refusal), reason=reason, status=400
            )
        except ChangedMeanwhileError:
            problem = _("Somebody was faster: this is how it is now.")
            revision.refresh_from_db()
            return self.page(
                request, revision, data=data, problem=problem, reason=reason, status=409
            )
        messages.success(request, told(revision))
        return redirect("office:hospitals_revision_changelist")


def told(revision: Revision) -> str:
    if revision.status == "refused":
        return _("Refused. The hospital sees your reason.")
    if revision.refused:
        return _("Approved in part. That is public now; the hospital sees why the rest is not.")
    return _("Approved. It is public now.")


def add_decisions(revision: Revision, rows: list, data) -> None:
    """A choice a row: approved, unless it says something else by now than its author saw."""
    with override(revision.created_by.language or PARTNER_LANGUAGE):
        again = str(LOOK_AGAIN)
    stale = {row.name: again for row in rows if row.is_stale}
    form = DecisionForm(chosen(data, stale), revision=revision, stale=stale)
    for row in rows:
        row.decision = form.bound(row.name)


def chosen(data, stale: dict[str, str]):
    """What was typed stays; but what turned stale meanwhile cannot be approved any more."""
    if not data or not any(name.startswith("choice_") for name in data):
        return None
    data = data.copy()
    for name, reason in stale.items():
        data[f"choice_{name}"] = REFUSE
        data[f"reason_{name}"] = data.get(f"reason_{name}") or reason
    return data


def past(revision: Revision) -> list[Revision]:
    """The other proposals about the same claim."""
    same = Revision.objects.filter(
        hospital=revision.hospital_id,
        listing=revision.listing_id,
        specialty=revision.specialty_id,
    )
    others = same.exclude(pk=revision.pk).select_related("hospital", "created_by")
    return list(others[:MAX_PAST])
