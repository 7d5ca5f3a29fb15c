"""The queue: one row a case, the clock first, the most overdue on top."""

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import F
from django.urls import path
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cases.actions import ActionRefusedError, ChangedMeanwhileError, assign_case
from cases.admin import desk, imaging, joining, papers, sharing, typing
from cases.admin.clock import read_clock, short_time
from cases.admin.filters import QueueFilter, StageFilter, WhoseFilter
from cases.codes import normalise_reference
from cases.models import Case
from cases.permissions import can_view
from portal.admin.strict import ReadOnlyAdmin
from portal.sites import office

LANGUAGE_NAMES = dict(settings.LANGUAGES)


@admin.action(description=_("Assign to me"))
def assign_to_me(modeladmin, request, queryset):
    """Each case through the same action as its own page; what is taken already stays."""
    taken = 0
    for case in queryset:
        try:
            # A lead may take a case away from somebody, but not by ticking a whole page.
            if case.assigned_to_id:
                raise ActionRefusedError
            assign_case(by=request.user, case=case, to=request.user)
            taken += 1
        except (ActionRefusedError, ChangedMeanwhileError):
            messages.warning(
                request, _("%(case)s: somebody has it already.") % {"case": case.reference}
            )
    if taken:
        said = ngettext("%(number)d case is yours now.", "%(number)d cases are yours now.", taken)
        messages.success(request, said % {"number": taken})


@admin.register(Case, site=office)
class CaseAdmin(ReadOnlyAdmin):
    """No field of a case is edited here: every change is a step with its row in the history."""

    list_display = (
        "clock",
        "reference",
        "stage",
        "turn",
        "country_name",
        "language_name",
        "marks",
        "coordinator",
        "received",
    )
    list_display_links = ("reference",)
    list_filter = (WhoseFilter, QueueFilter, StageFilter)
    allowed_lookups = frozenset(chip.parameter_name for chip in list_filter)
    list_select_related = ("assigned_to",)
    ordering = (F("next_due_at").asc(nulls_last=True), "-created_at")
    search_fields = ("reference",)
    search_help_text = _("A case's reference, or how it begins.")
    actions = (assign_to_me,)

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": _("Cases")})

    def get_queryset(self, request):
        return Case.objects.visible_to(request.user)

    def has_view_permission(self, request, obj=None):
        may_list = request.user.has_perm("cases.view_case")
        return may_list and (obj is None or can_view(request.user, obj))

    def get_search_results(self, request, queryset, search_term):
        """By reference alone, from its beginning: the index answers, whatever the size."""
        if not search_term:
            return queryset, False
        whole = normalise_reference(search_term)
        if whole:
            return queryset.filter(reference=whole), False
        return queryset.filter(reference__startswith=search_term.strip().upper()[:12]), False

    def get_urls(self):
        wrap = self.admin_site.admin_view
        prefix = "cases_case"
        return [
            path("", wrap(self.changelist_view), name=f"{prefix}_changelist"),
            path("type/", wrap(typing.type_in), name=f"{prefix}_type"),
            path("<uuid:case_id>/change/", wrap(desk.show), name=f"{prefix}_change"),
            path("<uuid:case_id>/step/<slug:step>/", wrap(desk.step), name=f"{prefix}_step"),
            *(
                path(f"<uuid:case_id>/{name}/", wrap(view), name=f"{prefix}_{name}")
                for name, view in (desk.VIEWS | sharing.VIEWS).items()
            ),
            path("<uuid:case_id>/join/<uuid:hint_id>/", wrap(joining.join), name=f"{prefix}_join"),
            path(
                "<uuid:case_id>/papers/<uuid:record_id>/series/<int:position>/",
                wrap(imaging.picture),
                name=f"{prefix}_scan_picture",
            ),
            *(
                path(
                    f"<uuid:case_id>/papers/<uuid:record_id>/{name}/",
                    wrap(view),
                    name=f"{prefix}_paper_{name}",
                )
                for name, view in papers.VIEWS.items()
            ),
        ]

    @admin.display(description=_("clock"))
    def clock(self, case):
        clock = read_clock(case)
        return format_html('<span class="office-clock is-{}">{}</span>', clock.state, clock.words)

    @admin.display(description=_("whose turn"))
    def turn(self, case):
        return format_html(
            '<span class="office-turn is-{}">{}</span>',
            case.waiting_on,
            case.get_waiting_on_display(),
        )

    @admin.display(description=_("country"))
    def country_name(self, case):
        return case.country.name

    @admin.display(description=_("language"))
    def language_name(self, case):
        return LANGUAGE_NAMES.get(case.language, case.language)

    @admin.display(description=_("marks"))
    def marks(self, case):
        words = [("urgent", _("urgent"))] if case.is_urgent else []
        words += [("new", _("new words"))] if case.has_new_words else []
        return format_html_join(" ", '<span class="office-mark is-{}">{}</span>', words)

    @admin.display(description=_("coordinator"))
    def coordinator(self, case):
        return case.assigned_to.display_name() if case.assigned_to else "–"

    @admin.display(description=_("received"))
    def received(self, case):
        return short_time(case.created_at)
