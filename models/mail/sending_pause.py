"""Pauses of sending: the only place that begins and ends them. What is paused stays queued."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from models.tables.message import PauseScope

FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(minutes=5)
"""One mail is tried after 5, 10, 20 seconds and so on, and at last every five minutes: a mail server that is up again
soon holds up no answer, and one that locks out whoever knocks too often is left alone."""
LONGEST_ASKED = timedelta(hours=1)
"""A provider may ask for a longer pause, but not for days by a wrong clock."""

BEGIN = text("""
    INSERT INTO sending_pause (scope, reason, began_at, retry_at) VALUES (:scope, :reason, :now, :retry_at)
    ON CONFLICT (scope) WHERE ended_at IS NULL DO UPDATE
    SET reason = excluded.reason, retry_at = greatest(sending_pause.retry_at, CAST(:asked_until AS timestamptz))
    RETURNING xmax = 0 AS is_new
""")

END = text("""
    UPDATE sending_pause SET ended_at = :now, ended_by = :by WHERE scope = :scope AND ended_at IS NULL
    RETURNING reason, began_at, retry_at, tries
""")

# The clock sleeps until the next message is due.
NOTIFY_CLOCK = text("SELECT pg_notify('tend', 'message')")

OPEN = text("""
    SELECT scope, reason, began_at, retry_at, tries FROM sending_pause WHERE ended_at IS NULL ORDER BY scope
""")

TAKE_RETRY = text("""
    UPDATE sending_pause SET tries = tries + 1, retry_at = :now + least(:longest, :first * 2 ^ least(tries + 1, 20))
    WHERE scope = 'all' AND ended_at IS NULL AND retry_at <= :now RETURNING id
""")


@dataclass(frozen=True)
class Pause:
    """A pause that has not ended, or has just been ended."""

    reason: str
    began_at: datetime
    retry_at: datetime | None = None
    """When one mail is tried; None for a pause that only a person ends."""
    tries: int = 0


def begin_pause(connection: Connection, scope: PauseScope, reason: str, now: datetime) -> bool:
    """Pause this mail until a person ends it; gives whether it was not paused yet. The caller commits.

    The newest reason is kept.
    """
    about = {"scope": scope, "reason": reason, "now": now, "retry_at": None, "asked_until": None}
    return bool(connection.execute(BEGIN, about).scalar_one())


def pause_with_retries(
    connection: Connection, reason: str, now: datetime, retry_after: timedelta | None = None
) -> bool:
    """Pause all mail, because the mailer takes none; one mail is tried from time to time, and ends it when it goes.

    `retry_after` is what the provider asks for. Gives whether mail was not paused yet. The caller commits.
    """
    asked_until = now + min(retry_after, LONGEST_ASKED) if retry_after else None
    retry_at = max(now + FIRST_RETRY, asked_until or now)
    about = {"scope": PauseScope.ALL, "reason": reason, "now": now, "retry_at": retry_at, "asked_until": asked_until}
    return bool(connection.execute(BEGIN, about).scalar_one())


def end_pause(connection: Connection, scope: PauseScope, by: str, now: datetime) -> Pause | None:
    """Send this mail again; gives the pause that has ended, None if it was not paused. The caller commits."""
    ended = connection.execute(END, {"scope": scope, "by": by, "now": now}).one_or_none()
    connection.execute(NOTIFY_CLOCK)
    return Pause(*ended) if ended else None


def open_pauses(connection: Connection) -> dict[PauseScope, Pause]:
    """The pauses that have not ended, by what they pause."""
    return {
        PauseScope(row.scope): Pause(row.reason, row.began_at, row.retry_at, row.tries)
        for row in connection.execute(OPEN)
    }


def take_retry(connection: Connection, now: datetime) -> bool:
    """Whether one mail may be tried now although all mail is paused; whoever asks next waits longer.

    The caller commits, or nobody has tried.
    """
    about = {"now": now, "first": FIRST_RETRY, "longest": LONGEST_RETRY}
    return connection.execute(TAKE_RETRY, about).first() is not None
