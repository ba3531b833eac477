"""What events set in motion: runs end, wake and start, stages rise, orders are written down. Each event once."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from flows.runtime.definition import Definitions
from flows.runtime.rows import blames_a_value, first_line
from flows.runtime.rules import Happened, Rules, waves
from flows.runtime.statements import TAKEN
from models.contacts.lifecycle_stage import raise_stages
from models.contacts.qualification import qualify
from models.database import REACTING, to_json
from models.orders.record_orders import ORDER_EVENTS, record_orders
from models.playbook import Playbook
from models.response import CONTACTS, note_contacts, note_requests
from models.routing import place_newcomers
from models.scoring import follow_fields, score_events
from models.tables.event import BY_MACHINE
from models.values.sanitize import storable

log = logging.getLogger(__name__)

BATCH = 1000

TAKE_TURNS = text(f"SELECT pg_advisory_xact_lock({REACTING})")

CLAIM = text(f"""
SELECT id, contact_id, name, topic, {BY_MACHINE} AS by_machine FROM event
WHERE reacted_at IS NULL ORDER BY id LIMIT :limit
""")

LOCK_RUNS = text("""
-- A run that a turn holds may be about to wait for one of these events: wait until it says so.
SELECT id FROM journey_run WHERE contact_id = ANY(:contacts) AND ended_at IS NULL ORDER BY id FOR NO KEY UPDATE
""")

END = text("""
WITH ended AS (
    UPDATE journey_run r
    SET status = 'ended', ending = g.ending, ended_at = :now, wake_at = NULL, waiting_events = NULL, woken_by = NULL,
        stuck_because = NULL
    FROM event e, unnest(CAST(:patterns AS text[]), CAST(:journeys AS text[]), CAST(:endings AS text[]))
         AS g (pattern, journey, ending)
    WHERE e.id = ANY(:events) AND g.pattern IN (e.name, e.name || ':' || e.topic)
      AND r.contact_id = e.contact_id AND r.journey = g.journey AND r.ended_at IS NULL
    RETURNING r.id
)
UPDATE task SET closed_at = :now
FROM ended WHERE task.run_id = ended.id AND task.done_at IS NULL AND task.closed_at IS NULL
""")

WAKE = text(f"""
-- The first event that answers wins, and only within its time; later ones find the run woken. A report on a task is in
-- time for as long as the task is open. A stuck run keeps its answer for the next try. Runs that are not held began
-- after these events were stored, so they do not wait for them.
UPDATE journey_run r
SET wake_at = :now, woken_by = e.id
FROM event e
WHERE e.id = ANY(:events) AND r.contact_id = e.contact_id AND r.id = ANY(:held) AND r.ended_at IS NULL
  AND r.woken_by IS NULL
  AND r.waiting_events && CAST(ARRAY[e.name, e.name || ':' || e.topic] AS text[])
  AND (r.wake_at IS NULL OR e.at <= r.wake_at OR e.name = 'task_done')
  -- A turn may have been faster and have taken this very event for the answer of an earlier step.
  AND NOT {TAKEN}
""")

START = text("""
INSERT INTO journey_run (journey, contact_id, key, exclusive, started_at, wake_at)
SELECT s.journey, e.contact_id, CASE WHEN s.once THEN 'once' ELSE 'event:' || e.id END, s.exclusive, :now, :now
FROM event e, unnest(CAST(:patterns AS text[]), CAST(:journeys AS text[]), CAST(:exclusives AS bool[]),
                     CAST(:onces AS bool[])) AS s (pattern, journey, exclusive, once)
WHERE e.id = ANY(:events) AND s.pattern IN (e.name, e.name || ':' || e.topic)
ON CONFLICT DO NOTHING
""")

UNANSWERED = text(f"""
-- Of events that no journey starts on, those that no run has waited for either.
SELECT e.id FROM event e
WHERE e.id = ANY(:events) AND NOT EXISTS (
    SELECT FROM journey_run r WHERE r.contact_id = e.contact_id AND (r.woken_by = e.id OR {TAKEN}))
""")

NOTE = text("""
INSERT INTO event (name, contact_id, source, data, at, reacted_at)
SELECT 'note_added', contact_id, 'react', CAST(:data AS jsonb), :now, :now FROM event WHERE id = :event
""")

DONE = text("UPDATE event SET reacted_at = :now WHERE id = ANY(:events)")


Common = Mapping[str, Any]
"""What all statements of a reaction are given: `now`, and the runs that are `held`."""


def react(
    connection: Connection, definitions: Definitions, playbook: Playbook, now: datetime, limit: int = BATCH
) -> int:
    """React to up to `limit` events in the order in which they came; gives how many. The caller commits.

    One process at a time: an order must not overtake the form that came before it.
    """
    connection.execute(TAKE_TURNS)
    rows = connection.execute(CLAIM, {"limit": limit}).all()
    if not rows:
        return 0
    # Programs that follow links want nothing, so nothing begins, goes on or ends because of them.
    by_people = [Happened(row.id, row.contact_id, row.name, row.topic) for row in rows if not row.by_machine]
    held = connection.execute(LOCK_RUNS, {"contacts": list({event.contact for event in by_people})}).scalars().all()
    _react_to_all(connection, Rules.of(definitions), playbook, by_people, {"now": now, "held": held})
    connection.execute(DONE, {"events": [row.id for row in rows], "now": now})
    return len(rows)


def _react_to_all(
    connection: Connection, rules: Rules, playbook: Playbook, events: Sequence[Happened], common: Common
) -> None:
    """In a savepoint; if that fails, halve them until the one that cannot be reacted to stands alone."""
    try:
        with connection.begin_nested():
            for wave in waves(events):
                _react_to(connection, rules, playbook, wave, common)
    except DBAPIError as error:
        if not blames_a_value(error):
            raise
        if len(events) == 1:
            return _leave(connection, events[0], first_line(error), common["now"])
        half = len(events) // 2
        _react_to_all(connection, rules, playbook, events[:half], common)
        _react_to_all(connection, rules, playbook, events[half:], common)


def _leave(connection: Connection, event: Happened, because: str, now: datetime) -> None:
    """It must not hold up all others for good; the contact's timeline says that nothing came of it, and why."""
    log.error("Nothing was done about event %s, %s: %s", event.id, event.name, because)
    words = f"Event {event.id}, {event.name}, could not be reacted to: {storable(because)}"
    connection.execute(NOTE, {"event": event.id, "data": to_json({"text": words}), "now": now})


def _react_to(
    connection: Connection, rules: Rules, playbook: Playbook, events: Sequence[Happened], common: Common
) -> None:
    """One event per contact. A run that ends is not woken; what starts now is not ended by what came before."""
    common = {**common, "events": [event.id for event in events]}
    patterns = {pattern for event in events for pattern in event.patterns}
    if not patterns.isdisjoint(rules.ends["patterns"]):
        connection.execute(END, {**rules.ends, **common})
    connection.execute(WAKE, common)
    if not patterns.isdisjoint(rules.starts["patterns"]):
        connection.execute(START, {**rules.starts, **common})
    if unclaimed := rules.unclaimed(events):
        unanswered = connection.execute(UNANSWERED, {"events": unclaimed}).scalars().all()
        connection.execute(START, {**rules.catches, **common, "events": unanswered})
    if not patterns.isdisjoint(ORDER_EVENTS):
        record_orders(connection, common["events"])
    _qualify(connection, playbook, events, patterns, common["now"])
    if not patterns.isdisjoint(playbook.service_levels.on):
        note_requests(connection, playbook, common["events"])
    if not patterns.isdisjoint(playbook.routing.on):
        place_newcomers(connection, playbook, common["events"], common["now"])
    if not patterns.isdisjoint(CONTACTS):
        note_contacts(connection, common["events"])


def _qualify(
    connection: Connection, playbook: Playbook, events: Sequence[Happened], patterns: set[str], now: datetime
) -> None:
    """Score, then level, then stage: each sees the one before it. What a new stage is worth follows at once."""
    ids, contacts = [event.id for event in events], [event.contact for event in events]
    score_events(connection, playbook, ids, patterns, contacts, now)
    changed = qualify(connection, playbook, contacts) | raise_stages(connection, playbook, ids, patterns)
    if changed:
        follow_fields(connection, playbook, changed, now, events=ids)
        qualify(connection, playbook, list(changed))
