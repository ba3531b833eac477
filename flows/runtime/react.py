"""Reacting to new events, each once: runs end, resume and start, scores and stages change, orders and lead responses
are recorded.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from flows.runtime.contract.driver import describe_error, is_value_error
from flows.runtime.definitions.definition import Definitions
from flows.runtime.repeated_requests import bring_persons, starts_beside, take_up_requests
from flows.runtime.rules import TriggerEvent, TriggerRules, batch_by_contact
from flows.runtime.run_start import start_runs
from models.contacts.lifecycle_stage import date_back_stages, raise_stages, raise_stages_by_opportunities
from models.contacts.qualification import update_qualification
from models.database import REACTION_LOCK, lock_contacts
from models.events.emit import NewEvent, emit
from models.journeys.follow_ons import bring_follow_ons
from models.journeys.runs import (
    ALREADY_ANSWERED,
    end_runs_on_events,
    lock_open_runs,
    resume_runs_on_events,
    start_runs_on_events,
    start_runs_on_history,
)
from models.orders.read_opportunity import OPPORTUNITY_EVENTS
from models.orders.read_order import ORDER_EVENTS
from models.orders.record_opportunities import record_opportunities
from models.orders.record_orders import record_orders
from models.playbook import Playbook
from models.response import CONTACT_EVENTS, open_follow_ups, record_contacts
from models.routing import route_new_contacts
from models.scoring import score_events, score_fields
from models.tables.event import BY_BOT
from models.tasks.requests import answer_by_calls
from models.values.sanitize import escape_unstorable

log = logging.getLogger(__name__)

BATCH = 1000

LOCK_REACTION = text(f"SELECT pg_advisory_xact_lock({REACTION_LOCK})")

CLAIM = text(f"""
-- Nobody is merged while their events are reacted to. Who is being merged is left for the next time.
SELECT event.id, contact_id, event.name, topic, is_history, {BY_BOT} AS by_bot
FROM event JOIN contact ON contact.id = event.contact_id
WHERE reacted_at IS NULL ORDER BY event.id LIMIT :limit FOR KEY SHARE OF contact
""")

NOT_WAITED_FOR = text(f"""
-- Of events that no journey starts on, those that no run has waited for either.
SELECT e.id FROM event e
WHERE e.id = ANY(:events) AND NOT EXISTS (
    SELECT FROM journey_run r WHERE r.contact_id = e.contact_id AND (r.resumed_by = e.id OR {ALREADY_ANSWERED}))
""")

MARK_REACTED = text("UPDATE event SET reacted_at = :now WHERE id = ANY(:events)")


class Reaction(NamedTuple):
    """What holds for all of a reaction."""

    now: datetime
    locked_runs: Sequence[int]
    """The open runs of the contacts of its events."""
    definitions: Definitions
    rules: TriggerRules
    playbook: Playbook


def lock_reaction(connection: Connection) -> None:
    """Wait until no other process reacts, and keep others waiting until the commit.

    Who asks the clock for the moment of a reaction does it after that: nothing is to be dated before its cause.
    """
    connection.execute(LOCK_REACTION)


def react(
    connection: Connection, definitions: Definitions, playbook: Playbook, now: datetime, limit: int = BATCH
) -> int:
    """React to up to `limit` events in the order in which they came; gives how many. The caller commits.

    One process at a time: an order must not overtake the form that came before it.
    """
    lock_reaction(connection)
    rows = connection.execute(CLAIM, {"limit": limit}).all()
    if not rows:
        return 0
    # Programs that follow links want nothing, so nothing begins, goes on or ends because of them.
    by_people = [
        TriggerEvent(row.id, row.contact_id, row.name, row.topic, row.is_history) for row in rows if not row.by_bot
    ]
    # A run that a turn holds may be about to wait for one of these events: wait until it says so.
    locked_runs = lock_open_runs(connection, {event.contact_id for event in by_people})
    # All at once: requests, scores and history would each lock some of them, in no common order.
    lock_contacts(connection, {event.contact_id for event in by_people})
    rules = TriggerRules.of(definitions)
    _react_to_all(connection, by_people, Reaction(now, locked_runs, definitions, rules, playbook))
    connection.execute(MARK_REACTED, {"events": [row.id for row in rows], "now": now})
    return len(rows)


def _react_to_all(connection: Connection, events: Sequence[TriggerEvent], reaction: Reaction) -> None:
    """React to events in a savepoint; if a value is rejected, halve them until the event that causes it is alone, and
    skip that one.
    """
    try:
        with connection.begin_nested():
            for wave in batch_by_contact(events):
                _react_to(connection, [event for event in wave if not event.is_history], reaction)
                _react_to_history(connection, [event for event in wave if event.is_history], reaction)
    except DBAPIError as error:
        if not is_value_error(error):
            raise
        if len(events) == 1:
            return _note_failure(connection, events[0], describe_error(error), reaction.now)
        half = len(events) // 2
        _react_to_all(connection, events[:half], reaction)
        _react_to_all(connection, events[half:], reaction)


def _note_failure(connection: Connection, event: TriggerEvent, reason: str, now: datetime) -> None:
    """Skip an event that cannot be reacted to, and say so on the contact's timeline."""
    log.error("Nothing was done about event %s, %s: %s", event.id, event.name, reason)
    words = f"Event {event.id}, {event.name}, could not be reacted to: {escape_unstorable(reason)}"
    note = NewEvent(name="note_added", contact_id=event.contact_id, source="react", data={"text": words})
    emit(connection, [note], now)


def _react_to(connection: Connection, events: Sequence[TriggerEvent], reaction: Reaction) -> None:
    """One event per contact. A run that ends is not resumed; what starts now is not ended by what came before."""
    if not events:
        return
    ids, now, rules, playbook = [event.id for event in events], reaction.now, reaction.rules, reaction.playbook
    patterns = {pattern for event in events for pattern in event.patterns}
    if not patterns.isdisjoint(rules.ends["patterns"]):
        end_runs_on_events(connection, ids, rules.ends, now)
    resume_runs_on_events(connection, ids, reaction.locked_runs, now)
    if "task_done" in patterns:
        _follow_reports(connection, ids, reaction)
    _start(connection, events, reaction)
    dealt = _record_opportunities(connection, ids, patterns, reaction)
    if not patterns.isdisjoint(ORDER_EVENTS):
        record_orders(connection, ids, playbook.orders.currency)
    _qualify(connection, playbook, events, patterns, now, dealt)
    if not patterns.isdisjoint(playbook.service_levels.on):
        open_follow_ups(connection, playbook, ids)
    if not patterns.isdisjoint(playbook.routing.on):
        route_new_contacts(connection, playbook, ids, now)
    if not patterns.isdisjoint(CONTACT_EVENTS):
        record_contacts(connection, ids)
        answer_by_calls(connection, ids, now)


def _follow_reports(connection: Connection, events: Sequence[int], reaction: Reaction) -> None:
    """Bring what follows from reports on tasks by their kinds."""
    definitions, now = reaction.definitions, reaction.now
    for start in bring_follow_ons(connection, reaction.playbook, events, definitions, now):
        start_runs(connection, definitions[start.journey], [(start.contact_id, start.reason)], now)


def _start(connection: Connection, events: Sequence[TriggerEvent], reaction: Reaction) -> None:
    """Start what these events trigger, once what is under way has heard the requests for a person among them."""
    now, rules = reaction.now, reaction.rules
    patterns = {pattern for event in events for pattern in event.patterns}
    heard = take_up_requests(connection, reaction.definitions, reaction.playbook, events, now)
    others = [event for event in events if event.id not in heard.taken_up]
    if not patterns.isdisjoint(rules.starts["patterns"]):
        start_runs_on_events(connection, [event.id for event in others], rules.starts, now)
        if heard.taken_up:
            start_runs_on_events(connection, sorted(heard.taken_up), starts_beside(rules, heard), now)
    if unclaimed := rules.fallback_events(others):
        unanswered = connection.execute(NOT_WAITED_FOR, {"events": unclaimed}).scalars().all()
        start_runs_on_events(connection, unanswered, rules.fallback_trigger, now)
    bring_persons(connection, reaction.definitions, heard, now)


def _react_to_history(connection: Connection, events: Sequence[TriggerEvent], reaction: Reaction) -> None:
    """Record and score events that were told late, one per contact. They resume no run and ask nobody, and start only
    the journeys that want history; a run that was under way when one of them happened may end by it.
    """
    if not events:
        return
    ids, now, rules, playbook = [event.id for event in events], reaction.now, reaction.rules, reaction.playbook
    patterns = {pattern for event in events for pattern in event.patterns}
    if not patterns.isdisjoint(rules.ends["patterns"]):
        end_runs_on_events(connection, ids, rules.ends, now)
    if not patterns.isdisjoint(rules.history_starts["patterns"]):
        start_runs_on_history(connection, ids, rules.history_starts, now)
    dealt = _record_opportunities(connection, ids, patterns, reaction)
    if not patterns.isdisjoint(ORDER_EVENTS):
        record_orders(connection, ids, playbook.orders.currency)
    _qualify(connection, playbook, events, patterns, now, dealt)
    date_back_stages(connection, playbook, ids, patterns)
    if not patterns.isdisjoint(CONTACT_EVENTS):
        record_contacts(connection, ids)
        answer_by_calls(connection, ids, now)


def _record_opportunities(
    connection: Connection, events: Sequence[int], patterns: set[str], reaction: Reaction
) -> set[int]:
    """Record the deals in these events; gives the contacts whose deals are not as they were."""
    if patterns.isdisjoint(OPPORTUNITY_EVENTS):
        return set()
    return record_opportunities(connection, events, reaction.playbook.orders.currency, reaction.now)


def _qualify(
    connection: Connection,
    playbook: Playbook,
    events: Sequence[TriggerEvent],
    patterns: set[str],
    now: datetime,
    dealt: set[int],
) -> None:
    """Score, then level, then stage: each sees the one before it. What a new stage is worth follows at once.

    `dealt` are the contacts whose deals are not as they were.
    """
    ids, contacts = [event.id for event in events], [event.contact_id for event in events]
    score_events(connection, playbook, ids, patterns, contacts, now)
    changed = update_qualification(connection, playbook, contacts) | raise_stages(connection, playbook, ids, patterns)
    if dealt:
        changed |= raise_stages_by_opportunities(connection, sorted(dealt))
    if changed:
        score_fields(connection, playbook, changed, now, events=ids)
        update_qualification(connection, playbook, list(changed))
