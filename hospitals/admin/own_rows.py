"""The frame of every page for hospitals: rows of one's own hospital, and nothing else.

A filtered queryset alone does not isolate hospitals in the admin (rows H1 to H6):
object permissions, addresses, lookups and forms are closed one by one here.
"""

from django.contrib.admin import ModelAdmin, ShowFacets
from django.http import Http404
from django.template.response import TemplateResponse
from django.utils.text import capfirst


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
