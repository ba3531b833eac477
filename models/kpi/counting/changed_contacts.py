"""Which contacts a run looks at: those with something new since the run before, and those with anything in a range."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from models.kpi.window import CHANGED_CONTACTS, CountingWindow

OVERLAP = timedelta(hours=1)
"""How long a transaction may take to commit what it dates at its beginning: what is looked at twice changes nothing."""

CREATE = f"CREATE TEMP TABLE {CHANGED_CONTACTS} (contact_id bigint PRIMARY KEY) ON COMMIT DROP"

MERGED = """
-- The number of a merged contact stands for nobody: what was counted of it is the kept one's now, and stays as it was
-- where that one has been erased.
SELECT merged_id FROM contact_merge m
WHERE m.separated_at IS NULL AND NOT EXISTS (SELECT FROM contact WHERE contact.id = m.merged_id)
  AND EXISTS (
      WITH RECURSIVE kept AS (
          SELECT m.kept_id AS id
          UNION SELECT next.kept_id FROM kept JOIN contact_merge next ON next.merged_id = kept.id
                WHERE next.separated_at IS NULL
      ) SELECT FROM kept JOIN contact USING (id))"""

ALL = f"INSERT INTO {CHANGED_CONTACTS} SELECT id FROM contact UNION {MERGED}"

CHANGED = f"""
INSERT INTO {CHANGED_CONTACTS}
SELECT contact_id FROM event WHERE id > :through
UNION SELECT contact_id FROM assignment WHERE at >= :since
UNION SELECT contact_id FROM offer WHERE offered_at >= :since OR answered_at >= :since
UNION SELECT contact_id FROM follow_up
      WHERE received_at >= :since OR first_contact_at >= :since OR connected_at >= :since
UNION SELECT id FROM contact WHERE created_at >= :since
-- Journeys are started by hand and by segments too, without any event.
UNION SELECT contact_id FROM journey_run WHERE started_at >= :since
UNION SELECT contact.id FROM contact_merge m JOIN contact ON contact.id IN (m.kept_id, m.merged_id)
      WHERE m.merged_at >= :since OR m.separated_at >= :since
UNION {MERGED} AND (m.merged_at >= :since OR m.separated_at >= :since)
"""

ASKING_FOR_NEW = f"""
-- Who asked about a product before it was one of ours.
INSERT INTO {CHANGED_CONTACTS}
SELECT contact.id FROM contact JOIN (
    SELECT lower(code) AS asked FROM product WHERE id = ANY(:products)
    UNION SELECT lower(name) FROM product WHERE id = ANY(:products)
) AS new ON lower(contact.product) = new.asked
ON CONFLICT DO NOTHING
"""

IN_RANGE = f"""
INSERT INTO {CHANGED_CONTACTS}
SELECT contact_id FROM (
    SELECT contact_id FROM event WHERE at >= :begin AND at < :end
    UNION SELECT contact_id FROM "order" WHERE placed_at >= :begin AND placed_at < :end
    UNION SELECT contact_id FROM opportunity
          WHERE opened_at >= :begin AND opened_at < :end OR closed_at >= :begin AND closed_at < :end
    UNION SELECT contact_id FROM kpi_fact f JOIN contact ON contact.id = f.contact_id
          WHERE f.known_until IS NULL AND f.day >= :first AND f.day <= :last
) AS found
ON CONFLICT DO NOTHING
"""

EVENTS_THROUGH = text("""
-- The last event before which none can come to light any more: those that nobody has reacted to are still to bring
-- about what is counted, and whoever began before it may commit an earlier number yet.
SELECT least(
    (SELECT min(id) - 1 FROM event WHERE reacted_at IS NULL),
    (SELECT id FROM event WHERE received_at < least(CAST(:now AS timestamptz), (
        SELECT min(xact_start) FROM pg_stat_activity
        WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid())) - :overlap
     ORDER BY id DESC LIMIT 1))
""")


def events_through(connection: Connection, now: datetime) -> int:
    """Up to which event all is seen; the next run looks at those after it."""
    return connection.execute(EVENTS_THROUGH, {"now": now, "overlap": OVERLAP}).scalar() or 0


def find_changed_contacts(
    connection: Connection,
    window: CountingWindow,
    through: int,
    asked: tuple[datetime, datetime] | None,
    products: Sequence[int] = (),
) -> int:
    """Make the temporary table changed_contact; gives how many stand in it.

    `through`: the events that the run before has seen; `asked`: from when until when everybody is looked at anew;
    `products`: those that are new since the run before.
    """
    connection.execute(text(f"DROP TABLE IF EXISTS {CHANGED_CONTACTS}"))
    connection.execute(text(CREATE))
    if window.known_before is None or window.is_full:
        connection.execute(text(ALL))
    else:
        connection.execute(text(CHANGED), {"through": through, "since": window.known_before - OVERLAP})
        if products:
            connection.execute(text(ASKING_FOR_NEW), {"products": list(products)})
        if asked:
            connection.execute(text(IN_RANGE), _range(window.first, window.last, asked))
    connection.execute(text(f"ANALYZE {CHANGED_CONTACTS}"))
    return int(connection.execute(text(f"SELECT count(*) FROM {CHANGED_CONTACTS}")).scalar_one())


def _range(first: date, last: date, moments: tuple[datetime, datetime]) -> dict[str, Any]:
    return {"first": first, "last": last, "begin": moments[0], "end": moments[1]}
