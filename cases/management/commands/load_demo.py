"""`manage.py load_demo`: people and families of the demo; a second time it changes nothing."""

from django.core.management.base import BaseCommand, CommandError

from cases.demo import NotADemoError, load_demo


class Command(BaseCommand):
    help = "Load the demo's people and cases. Demo and development only."

    def handle(self, **options):
        try:
            load_demo()
        except NotADemoError as error:
            raise CommandError(str(error)) from error
