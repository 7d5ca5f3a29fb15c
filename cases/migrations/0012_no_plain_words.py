"""What is sealed is kept in the clear no longer. Backups from before still hold it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0011_seal_words"),
    ]

    operations = [
        migrations.RemoveField("inquiry", "plain_patient_name"),
        migrations.RemoveField("inquiry", "plain_guardian_name"),
        migrations.RemoveField("inquiry", "plain_problem"),
        migrations.RemoveField("inquiry", "plain_diagnosis"),
        migrations.RemoveField("inquiry", "plain_condition"),
        migrations.RemoveField("inquiry", "plain_current_hospital"),
        migrations.RemoveField("inquiry", "plain_specialty_wish"),
        migrations.RemoveField("inquiry", "plain_when"),
        migrations.RemoveField("message", "plain_body"),
        migrations.RemoveField("draft", "plain_answers"),
        migrations.RemoveField("draft", "plain_email"),
    ]
