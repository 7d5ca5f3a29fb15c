"""Beside each text that tells of health, a place for its sealed form."""

from django.db import migrations, models

from cases.models.key import SealedJSONField, SealedTextField


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0009_records"),
    ]

    operations = [
        migrations.AddField(
            "draft",
            "ring_key",
            models.CharField(blank=True, db_index=True, default="", editable=False, max_length=32),
            preserve_default=False,
        ),
        migrations.AddField("draft", "wrapped", models.BinaryField(default=bytes)),
        migrations.RenameField("inquiry", "patient_name", "plain_patient_name"),
        migrations.AddField(
            "inquiry",
            "patient_name",
            SealedTextField(default=b"", verbose_name="patient's name as in the passport"),
            preserve_default=False,
        ),
        migrations.RenameField("inquiry", "guardian_name", "plain_guardian_name"),
        migrations.AddField(
            "inquiry",
            "guardian_name",
            SealedTextField(blank=True, verbose_name="parent or legal guardian"),
        ),
        migrations.RenameField("inquiry", "problem", "plain_problem"),
        migrations.AddField(
            "inquiry",
            "problem",
            SealedTextField(default=b"", verbose_name="the problem in their own words"),
            preserve_default=False,
        ),
        migrations.RenameField("inquiry", "diagnosis", "plain_diagnosis"),
        migrations.AddField(
            "inquiry",
            "diagnosis",
            SealedTextField(blank=True, verbose_name="diagnosis"),
        ),
        migrations.RenameField("inquiry", "condition", "plain_condition"),
        migrations.AddField(
            "inquiry",
            "condition",
            SealedTextField(blank=True, verbose_name="condition chosen"),
        ),
        migrations.RenameField("inquiry", "current_hospital", "plain_current_hospital"),
        migrations.AddField(
            "inquiry",
            "current_hospital",
            SealedTextField(blank=True, verbose_name="hospital now"),
        ),
        migrations.RenameField("inquiry", "specialty_wish", "plain_specialty_wish"),
        migrations.AddField(
            "inquiry",
            "specialty_wish",
            SealedTextField(blank=True, verbose_name="specialty wished"),
        ),
        migrations.RenameField("inquiry", "when", "plain_when"),
        migrations.AddField(
            "inquiry",
            "when",
            SealedTextField(blank=True, verbose_name="when"),
        ),
        migrations.RenameField("message", "body", "plain_body"),
        migrations.AddField(
            "message",
            "body",
            SealedTextField(default=b"", verbose_name="message"),
            preserve_default=False,
        ),
        migrations.RenameField("draft", "answers", "plain_answers"),
        migrations.AddField(
            "draft",
            "answers",
            SealedJSONField(blank=True),
        ),
        migrations.RenameField("draft", "email", "plain_email"),
        migrations.AddField(
            "draft",
            "email",
            SealedTextField(blank=True, verbose_name="e-mail"),
        ),
    ]
