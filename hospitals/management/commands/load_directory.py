from django.core.management.base import BaseCommand

from hospitals.loader import CREATED, LEFT, SAME, UPDATED, connect_stories, load_directory
from hospitals.loading import index_is_empty, load_conditions, write_index


class Command(BaseCommand):
    help = "Load or update the pilot hospitals. What people edited since is left as it is."

    def handle(self, *args, **options):
        counts, left = load_directory()
        self.stdout.write(
            f"{counts[CREATED]} created, {counts[UPDATED]} updated, "
            f"{counts[LEFT]} left, {counts[SAME]} the same"
        )
        for row in left:
            self.stdout.write(f"left, because it was edited here: {row}")
        conditions = load_conditions()
        self.stdout.write(
            f"conditions and treatments: {conditions[CREATED]} created, "
            f"{conditions[UPDATED]} updated"
        )
        changed = counts[CREATED] + counts[UPDATED] + sum(conditions.values())
        changed += connect_stories()
        if changed or index_is_empty():
            self.stdout.write(f"search index: {write_index()} names")
