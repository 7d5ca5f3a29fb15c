from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hospitals", "0005_search_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="story",
            name="conditions",
            field=models.ManyToManyField(
                blank=True,
                related_name="stories",
                to="hospitals.condition",
                verbose_name="conditions",
            ),
        ),
    ]
