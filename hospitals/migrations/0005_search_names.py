import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hospitals", "0004_listing_claims"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportedName",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=8, verbose_name="ICD-10 code")),
                ("language", models.CharField(max_length=10, verbose_name="language")),
                ("text", models.CharField(max_length=255, verbose_name="title")),
            ],
            options={
                "verbose_name": "imported name",
                "verbose_name_plural": "imported names",
                "ordering": ["code", "language"],
            },
        ),
        migrations.AddField(
            model_name="condition",
            name="hidden_words",
            field=models.JSONField(
                blank=True, default=dict, verbose_name="words that are not shown"
            ),
        ),
        migrations.AddField(
            model_name="treatment",
            name="hidden_words",
            field=models.JSONField(
                blank=True, default=dict, verbose_name="words that are not shown"
            ),
        ),
        migrations.AlterField(
            model_name="searchposting",
            name="entry",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                to="hospitals.searchentry",
            ),
        ),
        migrations.AlterField(
            model_name="searchposting",
            name="word",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                to="hospitals.searchword",
            ),
        ),
        migrations.AlterField(
            model_name="searchtypo",
            name="word",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                to="hospitals.searchword",
            ),
        ),
        migrations.AddIndex(
            model_name="searchposting",
            index=models.Index(fields=["entry", "word"], name="search_posting_entry_idx"),
        ),
        migrations.AddConstraint(
            model_name="importedname",
            constraint=models.UniqueConstraint(
                fields=("code", "language"), name="imported_name_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="hospital",
            constraint=models.CheckConstraint(
                condition=models.Q(("slug__in", ("suggest",)), _negated=True),
                name="hospital_slug_is_free",
                violation_error_message="This key is an address of the portal.",
            ),
        ),
    ]
