"""Order intake: imports know whose ids they read and run one at a time, and what waits is found by an index."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stores", "0002_finding"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="orderimport",
            name="platform",
            field=models.CharField(
                choices=[
                    ("shopify", "Shopify"),
                    ("woocommerce", "WooCommerce"),
                    ("standard", "Standard Webhooks"),
                    ("csv", "CSV"),
                ],
                default="csv",
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="store",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deliveries",
                to="stores.store",
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="store",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="orders", to="stores.store"
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="user",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="orders",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="orderimport",
            name="file",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AlterField(
            model_name="webhookendpoint",
            name="secret",
            field=models.CharField(max_length=256),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(condition=models.Q(("status", "received")), fields=["id"], name="delivery_waits"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("user", None)),
                fields=["store", "platform", "customer_id"],
                name="order_waits_customer",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["store", "-id"], name="order_recent"),
        ),
        migrations.AddConstraint(
            model_name="orderimport",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["waiting", "running"])),
                fields=("store",),
                name="one_import_at_a_time",
            ),
        ),
    ]
