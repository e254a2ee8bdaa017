"""Handles are looked up by a plain index, and the most followed stores are found first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stores", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="store",
            name="one_store_per_handle",
        ),
        migrations.AddIndex(
            model_name="store",
            index=models.Index(
                models.OrderBy(models.F("follower_count"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("status", "approved")),
                name="store_popular",
            ),
        ),
        migrations.AddConstraint(
            model_name="store",
            constraint=models.UniqueConstraint(fields=("handle",), name="one_store_per_handle"),
        ),
    ]
