"""The contacts of a benchmark: put on lead_nurture, seen clicking by a fixed rule, and checked at the end."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, text

from flows.journeys.lead_nurture import lead_nurture
from flows.runtime.run_start import start_runs
from models.database import engine

BEGINNING = datetime(2026, 1, 5, 9, tzinfo=UTC)
BATCH = 10_000

CONTACTS = text("""
INSERT INTO contact (email, first_name, source)
SELECT 'lead' || n || '@example.com', 'Lead ' || n, 'website' FROM generate_series(1, :count) AS n
""")

CLICK = text("""
-- Of those who wait for a click on an article, the share that a hash of contact and article picks.
INSERT INTO event (name, topic, contact_id, source, key, at)
SELECT 'link_clicked', split_part(waiting_for, ':', 2), contact_id, 'website', id || '/' || waiting_for, :now
FROM journey_run
WHERE journey = 'lead_nurture' AND status = 'waiting' AND waiting_events IS NOT NULL
  AND abs(hashint8(contact_id)::bigint # hashtext(waiting_for)::bigint) % 100 < :percent
""")

WAITING = text("SELECT count(*) FROM journey_run WHERE journey = 'lead_nurture' AND status = 'waiting'")


def create_contacts(address: str, count: int) -> None:
    """Make the contacts and put each of them on the journey."""
    with engine(address).begin() as connection:
        connection.execute(CONTACTS, {"count": count})
        contacts = [row.id for row in connection.execute(text("SELECT id FROM contact ORDER BY id"))]
        for first in range(0, count, BATCH):
            starts = [(contact, "bench") for contact in contacts[first : first + BATCH]]
            start_runs(connection, lead_nurture.definition, starts, BEGINNING)
    with engine(address).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def click(address: str, percent: int, now: datetime) -> int:
    """Store the clicks of those who read what came last; gives how many."""
    with engine(address).begin() as connection:
        return connection.execute(CLICK, {"percent": percent, "now": now}).rowcount


def count_waiting(address: str) -> int:
    """How many are still on the journey."""
    with engine(address).connect() as connection:
        return int(connection.execute(WAITING).scalar_one())


def count_messages(address: str) -> int:
    """How many rows the outbox has."""
    with engine(address).connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM message")).scalar_one())


@dataclass(frozen=True)
class Invariant:
    """Something that must hold at the end: a query that finds the rows for which it does not."""

    sentence: str
    breaches: str


# A score is what those points were still worth when the last of them came.
# Every step of a run appears once because (run_id, number) is the key of its table: what remains to be shown is that
# none is missing. What must have come of a contact is told from the clicks alone.
INVARIANTS = (
    Invariant(
        "each contact has one run, and it has ended",
        """SELECT c.id FROM contact c LEFT JOIN journey_run r ON r.contact_id = c.id AND r.journey = 'lead_nurture'
           GROUP BY c.id HAVING count(*) <> 1 OR count(r.ending) <> 1""",
    ),
    Invariant(
        "each run has the steps 1 to n, n as counted by the run and as its clicks demand",
        """SELECT r.id FROM told t JOIN journey_run r USING (contact_id)
           JOIN (SELECT run_id, count(*) AS n, max(number) AS last FROM step GROUP BY run_id) s ON s.run_id = r.id
           WHERE r.journey = 'lead_nurture' AND (s.n <> s.last OR s.n <> r.steps OR s.n <> t.steps)""",
    ),
    Invariant(
        "each contact has each mail once: five articles, and three guides after one or two clicks",
        """SELECT t.contact_id FROM told t LEFT JOIN message m USING (contact_id)
           GROUP BY t.contact_id, t.mails
           HAVING count(m.template) <> t.mails OR count(DISTINCT m.template) <> t.mails""",
    ),
    Invariant(
        "each ending, and each point, is the one that the clicks lead to",
        """SELECT r.id FROM told t JOIN journey_run r USING (contact_id) JOIN contact c ON c.id = r.contact_id
           WHERE r.journey = 'lead_nurture'
             AND (r.ending <> 'handed over to ' || t.next OR r.points <> 10 * t.clicks
                  OR c.score NOT BETWEEN 0 AND r.points)""",
    ),
    Invariant(
        "each contact has been handed to the next journey once",
        """SELECT t.contact_id FROM told t
           LEFT JOIN journey_run r ON r.contact_id = t.contact_id AND r.journey = t.next
           GROUP BY t.contact_id HAVING count(r.id) <> 1""",
    ),
)

# A mail is two steps (send, wait_for), a click two more (add_points, wait), and one or two checks split the ways.
EXPECTED = """
WITH clicked AS (
    SELECT c.id AS contact_id, count(e.id) AS clicks,
           count(e.id) FILTER (WHERE e.topic LIKE 'lead_nurture/article%') AS articles
    FROM contact c LEFT JOIN event e ON e.contact_id = c.id AND e.name = 'link_clicked' GROUP BY c.id
), split AS (
    SELECT contact_id, clicks, CASE WHEN articles BETWEEN 1 AND 2 THEN 8 ELSE 5 END AS mails,
           CASE WHEN articles >= 3 THEN 1 ELSE 2 END AS checks,
           CASE WHEN articles = 0 THEN 're_engagement' ELSE 'offer_sequence' END AS next
    FROM clicked
), told AS (
    SELECT contact_id, clicks, mails, next, 2 * mails + 2 * clicks + checks AS steps FROM split
)
"""


def check(address: str) -> list[str]:
    """What does not hold at the end; empty when every step, mail and ending is there exactly once."""
    with engine(address).connect() as connection:
        found = {claim.sentence: _breaches(connection, claim) for claim in INVARIANTS}
    return [f"{count:,} breaches of: {sentence}" for sentence, count in found.items() if count]


def _breaches(connection: Connection, claim: Invariant) -> int:
    return int(connection.execute(text(f"{EXPECTED} SELECT count(*) FROM ({claim.breaches}) AS b")).scalar_one())
