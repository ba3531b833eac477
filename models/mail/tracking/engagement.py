"""Opens and clicks: judged whether a person or a program made them, and the first of a person noted on the mail."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.database import to_json
from models.mail.tracking.bots import AT_ONCE, Seen, judge
from models.tables.mail_event import MailEventKind

AROUND = text("""
-- The opens and clicks of these mails, counted or not, from around the time of those that are counted now.
SELECT e.message_id, e.id, e.kind, e.at, e.url, e.user_agent,
       CASE WHEN e.counted_at IS NULL THEN e.because END AS because,
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

MARK = text("""
UPDATE mail_event e SET counted_at = :now, is_machine = coalesce(n.is_machine, e.is_machine),
                        because = coalesce(n.because, e.because)
FROM unnest(CAST(:events AS bigint[])) AS counted (id)
LEFT JOIN json_to_recordset(CAST(:judged AS json)) AS n (id bigint, is_machine bool, because text) USING (id)
WHERE e.id = counted.id
""")

FIRST = text("""
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


def mark(connection: Connection, events: Sequence[int], now: datetime) -> None:
    """Judge the opens and clicks among these events, and call all of them counted.

    An event is judged once, by all that has come in by then. What journeys and scores did about it cannot be taken
    back, so what is learned later changes only the judgement of what comes later.
    """
    around = defaultdict(list)
    for row in connection.execute(AROUND, {"events": events, "margin": 2 * AT_ONCE}):
        around[row.message_id].append(row)
    counted = set(events)
    judged = [one for rows in around.values() for one in _judged(rows) if one["id"] in counted]
    connection.execute(MARK, {"events": events, "judged": to_json(judged), "now": now})
    connection.execute(FIRST, {"events": events})


def _judged(rows: Sequence[Any]) -> list[dict[str, Any]]:
    seen = [Seen(row.id, MailEventKind(row.kind), row.at, row.url, row.user_agent, row.because) for row in rows]
    links = max((row.links for row in rows if row.links is not None), default=None)
    marks = judge(seen, rows[0].arrived_at, links)
    return [{"id": one.id, "is_machine": one.id in marks, "because": marks.get(one.id)} for one in seen]
