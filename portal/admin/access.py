"""Requests for access to cases: leads decide, administrators see theirs."""

from django.contrib import admin, messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from portal import access
from portal.admin.strict import ReadOnlyAdmin
from portal.models import AccessRequest, AccessStatus, AuditEvent
from portal.sites import office

# Address of each button, its action and what is said afterwards.
BUTTONS = {
    "approve": (access.approve, gettext_lazy("Agreed. It has taken effect.")),
    "refuse": (access.refuse, gettext_lazy("Refused. Nothing was changed.")),
}
HISTORY_ROWS = 10


@admin.register(AccessRequest, site=office)
class AccessRequestAdmin(ReadOnlyAdmin):
    list_display = ("asked_at", "user", "kind", "role", "asked_by", "state", "decided_by")
    list_select_related = ("user", "asked_by", "decided_by")
    list_filter = ("status",)
    allowed_lookups = frozenset({"status__exact"})
    search_fields = ("=user__username",)
    search_help_text = gettext_lazy("A user name, written in full.")

    @display(description=gettext_lazy("status"))
    def state(self, row):
        return _state(row)

    def get_urls(self):
        buttons = [
            path(
                f"<uuid:request_id>/{name}/",
                self.admin_site.admin_view(require_POST(self.press)),
                {"name": name},
                name=f"portal_accessrequest_{name}",
            )
            for name in BUTTONS
        ]
        return [*buttons, *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """What is asked for, what was done to the account lately, and two buttons."""
        row = self.get_object(request, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            raise Http404
        reader = request.user.pk
        is_lead = request.user.has_perm("portal.decide_accessrequest")
        events = AuditEvent.objects.filter(object_type="portal.user", object_id=str(row.user_id))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(row),
            "row": row,
            "state": _state(row),
            "may_decide": row.is_open and is_lead and reader not in {row.asked_by_id, row.user_id},
            "may_withdraw": row.is_open and reader == row.asked_by_id,
            "events": events[:HISTORY_ROWS],
        }
        return TemplateResponse(request, "office/access_request.html", context)

    def press(self, request, request_id, name):
        row = AccessRequest.objects.filter(pk=request_id).first()
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        action, done = BUTTONS[name]
        try:
            action(by=request.user, request=row)
            messages.success(request, done)
        except access.RefusedError as refused:
            messages.error(request, str(refused))
        return redirect("office:portal_accessrequest_change", row.pk)


def requests_panel(request) -> dict | None:
    """How many requests wait for this lead, on the desk."""
    if not request.user.has_perm("portal.decide_accessrequest"):
        return None
    waiting = AccessRequest.objects.filter(
        status=AccessStatus.WAITING, expires_at__gt=timezone.now()
    )
    count = waiting.exclude(asked_by=request.user).exclude(user=request.user).count()
    if not count:
        return None
    address = f"{reverse('office:portal_accessrequest_changelist')}?status__exact=waiting"
    return {"template": "office/_access_requests.html", "count": count, "url": address}


def _state(row: AccessRequest) -> str:
    if row.status == AccessStatus.WAITING and not row.is_open:
        return _("ended without an answer")
    return row.get_status_display()


office.panels.append(requests_panel)
