"""Events are found by their time. And once more those without a question learn which one they are about: where a
release is rolled out, processes of the one before wrote some without it after 0004 had run."""

from django.db import migrations, models

ABOUT = "coalesce(event.payload #>> '{question,id}', event.payload ->> 'question_id')::bigint"
FORWARD = f"""
UPDATE interactions_roomevent event SET question_id = question.id
FROM interactions_question question WHERE event.question_id IS NULL AND question.id = {ABOUT};
DELETE FROM interactions_roomevent event WHERE event.question_id IS NULL AND {ABOUT} IS NOT NULL;
"""  # noqa: S608  # no part of it comes from outside


class Migration(migrations.Migration):
    dependencies = [("interactions", "0004_events_name_their_question")]

    operations = [
        migrations.AddIndex(model_name="roomevent", index=models.Index(fields=["created_at"], name="room_log_by_time")),
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
    ]
