"""Updates the delivery status of messages from provider events: sent, delivered, bounced, complained, dropped."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

LOCK = text("""
-- In the order of ids, and before any of their columns is read.
SELECT id FROM message WHERE id IN (SELECT message_id FROM mail_event WHERE id = ANY(:events))
ORDER BY id FOR NO KEY UPDATE
""")

UPDATE_DELIVERY_STATUS = text("""
-- In whatever order events come, the earliest moment of each kind is kept. An event that proves that the email went out
-- overrides every other state, so that it is not sent again. "Accepted by the provider" only changes messages that are
-- queued or unknown, and a drop comes after that. Messages in state `sending` are left to their sender.
WITH events AS (
    SELECT message_id AS id,
           min(at) FILTER (WHERE kind = 'delivered') AS delivered_at,
           min(at) FILTER (WHERE kind = 'bounced') AS bounced_at,
           min(at) FILTER (WHERE kind = 'complained') AS complained_at,
           min(at) FILTER (WHERE kind IN ('processed', 'deferred', 'delivered')) AS taken_at,
           bool_or(kind NOT IN ('processed', 'deferred', 'dropped', 'other')) AS went_out,
           bool_or(kind = 'dropped') AS dropped,
           max('came back: ' || reason) FILTER (WHERE kind = 'bounced') AS came_back,
           max('refused for the time being: ' || reason) FILTER (WHERE kind = 'blocked') AS blocked,
           max('the provider dropped it: ' || reason) FILTER (WHERE kind = 'dropped') AS dropped_reason
    FROM mail_event WHERE id = ANY(:events) AND message_id IS NOT NULL GROUP BY message_id
), known AS (
    SELECT events.*, m.state AS before, m.reason AS reason_before, m.sent_at AS sent_before,
           coalesce(m.sent_at, m.handed_at, events.taken_at, m.queued_at) AS went_at,
           coalesce(m.delivered_at, m.opened_at, m.clicked_at, m.bounced_at, m.complained_at) IS NOT NULL AS was_out
    FROM events JOIN message m ON m.id = events.id
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
           CASE WHEN state = 'failed' AND before <> 'failed' THEN coalesce(dropped_reason, 'the provider dropped it')
                WHEN state <> 'sent' THEN reason_before
                WHEN before = 'sent' THEN coalesce(came_back, blocked, reason_before)
                ELSE coalesce(came_back, blocked) END AS reason
    FROM next
)
UPDATE message m
SET state = whole.state, sent_at = whole.sent_at, reason = whole.reason,
    delivered_at = least(m.delivered_at, whole.delivered_at), bounced_at = least(m.bounced_at, whole.bounced_at),
    complained_at = least(m.complained_at, whole.complained_at)
FROM whole
WHERE m.id = whole.id
  AND (m.state, m.reason, least(m.delivered_at, whole.delivered_at), least(m.bounced_at, whole.bounced_at),
       least(m.complained_at, whole.complained_at))
      IS DISTINCT FROM (whole.state, whole.reason, m.delivered_at, m.bounced_at, m.complained_at)
""")


def update_delivery_status(connection: Connection, events: Sequence[int]) -> None:
    """Update the messages that these events are about; their rows are locked until the transaction ends."""
    connection.execute(LOCK, {"events": events})
    connection.execute(UPDATE_DELIVERY_STATUS, {"events": events})
