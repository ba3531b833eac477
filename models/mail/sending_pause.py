"""Pauses of sending: the only place that begins and ends them. What is paused stays queued."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from models.tables.message import PauseScope

BEGIN = text("""
    INSERT INTO sending_pause (scope, reason, began_at) VALUES (:scope, :reason, :now)
    ON CONFLICT (scope) WHERE ended_at IS NULL DO UPDATE SET reason = excluded.reason
    RETURNING xmax = 0 AS is_new
""")

END = text("""
    UPDATE sending_pause SET ended_at = :now, ended_by = :by WHERE scope = :scope AND ended_at IS NULL RETURNING id
""")

OPEN = text("SELECT scope, reason, began_at FROM sending_pause WHERE ended_at IS NULL ORDER BY scope")


@dataclass(frozen=True)
class OpenPause:
    """A pause that has not ended."""

    reason: str
    began_at: datetime


def begin_pause(connection: Connection, scope: PauseScope, reason: str, now: datetime) -> bool:
    """Pause this mail; gives whether it was not paused yet. The newest reason is kept. The caller commits."""
    return bool(connection.execute(BEGIN, {"scope": scope, "reason": reason, "now": now}).scalar_one())


def end_pause(connection: Connection, scope: PauseScope, by: str, now: datetime) -> bool:
    """Send this mail again; gives whether it was paused. The caller commits."""
    return connection.execute(END, {"scope": scope, "by": by, "now": now}).first() is not None


def open_pauses(connection: Connection) -> dict[PauseScope, OpenPause]:
    """The pauses that have not ended, by what they pause."""
    return {PauseScope(row.scope): OpenPause(row.reason, row.began_at) for row in connection.execute(OPEN)}
