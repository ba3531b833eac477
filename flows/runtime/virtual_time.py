"""Time moved by hand: the same reacting and the same turns as the clock does, at moments that are handed in."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from flows.runtime.definition import Definitions
from flows.runtime.react import react
from flows.runtime.turn import Report, take_turn
from models.database import TIME_BY_HAND, engine
from models.playbook import current
from models.routing import next_due, place_waiting
from models.routing.offers import expire_due
from models.routing.offers import next_due as next_offer

NEXT = text("SELECT min(wake_at) FROM journey_run WHERE status = 'waiting'")

DUE = text("SELECT DISTINCT journey FROM journey_run WHERE status = 'waiting' AND wake_at <= :now")

ALONE = f"SELECT pg_advisory_lock({TIME_BY_HAND})"
"""Clocks pause while a connection holds this lock."""


@dataclass(frozen=True)
class Chore:
    """Something else that time brings, such as an alarm or the night; the clock or a schedule does it in real time."""

    next_due: Callable[[Connection, datetime], datetime | None]
    perform: Callable[[datetime], object]


def settle(definitions: Definitions, now: datetime, chores: Sequence[Chore] = ()) -> Report:
    """React to every event, move every run and do every chore that is due at this moment, and what follows of it."""
    total = _rounds(definitions, now)
    due = [chore for chore in chores if _is_due(chore, now)]
    for chore in due:
        chore.perform(now)
    return total + _rounds(definitions, now) if due else total


def moments(start: datetime, end: datetime, chores: Sequence[Chore] = ()) -> Iterator[datetime]:
    """The moments up to `end` at which something is due, each looked up when the one before has been dealt with."""
    now = start
    while (due := _next(now, chores)) is not None and due <= end:
        now = max(now, due)
        yield now


def _next(now: datetime, chores: Sequence[Chore]) -> datetime | None:
    with engine().connect() as connection:
        found = [connection.execute(NEXT).scalar(), next_due(connection), next_offer(connection)]
        found += [chore.next_due(connection, now) for chore in chores]
    return min((due for due in found if due is not None), default=None)


def _is_due(chore: Chore, now: datetime) -> bool:
    with engine().connect() as connection:
        due = chore.next_due(connection, now)
    return due is not None and due <= now


def _rounds(definitions: Definitions, now: datetime) -> Report:
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
        due = connection.execute(DUE, {"now": now}).scalars().all()
    total = Report()
    for definition in definitions.values():
        if definition.name in due:
            with engine().begin() as connection:
                total += take_turn(connection, definition, definitions, now)
    return total if reacted or total.moved else None
