"""Reacting to new events, each once: runs end, resume and start, scores and stages change, orders and lead responses
are recorded.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from flows.runtime.contract.driver import describe_error, is_value_error
from flows.runtime.definition import Definitions
from flows.runtime.rules import TriggerEvent, TriggerRules, batch_by_contact
from flows.runtime.statements import ALREADY_ANSWERED
from models.contacts.lifecycle_stage import raise_stages
from models.contacts.qualification import update_qualification
from models.database import REACTION_LOCK
from models.events.emit import NewEvent, emit
from models.orders.record_orders import ORDER_EVENTS, record_orders
from models.playbook import Playbook
from models.response import CONTACT_EVENTS, open_follow_ups, record_contacts
from models.routing import route_new_contacts
from models.scoring import score_events, score_fields
from models.tables.event import BY_BOT
from models.values.sanitize import escape_unstorable

log = logging.getLogger(__name__)

BATCH = 1000

LOCK_REACTION = text(f"SELECT pg_advisory_xact_lock({REACTION_LOCK})")

CLAIM = text(f"""
SELECT id, contact_id, name, topic, {BY_BOT} AS by_bot FROM event
WHERE reacted_at IS NULL ORDER BY id LIMIT :limit
""")

LOCK_RUNS = text("""
-- A run that a turn holds may be about to wait for one of these events: wait until it says so.
SELECT id FROM journey_run WHERE contact_id = ANY(:contacts) AND ended_at IS NULL ORDER BY id FOR NO KEY UPDATE
""")

END_RUNS = text("""
WITH ended AS (
    UPDATE journey_run r
    SET status = 'ended', ending = g.ending, ended_at = :now, resume_at = NULL, waiting_events = NULL,
        resumed_by = NULL, stuck_reason = NULL
    FROM event e, unnest(CAST(:patterns AS text[]), CAST(:journeys AS text[]), CAST(:endings AS text[]))
         AS g (pattern, journey, ending)
    WHERE e.id = ANY(:events) AND g.pattern IN (e.name, e.name || ':' || e.topic)
      AND r.contact_id = e.contact_id AND r.journey = g.journey AND r.ended_at IS NULL
    RETURNING r.id
)
UPDATE task SET closed_at = :now
FROM ended WHERE task.run_id = ended.id AND task.done_at IS NULL AND task.closed_at IS NULL
""")

RESUME = text(f"""
-- The first event that answers wins, and only within its time; later ones find the run woken. A report on a task is in
-- time for as long as the task is open. A stuck run keeps its answer for the next try. Runs that are not held began
-- after these events were stored, so they do not wait for them.
UPDATE journey_run r
SET resume_at = :now, resumed_by = e.id
FROM event e
WHERE e.id = ANY(:events) AND r.contact_id = e.contact_id AND r.id = ANY(:locked_runs) AND r.ended_at IS NULL
  AND r.resumed_by IS NULL
  AND r.waiting_events && CAST(ARRAY[e.name, e.name || ':' || e.topic] AS text[])
  AND (r.resume_at IS NULL OR e.at <= r.resume_at OR e.name = 'task_done')
  -- A turn may have been faster and have taken this very event for the answer of an earlier step.
  AND NOT {ALREADY_ANSWERED}
""")

START_RUNS = text("""
INSERT INTO journey_run (journey, contact_id, key, exclusive, started_at, resume_at)
SELECT s.journey, e.contact_id, CASE WHEN s.once THEN 'once' ELSE 'event:' || e.id END, s.exclusive, :now, :now
FROM event e, unnest(CAST(:patterns AS text[]), CAST(:journeys AS text[]), CAST(:exclusives AS bool[]),
                     CAST(:onces AS bool[])) AS s (pattern, journey, exclusive, once)
WHERE e.id = ANY(:events) AND s.pattern IN (e.name, e.name || ':' || e.topic)
ON CONFLICT DO NOTHING
""")

NOT_WAITED_FOR = text(f"""
-- Of events that no journey starts on, those that no run has waited for either.
SELECT e.id FROM event e
WHERE e.id = ANY(:events) AND NOT EXISTS (
    SELECT FROM journey_run r WHERE r.contact_id = e.contact_id AND (r.resumed_by = e.id OR {ALREADY_ANSWERED}))
""")

MARK_REACTED = text("UPDATE event SET reacted_at = :now WHERE id = ANY(:events)")


SharedParameters = Mapping[str, Any]
"""What all statements of a reaction are given: `now`, and the runs that are `locked_runs`."""


def react(
    connection: Connection, definitions: Definitions, playbook: Playbook, now: datetime, limit: int = BATCH
) -> int:
    """React to up to `limit` events in the order in which they came; gives how many. The caller commits.

    One process at a time: an order must not overtake the form that came before it.
    """
    connection.execute(LOCK_REACTION)
    rows = connection.execute(CLAIM, {"limit": limit}).all()
    if not rows:
        return 0
    # Programs that follow links want nothing, so nothing begins, goes on or ends because of them.
    by_people = [TriggerEvent(row.id, row.contact_id, row.name, row.topic) for row in rows if not row.by_bot]
    locked_runs = (
        connection.execute(LOCK_RUNS, {"contacts": list({event.contact_id for event in by_people})}).scalars().all()
    )
    _react_to_all(
        connection, TriggerRules.of(definitions), playbook, by_people, {"now": now, "locked_runs": locked_runs}
    )
    connection.execute(MARK_REACTED, {"events": [row.id for row in rows], "now": now})
    return len(rows)


def _react_to_all(
    connection: Connection,
    rules: TriggerRules,
    playbook: Playbook,
    events: Sequence[TriggerEvent],
    common: SharedParameters,
) -> None:
    """React to events in a savepoint; if a value is rejected, halve them until the event that causes it is alone, and
    skip that one.
    """
    try:
        with connection.begin_nested():
            for wave in batch_by_contact(events):
                _react_to(connection, rules, playbook, wave, common)
    except DBAPIError as error:
        if not is_value_error(error):
            raise
        if len(events) == 1:
            return _note_failure(connection, events[0], describe_error(error), common["now"])
        half = len(events) // 2
        _react_to_all(connection, rules, playbook, events[:half], common)
        _react_to_all(connection, rules, playbook, events[half:], common)


def _note_failure(connection: Connection, event: TriggerEvent, reason: str, now: datetime) -> None:
    """Skip an event that cannot be reacted to, and say so on the contact's timeline."""
    log.error("Nothing was done about event %s, %s: %s", event.id, event.name, reason)
    words = f"Event {event.id}, {event.name}, could not be reacted to: {escape_unstorable(reason)}"
    note = NewEvent(name="note_added", contact_id=event.contact_id, source="react", data={"text": words})
    emit(connection, [note], now)


def _react_to(
    connection: Connection,
    rules: TriggerRules,
    playbook: Playbook,
    events: Sequence[TriggerEvent],
    common: SharedParameters,
) -> None:
    """One event per contact. A run that ends is not woken; what starts now is not ended by what came before."""
    common = {**common, "events": [event.id for event in events]}
    patterns = {pattern for event in events for pattern in event.patterns}
    if not patterns.isdisjoint(rules.ends["patterns"]):
        connection.execute(END_RUNS, {**rules.ends, **common})
    connection.execute(RESUME, common)
    if not patterns.isdisjoint(rules.starts["patterns"]):
        connection.execute(START_RUNS, {**rules.starts, **common})
    if unclaimed := rules.fallback_events(events):
        unanswered = connection.execute(NOT_WAITED_FOR, {"events": unclaimed}).scalars().all()
        connection.execute(START_RUNS, {**rules.fallback_trigger, **common, "events": unanswered})
    if not patterns.isdisjoint(ORDER_EVENTS):
        record_orders(connection, common["events"])
    _qualify(connection, playbook, events, patterns, common["now"])
    if not patterns.isdisjoint(playbook.service_levels.on):
        open_follow_ups(connection, playbook, common["events"])
    if not patterns.isdisjoint(playbook.routing.on):
        route_new_contacts(connection, playbook, common["events"], common["now"])
    if not patterns.isdisjoint(CONTACT_EVENTS):
        record_contacts(connection, common["events"])


def _qualify(
    connection: Connection, playbook: Playbook, events: Sequence[TriggerEvent], patterns: set[str], now: datetime
) -> None:
    """Score, then level, then stage: each sees the one before it. What a new stage is worth follows at once."""
    ids, contacts = [event.id for event in events], [event.contact_id for event in events]
    score_events(connection, playbook, ids, patterns, contacts, now)
    changed = update_qualification(connection, playbook, contacts) | raise_stages(connection, playbook, ids, patterns)
    if changed:
        score_fields(connection, playbook, changed, now, events=ids)
        update_qualification(connection, playbook, list(changed))
