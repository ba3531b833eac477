"""The limit: what Postgres itself can do. One set-based statement per batch claims, writes the rows of a turn, updates.

It decides nothing: no journey's code, no history read, no address looked at. The tables, indexes, keys and triggers are
Tend's own, and each batch is committed durably.
"""

from datetime import datetime

import psycopg

BATCH = 1000

TURN = """
WITH due AS (
    SELECT id, contact_id, steps FROM journey_run
    WHERE journey = 'lead_nurture' AND status = 'waiting' AND resume_at <= %(now)s
    ORDER BY resume_at LIMIT %(batch)s
    FOR NO KEY UPDATE SKIP LOCKED
), answered AS (
    INSERT INTO step (run_id, number, verb, name, answer, fact, at)
    SELECT id, steps + n.number, n.verb, n.name, n.answer, n.fact, %(now)s
    FROM due, (VALUES (1, 'wait_for', 'link_clicked:lead_nurture/article_1', NULL, '{"silence": true}'::jsonb),
                      (2, 'send', 'article_1', '"queued"'::jsonb, NULL)) AS n (number, verb, name, answer, fact)
), mailed AS (
    INSERT INTO message (key, contact_id, run_id, kind, template, data, queued_at)
    SELECT id || ':' || steps + 2, contact_id, id, 'marketing', 'lead_nurture/article_1', '{}', %(now)s FROM due
    ON CONFLICT (key) DO NOTHING
)
UPDATE journey_run r
SET resume_at = %(now)s + interval '7 days', waiting_for = 'link_clicked:lead_nurture/article_1', asked_at = %(now)s,
    waiting_events = ARRAY['link_clicked:lead_nurture/article_1'], steps = r.steps + 2, resumed_by = NULL,
    history = r.history || '["wait_for","link_clicked:lead_nurture/article_1",null,1767225600.0],'
                        || '["send","article_1","queued",1767225600.0],'
FROM due WHERE r.id = due.id
"""


class PostgresLimit:
    """One process that repeats the statement until nothing is due."""

    def __init__(self, address: str) -> None:
        self.connection = psycopg.connect(address)

    def take_turns(self, now: datetime) -> int:
        """A batch per transaction; gives how many runs were moved."""
        total = 0
        while True:
            moved = self.connection.execute(TURN, {"now": now, "batch": BATCH}).rowcount
            self.connection.commit()
            total += moved
            if moved < BATCH:
                return total

    def react(self, now: datetime) -> int:
        """Nothing happens here but time."""
        return 0
