from django.db import migrations, models
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

ANSWERS_BYTES = 1024 * 1024


def erase_what_nobody_typed(apps, schema_editor):
    """Before pages had a limit a machine could fill them; sixteen full pages of a person fit."""
    drafts = apps.get_model("cases", "Draft").objects.filter(case=None)
    large = drafts.annotate(size=Length("answers")).filter(size__gt=ANSWERS_BYTES)
    references = list(large.values_list("reference", flat=True))
    apps.get_model("portal", "OutgoingMail").objects.filter(about__in=references).delete()
    drafts.filter(reference__in=references).delete()
    if schema_editor.connection.vendor == "postgresql":
        # What the deletion left to be checked at the end stands in the way of the next statement.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0020_records_folder"),
    ]

    operations = [
        migrations.RunPython(erase_what_nobody_typed, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=LessThanOrEqual(Length("answers"), ANSWERS_BYTES),
                name="draft_answers_are_small",
            ),
        ),
    ]
