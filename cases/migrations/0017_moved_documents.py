from django.db import migrations, models
from django.utils import timezone


def mark_moved(apps, schema_editor):
    """Of cases that others were joined with nobody knows which papers came along: all wait."""
    Case, Record = (apps.get_model("cases", name) for name in ("Case", "Record"))
    targets = Case.objects.filter(merged_into__isnull=False).values("merged_into")
    Record.objects.filter(case__in=targets).update(moved_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0016_imaging"),
    ]

    operations = [
        migrations.AddField(
            model_name="record",
            name="moved_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="moved here"
            ),
        ),
        migrations.RunPython(mark_moved, migrations.RunPython.noop),
    ]
