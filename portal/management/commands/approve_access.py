"""`manage.py approve_access USER`: for an office whose only lead lost the phone."""

from django.core.management.base import BaseCommand, CommandError

from portal import access
from portal.models import AccessRequest, AccessStatus


class Command(BaseCommand):
    help = "Agree to the requests of one person, where no other lead could."

    def add_arguments(self, parser):
        parser.add_argument("username")

    def handle(self, *, username, **options):
        waiting = AccessRequest.objects.filter(user__username=username, status=AccessStatus.WAITING)
        if not waiting:
            raise CommandError(f"Nothing waits for {username}. Ask for it in /office/ first.")
        for row in waiting.order_by("asked_at"):
            try:
                access.approve(by=None, request=row)
            except access.RefusedError as refused:
                raise CommandError(str(refused)) from refused
            self.stdout.write(f"{row}: agreed")
