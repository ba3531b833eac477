"""Processes raw mail events, each once and some seconds after it came: delivery status, engagement, journey events,
suppressions.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from models.database import MAIL_EVENT_LOCK
from models.mail.tracking.bounces import decide_bounces, next_decision_due
from models.mail.tracking.delivery_status import update_delivery_status
from models.mail.tracking.engagement import record_engagement
from models.mail.tracking.stream_events import emit_mail_events
from models.mail.tracking.suppressions import apply_suppressions

BATCH = 5_000
PROCESSING_DELAY = timedelta(seconds=5)
"""So that a burst of clicks is seen whole, and with the delivery before it: providers send events each second."""
CHECK_AGAIN_AFTER = timedelta(seconds=5)

# Two transactions at once could both take an open for the first of its day.
LOCK_PROCESSING = text(f"SELECT pg_advisory_xact_lock({MAIL_EVENT_LOCK})")

# Events of a message that is being sent wait until its sender has written the result, or has died.
UNPROCESSED = """FROM mail_event e LEFT JOIN message m ON m.id = e.message_id
WHERE e.processed_at IS NULL AND m.state IS DISTINCT FROM 'sending'"""

CLAIM = text(f"SELECT e.id {UNPROCESSED} AND e.received_at <= :until ORDER BY e.received_at, e.id LIMIT :limit")

MEANT = text("""
-- What a test address did with a mail says nothing about the contact whom it was for.
SELECT e.id FROM mail_event e LEFT JOIN message m ON m.id = e.message_id
WHERE e.id = ANY(:events) AND m.redirected_to IS NULL ORDER BY e.received_at, e.id
""")

OLDEST = text(f"SELECT e.received_at {UNPROCESSED} ORDER BY e.received_at, e.id LIMIT 1")

ANY_UNPROCESSED = text("SELECT EXISTS (SELECT FROM mail_event WHERE processed_at IS NULL)")


def process_mail_events(connection: Connection, now: datetime, limit: int = BATCH) -> int:
    """Process up to `limit` events that are old enough, and decide on bounces that are due; gives how many events. The
    caller commits.
    """
    connection.execute(LOCK_PROCESSING)
    events = connection.scalars(CLAIM, {"until": now - PROCESSING_DELAY, "limit": limit}).all()
    decide_bounces(connection, _process(connection, events, now) if events else [], now)
    return len(events)


def _process(connection: Connection, events: Sequence[int], now: datetime) -> Sequence[int]:
    """Process these events; gives those that say something about the contacts whom their mails were for."""
    update_delivery_status(connection, events)
    record_engagement(connection, events, now)
    meant = connection.scalars(MEANT, {"events": events}).all()
    emit_mail_events(connection, meant, now)
    apply_suppressions(connection, meant, now)
    return meant


def next_events_due(connection: Connection) -> datetime | None:
    """When the next stored event can be processed, or the next bounce be decided on; None when none waits."""
    oldest = connection.execute(OLDEST).scalar()
    due = (oldest and oldest + PROCESSING_DELAY, next_decision_due(connection))
    return min((moment for moment in due if moment is not None), default=None)


def next_events_check(connection: Connection, now: datetime) -> datetime | None:
    """When the clock should look again: when the next event is due, or soon if all that are left belong to messages
    being sent now.
    """
    due = next_events_due(connection)
    again = now + CHECK_AGAIN_AFTER
    if (due is None or due > again) and connection.execute(ANY_UNPROCESSED).scalar():
        return min(due or again, again)
    return due
