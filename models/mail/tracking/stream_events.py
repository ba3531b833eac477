"""Emits the events email_opened, link_clicked, spam_reported and page_visited, to which journeys and scores react."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from models.events.emit import emit_from

# At most one event a day for the opens of an email, because mail programs reload the picture at each look; one a minute
# for clicks on one link; one in all for a complaint. People and bots are counted apart. Providers may
# report one thing under two ids.
EMIT = text(
    emit_from("""
SELECT n.name, m.template, m.contact_id, 'mail', 'mail:' || e.key,
       jsonb_strip_nulls(jsonb_build_object(
           'message', m.id, 'url', e.url, 'is_machine', coalesce(e.is_machine, false), 'reason', e.reason)),
       e.at
FROM mail_event e
JOIN (VALUES ('opened', 'email_opened', 'day', interval '1 day'),
             ('clicked', 'link_clicked', 'minute', '1 minute'),
             ('complained', 'spam_reported', 'century', '100 years')) AS n (kind, name, unit, length) ON n.kind = e.kind
JOIN message m ON m.id = e.message_id AND m.kind IN ('marketing', 'transactional') AND m.contact_id IS NOT NULL
WHERE e.id = ANY(:events) AND NOT EXISTS (
    SELECT FROM mail_event b
    WHERE b.message_id = e.message_id AND b.kind = e.kind AND b.url IS NOT DISTINCT FROM e.url
      AND b.is_machine IS NOT DISTINCT FROM e.is_machine AND b.processed_at IS NOT NULL
      AND b.at >= date_trunc(n.unit, e.at, 'UTC') AND b.at < date_trunc(n.unit, e.at, 'UTC') + n.length
      AND (b.id NOT IN (SELECT unnest(CAST(:events AS bigint[]))) OR (b.at, b.id) < (e.at, e.id)))
ORDER BY e.at, e.id
""")
)


# A visit is judged by the click that led there: a scanner that follows a link looks at the page like anybody.
JUDGE_VISITS = text("""
UPDATE mail_event e SET is_machine = coalesce(click.is_machine, false)
FROM mail_event click WHERE e.id = ANY(:events) AND e.kind = 'visited' AND click.key = e.raw ->> 'click'
""")

EMIT_VISITS = text(
    emit_from("""
SELECT 'page_visited', e.url, m.contact_id, 'site', 'mail:' || e.key, CAST('{}' AS jsonb), e.at
FROM mail_event e JOIN message m ON m.id = e.message_id AND m.contact_id IS NOT NULL
WHERE e.id = ANY(:events) AND e.kind = 'visited' AND e.is_machine = false
ORDER BY e.at, e.id
""")
)


def emit_mail_events(connection: Connection, events: Sequence[int], now: datetime) -> None:
    """Emit the events that follow from these classified mail events, each as of the moment at which it happened."""
    connection.execute(EMIT, {"events": events, "now": now})
    connection.execute(JUDGE_VISITS, {"events": events})
    connection.execute(EMIT_VISITS, {"events": events, "now": now})
