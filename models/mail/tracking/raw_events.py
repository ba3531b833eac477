"""Stores provider events as they came in, each once: they are processed some seconds later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.database import to_json
from models.mail.tracking.bounce_meaning import BounceMeaning
from models.tables.mail_event import MailEventKind

STORE = text("""
-- In the order of their keys, so that two processes that store the same events at once cannot deadlock.
INSERT INTO mail_event (key, provider, kind, message_id, at, received_at, url, user_agent, is_machine, reason,
                        meaning, raw)
SELECT key, provider, kind, message_id, at, :now, url, user_agent, is_machine, reason, meaning, raw
FROM json_to_recordset(CAST(:events AS json))
     AS n (key text, provider text, kind text, message_id bigint, at timestamptz, url text, user_agent text,
           is_machine bool, reason text, meaning text, raw jsonb)
ORDER BY key
ON CONFLICT (key) DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class ParsedMailEvent:
    """One provider event about one email, before it is stored; the columns of mail_event say what each part means."""

    key: str
    provider: str
    kind: MailEventKind
    message_id: int | None
    at: datetime
    raw: dict[str, Any]
    url: str | None = None
    user_agent: str | None = None
    is_machine: bool | None = None
    reason: str | None = None
    meaning: BounceMeaning | None = None
    """Of a refusal; None for all else."""


def store_events(connection: Connection, events: Sequence[ParsedMailEvent], now: datetime) -> int:
    """Store the events that are not stored yet, by their keys; gives how many were new. The caller commits."""
    return connection.execute(STORE, {"events": to_json(events), "now": now}).rowcount
