"""Counts which steps runs took, with which answers and how long they had stood there, for the figures on maps.

Steps are written once, so days that are over stay as they were counted: only the last ones are counted anew.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from models.playbook import Playbook

MARGIN = timedelta(days=1)
"""A turn that was long on its way commits what it did some time ago."""

LOCK = text("LOCK TABLE journey_step_count IN SHARE ROW EXCLUSIVE MODE")
LAST_DAY = text("SELECT max(day) FROM journey_step_count")
FORGET = text("DELETE FROM journey_step_count WHERE day >= CAST(:since AS date)")
SECONDS_TO_STAY = "round(16 * ln(1 + greatest(extract(epoch FROM {})::float8, 0)) / ln(2::float8))::smallint"
WAITING = "('wait', 'wait_until', 'wait_for', 'task', 'route', 'offer', 'feedback', 'call')"
ANSWER = """CASE WHEN s.verb = 'route' THEN 'a salesperson'
             WHEN s.answer IS NULL OR s.answer = 'null' THEN 'silence'
             WHEN s.verb = 'offer' THEN 'a salesperson'
             WHEN s.verb = 'task' AND r.journey = :follow_up_task THEN 'any outcome'
             WHEN jsonb_typeof(s.answer) = 'boolean' THEN CASE WHEN s.answer = 'true' THEN 'yes' ELSE 'no' END
             WHEN jsonb_typeof(s.answer) = 'object' THEN CASE WHEN s.answer ? 'failed' THEN 'failed' ELSE 'done' END
             ELSE s.answer #>> '{}' END"""

COUNT = text(f"""
INSERT INTO journey_step_count (day, journey, verb, step, answer, stay, count)
SELECT (s.at AT TIME ZONE :zone)::date, r.journey, s.verb, s.name, {ANSWER},
       CASE WHEN s.verb IN {WAITING}
            THEN {SECONDS_TO_STAY.format("s.at - coalesce(before.at, r.started_at)")} ELSE -1 END,
       count(*)
FROM step s JOIN journey_run r ON r.id = s.run_id
LEFT JOIN step before ON before.run_id = s.run_id AND before.number = s.number - 1 AND s.verb IN {WAITING}
WHERE s.at >= :since_moment
GROUP BY 1, 2, 3, 4, 5, 6
UNION ALL
SELECT (started_at AT TIME ZONE :zone)::date, journey, 'begin', 'start', '', -1, count(*)
FROM journey_run WHERE started_at >= :since_moment GROUP BY 1, 2
UNION ALL
SELECT (ended_at AT TIME ZONE :zone)::date, journey, 'end', coalesce(ending, ''), '',
       {SECONDS_TO_STAY.format("ended_at - started_at")}, count(*)
FROM journey_run WHERE ended_at >= :since_moment GROUP BY 1, 2, 4, 6
""")

START_OF_DAY = text("SELECT CAST(:day AS date)::timestamp AT TIME ZONE :zone")
FOLLOW_UP_TASK = "follow_up_task"


def count_steps(connection: Connection, playbook: Playbook) -> int:
    """Count the steps since the day before the last one that was counted, at the first time all; returns the rows.

    Two at once wait for each other, and nobody who reads waits.
    """
    connection.execute(LOCK)
    zone = playbook.company.time_zone
    last = connection.execute(LAST_DAY).scalar()
    since = last - MARGIN if last is not None else None
    moment: datetime | str = "-infinity"
    if since is not None:
        moment = connection.execute(START_OF_DAY, {"day": since, "zone": zone}).scalar_one()
        connection.execute(FORGET, {"since": since})
    values = {"zone": zone, "since_moment": moment, "follow_up_task": FOLLOW_UP_TASK}
    return connection.execute(COUNT, values).rowcount
