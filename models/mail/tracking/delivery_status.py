"""What provider events say of the mail itself: that it went out, arrived, came back or was dropped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.database import to_json
from models.tables.mail_event import MailEventKind

STORE = text("""
-- In the order of their keys: two processes that are told the same at once must not wait for each other in a circle.
INSERT INTO mail_event (key, provider, kind, message_id, at, received_at, url, user_agent, is_machine, because, raw)
SELECT key, provider, kind, message_id, at, :now, url, user_agent, is_machine, because, raw
FROM json_to_recordset(CAST(:told AS json))
     AS n (key text, provider text, kind text, message_id bigint, at timestamptz, url text, user_agent text,
           is_machine bool, because text, raw jsonb)
ORDER BY key
ON CONFLICT (key) DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that was told about one mail; the columns of mail_event say what each part means."""

    key: str
    provider: str
    kind: MailEventKind
    message_id: int | None
    at: datetime
    raw: dict[str, Any]
    url: str | None = None
    user_agent: str | None = None
    is_machine: bool | None = None
    because: str | None = None


def store(connection: Connection, told: Sequence[Told], now: datetime) -> int:
    """Put down what was not told before; gives how many that were. The caller commits."""
    return connection.execute(STORE, {"told": to_json(told), "now": now}).rowcount


LOCK = text("""
-- In the order of ids, and before anything is read of them.
SELECT id FROM message WHERE id IN (SELECT message_id FROM mail_event WHERE id = ANY(:events))
ORDER BY id FOR NO KEY UPDATE
""")

SETTLE = text("""
-- Whatever order they come in, the earliest moment of each kind stands. Proof that a mail went out outranks what we
-- thought: nobody gets it again. That the provider took it only says so of mails whose fate is open, and dropping comes
-- after taking. What is being handed over is left to its sender.
WITH told AS (
    SELECT message_id AS id,
           min(at) FILTER (WHERE kind = 'delivered') AS delivered_at,
           min(at) FILTER (WHERE kind = 'bounced') AS bounced_at,
           min(at) FILTER (WHERE kind = 'complained') AS complained_at,
           min(at) FILTER (WHERE kind IN ('processed', 'deferred', 'delivered')) AS taken_at,
           bool_or(kind NOT IN ('processed', 'deferred', 'dropped', 'other')) AS went_out,
           bool_or(kind = 'dropped') AS dropped,
           max('came back: ' || because) FILTER (WHERE kind = 'bounced') AS came_back,
           max('refused for the time being: ' || because) FILTER (WHERE kind = 'blocked') AS blocked,
           max('the provider dropped it: ' || because) FILTER (WHERE kind = 'dropped') AS dropped_because
    FROM mail_event WHERE id = ANY(:events) AND message_id IS NOT NULL GROUP BY message_id
), known AS (
    SELECT told.*, m.state AS before, m.because AS because_before, m.sent_at AS sent_before,
           coalesce(m.sent_at, m.handed_at, told.taken_at, m.queued_at) AS went_at,
           coalesce(m.delivered_at, m.opened_at, m.clicked_at, m.bounced_at, m.complained_at) IS NOT NULL AS was_out
    FROM told JOIN message m ON m.id = told.id
), next AS (
    SELECT known.*, CASE
        WHEN before = 'sending' THEN before
        WHEN went_out THEN 'sent'
        WHEN dropped AND NOT was_out AND before IN ('sent', 'unknown') THEN 'failed'
        WHEN taken_at IS NOT NULL AND before IN ('queued', 'unknown') THEN 'sent'
        ELSE before END AS state
    FROM known
), whole AS (
    SELECT next.*,
           CASE WHEN state = before THEN sent_before WHEN state = 'sent' THEN went_at END AS sent_at,
           CASE WHEN state = 'failed' AND before <> 'failed' THEN coalesce(dropped_because, 'the provider dropped it')
                WHEN state <> 'sent' THEN because_before
                WHEN before = 'sent' THEN coalesce(came_back, blocked, because_before)
                ELSE coalesce(came_back, blocked) END AS because
    FROM next
)
UPDATE message m
SET state = whole.state, sent_at = whole.sent_at, because = whole.because,
    delivered_at = least(m.delivered_at, whole.delivered_at), bounced_at = least(m.bounced_at, whole.bounced_at),
    complained_at = least(m.complained_at, whole.complained_at)
FROM whole
WHERE m.id = whole.id
  AND (m.state, m.because, least(m.delivered_at, whole.delivered_at), least(m.bounced_at, whole.bounced_at),
       least(m.complained_at, whole.complained_at))
      IS DISTINCT FROM (whole.state, whole.because, m.delivered_at, m.bounced_at, m.complained_at)
""")


def settle(connection: Connection, events: Sequence[int]) -> None:
    """Write down what these events say of their mails, which are locked from here on."""
    connection.execute(LOCK, {"events": events})
    connection.execute(SETTLE, {"events": events})
