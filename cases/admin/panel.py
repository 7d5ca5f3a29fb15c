"""What is late and what is new, on the first page of the office."""

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.admin.clock import read_clock
from cases.admin.filters import with_papers_complete, with_undelivered_mail
from cases.models import Case
from cases.workflow import WaitingOn

ROWS = 10


def queues_panel(request) -> dict | None:
    """Counts of the queues with their links, the latest cases, the newest words."""
    user = request.user
    if not user.has_perm("cases.view_case"):
        return None
    cases = Case.objects.visible_to(user)
    late = cases.overdue().select_related("assigned_to").order_by("next_due_at")[:ROWS]
    words = cases.with_new_words().select_related("assigned_to").order_by("-turn_since")[:ROWS]
    return {
        "template": "office/_queues.html",
        "queues": _queues(cases, user),
        "late": _rows(late),
        "words": _rows(words),
    }


def _queues(cases, user) -> list[dict]:
    counts = cases.open().aggregate(
        mine=Count("pk", filter=Q(assigned_to=user)),
        unassigned=Count("pk", filter=Q(assigned_to__isnull=True, held_for="")),
        overdue=Count("pk", filter=Q(next_due_at__lt=timezone.now())),
        waiting=Count("pk", filter=Q(waiting_on=WaitingOn.COORDINATOR, held_for="")),
        held=Count("pk", filter=~Q(held_for="")),
    )
    # Of ended cases too: what a family writes after the end is read like everything else.
    counts["words"] = cases.with_new_words().count()
    counts["papers"] = with_papers_complete(cases.open().released()).count()
    counts["mail"] = with_undelivered_mail(cases).count()
    names = [
        ("mine", "whose", _("Mine")),
        ("unassigned", "whose", _("Unassigned")),
        ("overdue", "queue", _("Overdue")),
        ("waiting", "queue", _("Waiting on us")),
        ("words", "queue", _("New words")),
        ("papers", "queue", _("Papers complete")),
        ("mail", "queue", _("Mail did not arrive")),
        ("held", "queue", _("Held: look first")),
    ]
    address = reverse("office:cases_case_changelist")
    return [
        {"name": name, "word": word, "count": counts[name], "url": f"{address}?{key}={name}"}
        for name, key, word in names
    ]


def _rows(cases) -> list[dict]:
    return [{"case": case, "clock": read_clock(case)} for case in cases]
