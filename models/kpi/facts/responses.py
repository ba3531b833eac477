"""Facts of requests for a person and of offers of leads: how fast each was answered, on the day of the request."""

from datetime import timedelta

from sqlalchemy import Connection, text

from models.database import copy_rows
from models.kpi.facts.milestones import NOTHING_ELSE
from models.kpi.window import CHANGED_CONTACTS
from models.playbook import Playbook
from models.response.sla_clocks import sla_clocks

AT_ONCE = 10_000

ANSWERED = text(f"""
SELECT id, rep_id, received_at, first_contact_at, connected_at
FROM follow_up f JOIN {CHANGED_CONTACTS} c ON c.contact_id = f.contact_id
WHERE f.first_contact_at IS NOT NULL
""")

REPS = text("SELECT id FROM rep")

WORKING_TIMES = text("""
CREATE TEMP TABLE working_time (follow_up_id bigint PRIMARY KEY, to_contact float, to_talk float) ON COMMIT DROP
""")

REQUESTS = f"""
SELECT f.contact_id, m.measure, 'follow_up:' || f.id, m.at, f.received_at, f.rep_id, NULL::text, NULL::numeric,
       NULL::text, m.value
FROM follow_up f JOIN {CHANGED_CONTACTS} c ON c.contact_id = f.contact_id
LEFT JOIN working_time w ON w.follow_up_id = f.id, LATERAL (VALUES
    ('request', f.received_at, NULL::float),
    ('first_contact', f.first_contact_at, extract(epoch FROM f.first_contact_at - f.received_at)::float),
    ('first_contact_working', f.first_contact_at, w.to_contact),
    ('first_talk', f.connected_at, extract(epoch FROM f.connected_at - f.received_at)::float),
    ('first_talk_working', f.connected_at, w.to_talk),
    ('in_sla', CASE WHEN f.first_contact_at <= f.due_at THEN f.first_contact_at END, NULL)
) AS m (measure, at, value)
WHERE m.at IS NOT NULL
"""

OFFERS = f"""
-- An offer that was withdrawn was made, and asks nothing any more.
SELECT o.contact_id, 'offer_made', 'offer:' || o.id, o.offered_at, NULL::timestamptz, o.rep_id, {NOTHING_ELSE}
FROM offer o JOIN {CHANGED_CONTACTS} c ON c.contact_id = o.contact_id
UNION ALL
SELECT o.contact_id, 'offer_' || o.answer, 'offer:' || o.id, o.answered_at, o.offered_at, o.rep_id, NULL, NULL, NULL,
       extract(epoch FROM o.answered_at - o.offered_at)::float
FROM offer o JOIN {CHANGED_CONTACTS} c ON c.contact_id = o.contact_id
WHERE o.answer IN ('accepted', 'declined', 'expired')
"""


def make_working_times(connection: Connection, playbook: Playbook) -> None:
    """Make the temporary table working_time: of each request that was answered, the seconds of working hours."""
    connection.execute(text("DROP TABLE IF EXISTS working_time"))
    connection.execute(WORKING_TIMES)
    clocks = sla_clocks(connection, playbook, connection.execute(REPS).scalars())
    answered = connection.execute(ANSWERED, execution_options={"yield_per": AT_ONCE})
    for part in answered.partitions():
        rows = [
            (
                row.id,
                _seconds(clocks.working_time(row.rep_id, row.received_at, row.first_contact_at)),
                _seconds(clocks.working_time(row.rep_id, row.received_at, row.connected_at)),
            )
            for row in part
        ]
        copy_rows(connection, "working_time", rows)


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()
