"""Who opened a family's file, and when: from the audit trail, by role and never by name (L3)."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from cases import times
from cases.actions import case_key
from cases.models import Case
from cases.records.crypto import KeyDestroyedError
from portal.models import AuditEvent, User
from portal.roles import Role

OPENED = ("case.opened", "record.opened", "referral.opened")
# The newest are read, and as many lines shown; who opens a page ten times a day is one line.
ROWS, LINES = 500, 60


@dataclass
class Opening:
    """One line: somebody opened something on one day, once or several times."""

    who: str
    action: str
    object_id: str
    last: datetime
    times: int = 1


def openings(case: Case) -> list[dict]:
    """By the office and by hospitals, the newest first."""
    labels = [case.reference, *case.joined.values_list("reference", flat=True)]
    rows = AuditEvent.objects.filter(
        object_label__in=labels, action__in=OPENED, actor_kind="user"
    ).order_by("-at")[:ROWS]
    names = _paper_names(case)
    return [_line(case, opening, names) for opening in _by_day(case, list(rows))[:LINES]]


def _by_day(case: Case, rows: list[AuditEvent]) -> list[Opening]:
    zone, people = ZoneInfo(case.time_zone), _people({row.actor_id for row in rows})
    found: dict[tuple, Opening] = {}
    for row in rows:
        key = (row.at.astimezone(zone).date(), row.actor_id, row.action, row.object_id)
        if key in found:
            found[key].times += 1
            continue
        who = people.get(row.actor_id) or _("Somebody of the office")
        found[key] = Opening(who, row.action, row.object_id, row.at)
    return list(found.values())


def _people(keys: set[str]) -> dict[str, str]:
    """What each of them is; a hospital's people with the name of their hospital."""
    users = User.objects.filter(pk__in=keys).select_related("membership__hospital")
    return {str(user.pk): _role_words(user) for user in users}


def _role_words(user: User) -> str:
    membership = getattr(user, "membership", None)
    if membership:
        return membership.hospital.name
    return {
        Role.COORDINATOR: _("A coordinator"),
        Role.LEAD: _("A lead coordinator"),
    }.get(user.role, _("Somebody of the office"))


def _paper_names(case: Case) -> dict[str, str]:
    records = list(case.records.all())
    try:
        key = case_key(case) if records else b""
    except KeyDestroyedError:
        return {}
    return {str(record.pk): record.name(key) for record in records}


def _line(case: Case, opening: Opening, names: dict[str, str]) -> dict:
    what = {
        "case.opened": _("opened the case"),
        "record.opened": _("opened a paper"),
        "referral.opened": _("read what is shared with it"),
    }[opening.action]
    return {
        "at": times.moment(opening.last, case.time_zone),
        "who": opening.who,
        "what": what,
        "paper": names.get(opening.object_id, ""),
        "times": opening.times,
    }
