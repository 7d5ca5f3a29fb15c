"""`manage.py create_first_user NAME ROLE`: the people without whom nobody can make the others."""

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from hospitals.actions.members import save_membership
from hospitals.models import Hospital, Membership
from portal.actions import create_user
from portal.management.names import refuse_bad_name
from portal.models import User
from portal.roles import PARTNER_ROLES, Role


class Command(BaseCommand):
    help = "Create the first person of a role and print the first password, once."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("role", choices=Role.values)
        parser.add_argument("--email", default="")
        parser.add_argument("--hospital", default="", help="For people of a hospital: its slug.")

    @transaction.atomic
    def handle(self, *, username, role, email, hospital, **options):
        at = self.hospital(role, hospital)
        present = User.objects.filter(role=role, is_active=True)
        if at:
            present = present.filter(membership__hospital=at)
        if present.exists():
            # Everybody else is made in /office/, by an administrator.
            self.stdout.write(f"{role}: there is one already; nothing was done.")
            return
        refuse_bad_name(username)
        user, password = create_user(by=None, username=username, role=role, email=email)
        if at:
            save_membership(by=None, membership=Membership(user=user, hospital=at))
        page = "/partners/" if at else "/office/"
        self.stdout.write(f"{role}: log in at {page} as {username} with this password, shown once:")
        self.stdout.write(password)

    def hospital(self, role: str, slug: str) -> Hospital | None:
        if (role in PARTNER_ROLES) != bool(slug):
            raise CommandError("People of a hospital need --hospital, and nobody else has one.")
        if not slug:
            return None
        found = Hospital.objects.filter(slug=slug).first()
        if found is None:
            slugs = ", ".join(Hospital.objects.order_by("slug").values_list("slug", flat=True)[:30])
            raise CommandError(f"There is no hospital '{slug}'. There are: {slugs}")
        return found
