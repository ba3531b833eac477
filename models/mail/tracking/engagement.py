"""Engagement: classifies opens and clicks as made by a person or a bot, and records a person's first on the message."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.database import to_json
from models.mail.tracking.bots import BURST_WINDOW, Engagement, detect_bots
from models.tables.mail_event import MailEventKind

NEARBY_ENGAGEMENT = text("""
-- All opens and clicks of these messages, processed or not, from around the time of those that are processed now.
SELECT e.message_id, e.id, e.kind, e.at, e.url, e.user_agent,
       CASE WHEN e.processed_at IS NULL THEN e.reason END AS reason,
       coalesce(m.delivered_at, m.sent_at, m.handed_at) AS arrived_at,
       CASE WHEN e.raw ->> 'tend_links' ~ '^[0-9]{1,4}$' THEN CAST(e.raw ->> 'tend_links' AS int) END AS links
FROM (
    SELECT message_id, min(at) - :margin AS since, max(at) + :margin AS until FROM mail_event
    WHERE id = ANY(:events) AND kind IN ('opened', 'clicked') AND message_id IS NOT NULL GROUP BY message_id
) now
JOIN message m ON m.id = now.message_id
JOIN mail_event e ON e.message_id = now.message_id AND e.at BETWEEN now.since AND now.until
                 AND e.kind IN ('opened', 'clicked')
""")

MARK_PROCESSED = text("""
UPDATE mail_event e SET processed_at = :now, is_machine = coalesce(n.is_machine, e.is_machine),
                        reason = coalesce(n.reason, e.reason)
FROM unnest(CAST(:events AS bigint[])) AS processed (id)
LEFT JOIN json_to_recordset(CAST(:classified AS json)) AS n (id bigint, is_machine bool, reason text) USING (id)
WHERE e.id = processed.id
""")

UPDATE_FIRST_ENGAGEMENT = text("""
UPDATE message m SET opened_at = least(m.opened_at, by_people.opened_at),
                     clicked_at = least(m.clicked_at, by_people.clicked_at)
FROM (
    SELECT message_id, min(at) FILTER (WHERE kind = 'opened') AS opened_at,
           min(at) FILTER (WHERE kind = 'clicked') AS clicked_at
    FROM mail_event WHERE id = ANY(:events) AND is_machine = false GROUP BY message_id
) by_people
WHERE m.id = by_people.message_id AND (m.opened_at, m.clicked_at) IS DISTINCT FROM
      (least(m.opened_at, by_people.opened_at), least(m.clicked_at, by_people.clicked_at))
""")


def record_engagement(connection: Connection, events: Sequence[int], now: datetime) -> None:
    """Classify the opens and clicks among these events, and mark all of the events as processed.

    An event is classified once, by all that has come in by then. Journeys and scores have reacted to it and cannot be
    undone, so what comes in later only affects how later events are classified.
    """
    around = defaultdict(list)
    for row in connection.execute(NEARBY_ENGAGEMENT, {"events": events, "margin": 2 * BURST_WINDOW}):
        around[row.message_id].append(row)
    to_process = set(events)
    classified = [one for rows in around.values() for one in _classify(rows) if one["id"] in to_process]
    connection.execute(MARK_PROCESSED, {"events": events, "classified": to_json(classified), "now": now})
    connection.execute(UPDATE_FIRST_ENGAGEMENT, {"events": events})


def _classify(rows: Sequence[Any]) -> list[dict[str, Any]]:
    seen = [Engagement(row.id, MailEventKind(row.kind), row.at, row.url, row.user_agent, row.reason) for row in rows]
    links = max((row.links for row in rows if row.links is not None), default=None)
    reasons = detect_bots(seen, rows[0].arrived_at, links)
    return [{"id": one.id, "is_machine": one.id in reasons, "reason": reasons.get(one.id)} for one in seen]
