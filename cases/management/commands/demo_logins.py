"""`manage.py demo_logins`: who can log in to the demo, and the demo family's reference and code."""

import json

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cases import demo
from hospitals.demo import DEMO_PARTNERS


class Command(BaseCommand):
    help = "Print the demo's log-ins. Demo and development only."

    def add_arguments(self, parser):
        parser.add_argument("--url", default="", help="The address to print with them.")
        parser.add_argument("--json", action="store_true", help="For tools.")

    def handle(self, *, url, json, **options):
        if not settings.IS_LOCAL:
            raise CommandError("There are no demo log-ins here.")
        self.stdout.write(as_json() if json else as_text((url or settings.PUBLIC_URL).rstrip("/")))


def as_json() -> str:
    return json.dumps(
        {
            "password": demo.PASSWORD,
            "users": usernames(),
            "case": {"reference": demo.REFERENCE, "code": demo.CODE},
        }
    )


def usernames() -> dict[str, list[str]]:
    return {
        "office": [row[0] for row in demo.OFFICE],
        "partners": [row[0] for row in DEMO_PARTNERS],
    }


def as_text(url: str) -> str:
    users = usernames()
    return "\n".join(
        (
            "Demo log-ins (no real person or case):",
            f"  {url}/office/    {', '.join(users['office'])}",
            f"  {url}/partners/  {', '.join(users['partners'])}",
            f"  password       {demo.PASSWORD}",
            "  second factor  make code USER=coordinator",
            f"  {url}/en/case/   reference {demo.REFERENCE}, private code {demo.CODE}",
        )
    )
