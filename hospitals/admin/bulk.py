"""The table of all specialties, on the hospitals' site."""

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from hospitals.actions.exchange import send_proposals
from hospitals.forms.bulk import BulkTable


class BulkMixin:
    def get_urls(self):
        view = require_http_methods(["GET", "HEAD", "POST"])(self.bulk_edit)
        own = path("bulk/", self.admin_site.admin_view(view), name="hospitals_listing_bulk")
        return [own, *super().get_urls()]

    def bulk_edit(self, request):
        self.refuse_reader(request)
        data = request.POST if request.method == "POST" else None
        table = BulkTable(self.own_hospital(request), page_number(request), data)
        if data is not None and table.is_valid() and self.send_table(request, table):
            return redirect("partners:hospitals_revision_changelist")
        return self.page(
            request, "partners/bulk.html", title=_("All specialties at once"), table=table
        )

    def send_table(self, request, table: BulkTable) -> bool:
        """Whether everything that was changed is sent."""
        proposals = table.proposals()
        if not proposals:
            messages.warning(request, _("Nothing has changed, so nothing was sent."))
            return False
        outcome = send_proposals(by=request.user, hospital=table.hospital, proposals=proposals)
        if count := len(outcome.sent):
            words = ngettext(
                "%(count)d change was sent for approval.",
                "%(count)d changes were sent for approval.",
                count,
            )
            messages.success(request, words % {"count": count})
        table.refuse(outcome)
        return not outcome.failed


def page_number(request) -> int:
    text = request.GET.get("page", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 1
