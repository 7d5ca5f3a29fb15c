import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import cases.models.key


class Migration(migrations.Migration):
    dependencies = [("cases", "0015_proposals")]

    operations = [
        migrations.CreateModel(
            name="ImagingReading",
            fields=[
                (
                    "record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="imaging",
                        serialize=False,
                        to="cases.record",
                    ),
                ),
                ("contents", cases.models.key.SealedJSONField(verbose_name="what it says")),
                (
                    "copied",
                    cases.models.key.SealedJSONField(
                        blank=True, verbose_name="what the copy left out"
                    ),
                ),
                ("version", models.PositiveSmallIntegerField()),
                (
                    "made_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="read"),
                ),
            ],
            options={
                "verbose_name": "reading of a scan",
                "verbose_name_plural": "readings of scans",
            },
        ),
    ]
