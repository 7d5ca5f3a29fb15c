"""How cases are read. `visible_to` authorises, adjectives filter."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from cases.permissions import is_case_worker, is_family
from cases.workflow import ENDED_STAGES, WaitingOn


class CaseQuerySet(models.QuerySet):
    def visible_to(self, who):
        """The rows for which `permissions.can_view` is true."""
        if is_family(who):
            return self.filter(pk=who.case_id) if who.ended_at is None else self.none()
        if not is_case_worker(who):
            return self.none()
        if who.has_perm("cases.view_all_cases"):
            return self
        return self.filter(Q(assigned_to=who) | Q(assigned_to__isnull=True))

    def open(self):
        return self.exclude(stage__in=ENDED_STAGES)

    def overdue(self):
        return self.open().filter(next_due_at__lt=timezone.now())

    def held(self):
        """Nobody has looked yet whether a person wrote them."""
        return self.open().exclude(held_for="")

    def released(self):
        return self.filter(held_for="")

    def unassigned(self):
        return self.open().released().filter(assigned_to__isnull=True)

    def waiting_on_us(self):
        return self.open().released().filter(waiting_on=WaitingOn.COORDINATOR)

    def mine(self, user):
        return self.open().filter(assigned_to=user)

    def with_new_words(self):
        return self.released().filter(has_new_words=True)
