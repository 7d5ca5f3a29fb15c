"""The filters of the queue: fixed choices, so that none of them loads a table."""

from django.contrib.admin import SimpleListFilter
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from cases.models import ChecklistItem
from cases.workflow import CloseReason, Stage
from portal.models import MailStatus, OutgoingMail


def with_undelivered_mail(cases):
    """Cases with a mail that did not arrive and none that arrived after it.

    Nobody writes again after a death, nor to who has withdrawn.
    """
    later = OutgoingMail.objects.filter(
        about=OuterRef("about"), status=MailStatus.SENT, created_at__gt=OuterRef("created_at")
    )
    failed = OutgoingMail.objects.filter(status=MailStatus.FAILED).exclude(Exists(later))
    still_written_to = cases.exclude(close_reason=CloseReason.DIED).exclude(stage=Stage.WITHDRAWN)
    return still_written_to.filter(reference__in=failed.values("about"))


def with_papers_complete(cases):
    """Cases with a list of which nothing that is needed is missing any more."""
    items = ChecklistItem.objects.filter(case=OuterRef("pk"))
    lacking = ChecklistItem.objects.lacking().filter(case=OuterRef("pk"))
    return cases.filter(Exists(items.needed())).exclude(Exists(lacking))


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
            return queryset.released().filter(assigned_to__isnull=True)
        return queryset


class QueueFilter(ChipFilter):
    title, parameter_name = _("what to do"), "queue"

    def lookups(self, request, model_admin):
        return [
            ("overdue", _("Overdue")),
            ("waiting", _("Waiting on us")),
            ("words", _("New words")),
            ("papers", _("Papers complete")),
            ("mail", _("Mail did not arrive")),
            ("held", _("Held: look first")),
        ]

    def queryset(self, request, queryset):
        queues = {
            "overdue": queryset.overdue,
            "waiting": queryset.waiting_on_us,
            "words": queryset.with_new_words,
            "papers": lambda: with_papers_complete(queryset),
            "mail": lambda: with_undelivered_mail(queryset),
            "held": queryset.held,
        }
        return queues.get(self.value(), lambda: queryset)()


# A family may write after the end, and a mail about the end may fail: somebody has to see it.
QUEUES_WITH_ENDED = frozenset({"words", "mail"})


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
        queue = request.GET.get("queue")
        if self.value() == "any" or queue in QUEUES_WITH_ENDED:
            return queryset
        # What nobody looked at stays apart; but nothing is late unseen.
        return queryset.open() if queue in ("held", "overdue") else queryset.open().released()
