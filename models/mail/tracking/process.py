"""Counts what was told of mails: each event once, some seconds after it came, and what follows with it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from models.database import COUNTING
from models.mail.tracking.bounces import hold_back
from models.mail.tracking.delivery_status import settle
from models.mail.tracking.emit import tell
from models.mail.tracking.engagement import mark

BATCH = 5_000
WAIT = timedelta(seconds=5)
"""So that a burst of clicks is seen whole, and with the delivery before it: providers send such news each second."""
LOOK_AGAIN = timedelta(seconds=5)

# Two that count at once could both take an open for the first of its day.
TAKE_TURNS = text(f"SELECT pg_advisory_xact_lock({COUNTING})")

# What is told of a mail that is being handed over waits until its sender has written down the answer, or has died.
OPEN = """FROM mail_event e LEFT JOIN message m ON m.id = e.message_id
WHERE e.counted_at IS NULL AND m.state IS DISTINCT FROM 'sending'"""

CLAIM = text(f"SELECT e.id {OPEN} AND e.received_at <= :until ORDER BY e.received_at, e.id LIMIT :limit")

OLDEST = text(f"SELECT e.received_at {OPEN} ORDER BY e.received_at, e.id LIMIT 1")

ANY_LEFT = text("SELECT EXISTS (SELECT FROM mail_event WHERE counted_at IS NULL)")


def count(connection: Connection, now: datetime, limit: int = BATCH) -> int:
    """Count up to `limit` events that are old enough; gives how many. The caller commits."""
    connection.execute(TAKE_TURNS)
    events = connection.scalars(CLAIM, {"until": now - WAIT, "limit": limit}).all()
    if events:
        _count(connection, events, now)
    return len(events)


def _count(connection: Connection, events: Sequence[int], now: datetime) -> None:
    settle(connection, events)
    mark(connection, events, now)
    tell(connection, events, now)
    hold_back(connection, events, now)


def next_count(connection: Connection) -> datetime | None:
    """The moment from which there is something to count; None when nothing is in sight."""
    oldest = connection.execute(OLDEST).scalar()
    return oldest and oldest + WAIT


def next_look(connection: Connection, now: datetime) -> datetime | None:
    """The same for the clock, which looks again soon when all that is left belongs to mails being handed over."""
    due = next_count(connection)
    if due is None and connection.execute(ANY_LEFT).scalar():
        return now + LOOK_AGAIN
    return due
