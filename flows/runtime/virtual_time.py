"""Time moved by hand: the same reacting and the same turns as the clock does, at moments that are handed in."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import text

from flows.runtime.definition import Definitions
from flows.runtime.react import react
from flows.runtime.turn import Report, take_turn
from models.database import engine
from models.lock import TIME_BY_HAND
from models.offers import expire_due
from models.offers import next_due as next_offer
from models.playbook import current
from models.routing import next_due, place_waiting

NEXT = text("SELECT min(wake_at) FROM journey_run WHERE status = 'waiting'")

ALONE = f"SELECT pg_advisory_lock({TIME_BY_HAND})"
"""Clocks pause while a connection holds this lock."""


def settle(definitions: Definitions, now: datetime) -> Report:
    """React to every event and move every run that is due at this moment."""
    total = Report()
    while (report := _once(definitions, now)) is not None:
        total += report
    return total


def _once(definitions: Definitions, now: datetime) -> Report | None:
    """One batch of events and one turn per journey, each committed; None when there was nothing to do."""
    with engine().begin() as connection:
        reacted = react(connection, definitions, current(connection), now)
        reacted += place_waiting(connection, now)
        reacted += expire_due(connection, now)
    total = Report()
    for definition in definitions.values():
        with engine().begin() as connection:
            total += take_turn(connection, definition, definitions, now)
    return total if reacted or total.moved else None


def moments(start: datetime, end: datetime) -> Iterator[datetime]:
    """The moments up to `end` at which something is due, each looked up when the one before has been dealt with."""
    now = start
    while (due := _next()) is not None and due <= end:
        now = max(now, due)
        yield now


def _next() -> datetime | None:
    with engine().connect() as connection:
        found = (connection.execute(NEXT).scalar(), next_due(connection), next_offer(connection))
    return min((due for due in found if due is not None), default=None)
