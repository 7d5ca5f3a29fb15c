"""The filters of the queue: fixed choices, so that none of them loads a table."""

from django.contrib.admin import SimpleListFilter
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from cases.workflow import Stage
from portal.models import MailStatus, OutgoingMail


def with_undelivered_mail(cases):
    """Cases with a mail that did not arrive and none that arrived after it."""
    later = OutgoingMail.objects.filter(
        about=OuterRef("about"), status=MailStatus.SENT, created_at__gt=OuterRef("created_at")
    )
    failed = OutgoingMail.objects.filter(status=MailStatus.FAILED).exclude(Exists(later))
    return cases.filter(reference__in=failed.values("about"))


class ChipFilter(SimpleListFilter):
    """Its choices stand in a row above the queue, so that the rows have the whole width."""

    template = "office/_filter.html"


class WhoseFilter(ChipFilter):
    title, parameter_name = _("whose"), "whose"

    def lookups(self, request, model_admin):
        return [("mine", _("Mine")), ("unassigned", _("Unassigned"))]

    def queryset(self, request, queryset):
        if self.value() == "mine":
            return queryset.filter(assigned_to=request.user)
        if self.value() == "unassigned":
            return queryset.filter(assigned_to__isnull=True)
        return queryset


class QueueFilter(ChipFilter):
    title, parameter_name = _("what to do"), "queue"

    def lookups(self, request, model_admin):
        return [
            ("overdue", _("Overdue")),
            ("waiting", _("Waiting on us")),
            ("words", _("New words")),
            ("mail", _("Mail did not arrive")),
        ]

    def queryset(self, request, queryset):
        queues = {
            "overdue": queryset.overdue,
            "waiting": queryset.waiting_on_us,
            "words": queryset.with_new_words,
            "mail": lambda: with_undelivered_mail(queryset),
        }
        return queues.get(self.value(), lambda: queryset)()


class StageFilter(ChipFilter):
    """Open cases unless a stage, an ended one too, is asked for."""

    title, parameter_name = _("stage"), "stage"

    def lookups(self, request, model_admin):
        return [*Stage.choices, ("any", _("Any, ended ones too"))]

    def choices(self, changelist):
        first, *others = super().choices(changelist)
        return [first | {"display": _("All open")}, *others]

    def queryset(self, request, queryset):
        if self.value() in Stage.values:
            return queryset.filter(stage=self.value())
        return queryset if self.value() == "any" else queryset.open()
