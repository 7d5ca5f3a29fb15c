"""`manage.py create_administrator USER`: the first person, who makes all others."""

from django.core.management.base import BaseCommand

from portal.actions import create_user
from portal.management.names import refuse_bad_name
from portal.roles import Role


class Command(BaseCommand):
    help = "Create a system administrator and print the password for the first log-in, once."

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("--email", default="")

    def handle(self, *, username, email, **options):
        refuse_bad_name(username)
        _user, password = create_user(
            by=None, username=username, role=Role.ADMINISTRATOR, email=email
        )
        self.stdout.write(f"Log in at /office/ as {username} with this password, shown once:")
        self.stdout.write(password)
