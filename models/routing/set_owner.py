"""Giving leads to salespeople: the only place that changes who owns a contact."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, text

from models.database import to_json
from models.response import adopt
from models.tasks.handover import move_open_tasks

LOCK = text("""
-- Two that give the same contact take turns, and the second sees the owner that the first has given.
SELECT id FROM contact WHERE id = ANY(:contacts) ORDER BY id FOR NO KEY UPDATE
""")

WRITE_LEDGER = text("""
-- Before the owner changes, so that it still says who had the lead.
INSERT INTO assignment (contact_id, rep_id, previous_rep_id, router, number, how, because, draw, candidate_set_id,
                        received, at)
SELECT c.id, n.rep_id, c.owner_id, n.router, n.number, n.how, n.because, n.draw, n.candidate_set_id, n.received, :now
FROM json_to_recordset(CAST(:gifts AS json))
     AS n (contact_id bigint, rep_id bigint, router text, number bigint, how text, because text, draw float8,
           candidate_set_id bigint, received int)
JOIN contact c ON c.id = n.contact_id
ORDER BY n.number, c.id
""")

OWN = text("""
UPDATE contact SET owner_id = n.rep_id, updated_at = :now
FROM json_to_recordset(CAST(:gifts AS json)) AS n (contact_id bigint, rep_id bigint)
WHERE contact.id = n.contact_id
""")

TELL = text("""
INSERT INTO event (name, topic, contact_id, source, data, at)
SELECT 'lead_assigned', coalesce(n.router, 'by hand'), n.contact_id, 'routing',
       jsonb_build_object('owner', rep.name, 'because', n.because), :now
FROM json_to_recordset(CAST(:gifts AS json)) AS n (contact_id bigint, rep_id bigint, router text, because text)
JOIN rep ON rep.id = n.rep_id
JOIN contact ON contact.id = n.contact_id
""")

SETTLE = text("""
-- Whoever was asked and has not answered is not asked any more. Runs that wait are told by the placement's number: an
-- older `lead_assigned` that nobody has reacted to yet is not what they wait for.
WITH settled AS (
    UPDATE placement p SET settled_at = :now, rep_id = n.rep_id, try_at = NULL, escalate_at = NULL
    FROM json_to_recordset(CAST(:gifts AS json)) AS n (contact_id bigint, rep_id bigint, router text, because text)
    WHERE p.contact_id = n.contact_id AND p.settled_at IS NULL
    RETURNING p.id, p.contact_id, n.rep_id, coalesce(n.router, 'by hand') AS router, n.because
), told AS (
    INSERT INTO event (name, topic, contact_id, source, data, at)
    SELECT 'lead_placed', settled.id::text, contact_id, 'routing',
           jsonb_build_object('owner', rep.name, 'router', router, 'because', because), :now
    FROM settled JOIN rep ON rep.id = settled.rep_id
)
UPDATE offer SET answer = 'withdrawn', answered_at = :now
FROM settled WHERE offer.placement_id = settled.id AND offer.answer IS NULL
""")


@dataclass(frozen=True, slots=True)
class Gift:
    """A lead and who is to have it; the rest is for the ledger, see Assignment."""

    contact_id: int
    rep_id: int
    router: str | None
    how: str
    because: str
    number: int | None = None
    draw: float | None = None
    candidate_set_id: int | None = None
    received: int | None = None


COLUMNS = tuple(field.name for field in fields(Gift))


def give(connection: Connection, gifts: Sequence[Gift], now: datetime) -> None:
    """Make people the owners of contacts, one gift per contact. The caller commits.

    Each is written into the ledger and told as the event `lead_assigned`. A contact that waited for an owner, or was
    being offered, is settled by it (whoever accepts an offer says so on the offer before) and told as `lead_placed`
    with the placement as its topic. Follow-ups and tasks that are open become the new owner's.
    """
    if not gifts:
        return
    connection.execute(LOCK, {"contacts": [gift.contact_id for gift in gifts]})
    values = {"gifts": to_json([_columns(gift) for gift in gifts]), "now": now}
    for statement in (WRITE_LEDGER, OWN, TELL, SETTLE):
        connection.execute(statement, values)
    adopt(connection, [gift.contact_id for gift in gifts], now)
    move_open_tasks(connection, [gift.contact_id for gift in gifts], now)


def _columns(gift: Gift) -> dict[str, object]:
    return {name: getattr(gift, name) for name in COLUMNS}
