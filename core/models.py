"""Tables that belong to no app: remembered answers to POSTs."""

from django.db import models


class RememberedAnswer(models.Model):
    """The answer a POST got, kept so that a retry with the same Idempotency-Key gets it again."""

    user_id = models.BigIntegerField()
    route = models.CharField(max_length=200)
    key = models.CharField(max_length=255)
    body_sha256 = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_id", "route", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
