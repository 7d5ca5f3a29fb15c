"""`manage.py create_administrator USER`: the first person, who makes all others."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from portal.actions import create_user
from portal.models import User
from portal.roles import Role


class Command(BaseCommand):
    help = "Create a system administrator and print the password for the first log-in, once."

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("--email", default="")

    def handle(self, *, username, email, **options):
        try:
            User.username_validator(username)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        if User.objects.filter(username=username).exists():
            raise CommandError(f"There is a user '{username}' already.")
        _user, password = create_user(
            by=None, username=username, role=Role.ADMINISTRATOR, email=email
        )
        self.stdout.write(f"Log in at /office/ as {username} with this password, shown once:")
        self.stdout.write(password)
