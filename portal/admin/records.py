"""The audit trail and the outbox, for the auditor to read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from portal.admin.strict import ReadOnlyAdmin
from portal.models import AuditEvent, OutgoingMail
from portal.sites import office


@admin.register(AuditEvent, site=office)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "action", "object_type", "object_label", "data")
    search_fields = ("=object_label", "=actor_label", "=action")
    search_help_text = _("A case's reference, a user name or an action, written in full.")

    @admin.display(description=_("by"))
    def actor(self, event):
        return event.actor_label or event.actor_kind


@admin.register(OutgoingMail, site=office)
class OutgoingMailAdmin(ReadOnlyAdmin):
    """States and times; the words of a mail say nothing but "there is news"."""

    list_display = ("created_at", "template", "about", "status", "attempts", "sent_at", "error")
    list_filter = ("status",)
    allowed_lookups = frozenset({"status__exact"})
    search_fields = ("=about",)
    search_help_text = _("A case's reference, written in full.")
    # An auditor sees that a mail went out, not to whom.
    exclude = ("recipient", "link")
