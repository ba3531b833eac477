"""Points added by journeys (`j.add_points`): score entries without a rule; the run keeps the sum of its own."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection, text

from models.events.emit import emit_from
from models.playbook import current_playbook
from models.scoring.recount import lock_and_catch_up, recount
from models.wording import day_of


class JourneyPoints(NamedTuple):
    """Points of one run for one contact, and what for."""

    run: int
    contact: int
    points: Decimal
    reason: str


POINTS_ADDED = """
SELECT 'points_added', NULL, contact_id, 'journey', NULL, jsonb_build_object('points', points, 'reason', reason),
       CAST(:now AS timestamptz)
FROM given
"""

ADD_ENTRIES = text(f"""
-- One entry per run and reason, the sum on the run, and an event so that stages and journeys follow.
WITH given AS (
    SELECT * FROM unnest(CAST(:runs AS bigint[]), CAST(:contacts AS bigint[]),
                         CAST(:points AS numeric[]), CAST(:reasons AS text[])) AS g (run_id, contact_id, points, reason)
), entry AS (
    INSERT INTO score_entry (contact_id, points, reason, run_id, at, day)
    SELECT contact_id, points, reason, run_id, :now, :day FROM given
), happened AS (
    {emit_from(POINTS_ADDED)}
)
UPDATE journey_run SET points = journey_run.points + given.points FROM given WHERE id = run_id
""")


def add_points(connection: Connection, given: Sequence[JourneyPoints], now: datetime) -> None:
    """Write them down and count the scores anew: a few statements for all of them."""
    playbook = current_playbook(connection)
    lock_and_catch_up(connection, playbook, [one.contact for one in given], now)
    runs, contacts, points, reasons = (list(column) for column in zip(*given, strict=True))
    day = day_of(now, playbook.company.time_zone)
    values = {"runs": runs, "contacts": contacts, "points": points, "reasons": reasons}
    connection.execute(ADD_ENTRIES, values | {"now": now, "day": day})
    recount(connection, playbook, contacts, now)
