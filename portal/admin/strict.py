"""The base of every page of the office: what it does not name, it refuses (rows H3, H4, H6)."""

from django.contrib import admin
from django.contrib.admin import ShowFacets


class StrictAdmin(admin.ModelAdmin):
    """No delete, no history of Django's own, no lookups but those of its filters."""

    view_on_site = False
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    sortable_by = ()
    actions = None
    list_per_page = 50
    # Ends of the names of Django's own addresses that are not served.
    dropped_urls = ("_history", "_delete")
    change_form_template = "office/change_form.html"
    # Lookups that links of the page's own filters use.
    allowed_lookups = frozenset()

    def lookup_allowed(self, lookup, value, request=None):
        return lookup in self.allowed_lookups

    def to_field_allowed(self, request, to_field):
        return False

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        """Without history, delete and Django's old redirect of bare keys."""
        return [
            url
            for url in super().get_urls()
            if url.name and not url.name.endswith(self.dropped_urls)
        ]

    # Every change is in the audit trail already.
    def log_addition(self, request, obj, message):
        return None

    def log_change(self, request, obj, message):
        return None

    def log_deletions(self, request, queryset):
        return None


class ReadOnlyAdmin(StrictAdmin):
    """Lists and shows; changes nothing."""

    def has_change_permission(self, request, obj=None):
        return False
