"""What looks like a machine waits for a person of the office; nothing is refused (row M1).

A trap that people do not see, the time that ten pages take, work that a browser does by itself,
and how many inquiries come from one address or in all. Whoever runs no scripts is looked at
first, and loses nothing by it: reference, code and clock are the same.
"""

from datetime import timedelta

from django.utils import timezone

from cases import throttle, work
from cases.models import Case, Draft
from cases.workflow import HeldFor

PURPOSE = "inquiry"
# The name of the trap: a field that forms often have.
TRAP = "website"
# Seconds on the last page, and since the first one.
ON_PAGE, IN_ALL = 3, 30
# Inquiries an hour: from one address, and in all before everything is looked at first.
FROM_ADDRESS, IN_AN_HOUR = 5, 200


def purpose_of(draft: Draft) -> str:
    """Work is done for one draft, which makes one case: it cannot be used for a second one,
    and a double click is not taken for a machine."""
    return f"{PURPOSE}:{draft.pk}"


def marks(draft: Draft) -> dict[str, str]:
    """What the last page carries and posts back."""
    purpose = purpose_of(draft)
    return {
        "challenge": work.new_challenge(purpose),
        "shown_at": work.new_ticket(purpose, ON_PAGE),
    }


def judge(draft: Draft, posted, address: str) -> str:
    """Why the office looks at this first; empty for what goes straight to the queue."""
    came = throttle.count(PURPOSE, str(draft.pk), address)
    if posted.get(TRAP):
        return HeldFor.TRAP
    if _is_too_fast(draft, posted):
        return HeldFor.FAST
    if came > FROM_ADDRESS or _is_flood():
        return HeldFor.FLOOD
    has_worked = work.is_solved(purpose_of(draft), posted.get("work", ""))
    return "" if has_worked else HeldFor.NO_SCRIPT


def _is_too_fast(draft: Draft, posted) -> bool:
    in_all = timezone.now() - draft.created_at
    waited = work.seconds_until_ripe(purpose_of(draft), posted.get("shown_at", "")) == 0
    return not waited or in_all < timedelta(seconds=IN_ALL)


def _is_flood() -> bool:
    since = timezone.now() - timedelta(hours=1)
    return Case.objects.filter(created_at__gt=since)[: IN_AN_HOUR + 1].count() > IN_AN_HOUR
