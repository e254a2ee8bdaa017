"""Events that were told before know which question they are about; those about deleted ones are gone."""

from django.db import migrations

ABOUT = "coalesce(event.payload #>> '{question,id}', event.payload ->> 'question_id')::bigint"
FORWARD = f"""
UPDATE interactions_roomevent event SET question_id = question.id
FROM interactions_question question WHERE question.id = {ABOUT};
DELETE FROM interactions_roomevent event WHERE event.question_id IS NULL AND {ABOUT} IS NOT NULL;
"""  # noqa: S608  # no part of it comes from outside


class Migration(migrations.Migration):
    dependencies = [("interactions", "0003_room_life")]

    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
