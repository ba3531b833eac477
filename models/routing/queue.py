"""Leads that wait because nobody is available: never in silence, and the oldest goes first."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from models.database import to_json
from models.playbook import Playbook
from models.playbook.routing import RouterEntry
from models.routing.person import LOOK_AGAIN, Lead, Person
from models.routing.rules import route_by_rules

GO_ELSEWHERE = text("""
-- The placement stays the same, so that runs which wait for it are told.
UPDATE placement p
SET router = n.router, because = n.because, offered = n.lasts IS NOT NULL, must_be_given = n.lasts IS NOT NULL,
    lasts = n.lasts, try_at = :now
FROM json_to_recordset(CAST(:rows AS json)) AS n (contact bigint, router text, because text, lasts int)
WHERE p.contact_id = n.contact AND p.settled_at IS NULL AND NOT p.offered
""")


def leave_gone_routers(connection: Connection, playbook: Playbook, routers: Sequence[str], now: datetime) -> None:
    """Let the leads of those of these routers that are gone wait for another one; without a rule they stay."""
    known = {router.name: router for router in playbook.routers}
    for router in routers:
        if router not in known:
            waiting = take_waiting(connection, router, now)
            ways = route_by_rules(connection, playbook, [lead.contact_id for lead in waiting])
            rows = [_row(contact, known[there], because) for contact, (there, because) in ways.items()]
            connection.execute(GO_ELSEWHERE, {"rows": to_json(rows), "now": now})


def _row(contact: int, router: RouterEntry, because: str) -> Mapping[str, Any]:
    lasts = int(router.offer.lasts.total_seconds()) if router.offer else None
    return {"contact": contact, "router": router.name, "because": because, "lasts": lasts}


BATCH = 1000
"""Leads that are taken at once."""

LONG_WEEKEND = timedelta(days=4)
"""The longest time for which it is usual that nobody works."""

WAIT = text("""
-- A lead that looks for an owner already goes on looking as it was begun.
INSERT INTO placement (contact_id, router, because, offered, anew, asked_at, try_at, escalate_at)
SELECT n.contact, :router, n.because, false, :anew, :now, :try_at, :escalate_at
FROM json_to_recordset(CAST(:leads AS json)) AS n (contact bigint, because text)
ON CONFLICT (contact_id) WHERE settled_at IS NULL DO NOTHING
""")

TAKE = text(f"""
-- Those that are held elsewhere are being given away or taken care of: left to whoever holds them.
SELECT p.contact_id, p.because, CASE WHEN p.anew THEN c.owner_id END AS owner
FROM placement p JOIN contact c ON c.id = p.contact_id
WHERE p.router = :router AND p.settled_at IS NULL AND NOT p.offered
ORDER BY p.try_at > :now, p.asked_at, p.id LIMIT {BATCH}
FOR NO KEY UPDATE OF c SKIP LOCKED
""")

STILL_OPEN = text("""
-- Looked at again once the contacts are held: somebody may have given one away in between.
SELECT contact_id FROM placement WHERE contact_id = ANY(:contacts) AND settled_at IS NULL AND NOT offered
""")

LOOK_LATER = text("""
UPDATE placement SET try_at = :try_at WHERE contact_id = ANY(:contacts) AND settled_at IS NULL AND NOT offered
""")

PLACEMENTS = text("SELECT contact_id, id FROM placement WHERE contact_id = ANY(:contacts) AND settled_at IS NULL")

ROUTERS_DUE = text("""
SELECT DISTINCT router FROM placement WHERE settled_at IS NULL AND NOT offered AND try_at <= :now ORDER BY router
""")

NEXT_DUE = text("SELECT min(least(try_at, escalate_at)) FROM placement WHERE settled_at IS NULL AND NOT offered")


def wait(
    connection: Connection,
    playbook: Playbook,
    router: str,
    leads: Sequence[Lead],
    people: Sequence[Person],
    *,
    anew: bool,
    now: datetime,
) -> None:
    """Let leads wait for somebody of a router: `people`, none of whom is available."""
    if not leads:
        return
    values = {"router": router, "anew": anew, "now": now, "try_at": look_again_at(people, now)}
    rows = [{"contact": lead.contact_id, "because": lead.because} for lead in leads]
    values |= {"escalate_at": escalate_at(playbook, people, now), "leads": to_json(rows)}
    connection.execute(WAIT, values)


def placements_of(connection: Connection, contacts: Sequence[int]) -> dict[int, int]:
    """Contact -> the placement by which it looks for an owner."""
    return dict(connection.execute(PLACEMENTS, {"contacts": list(contacts)}).tuples().all()) if contacts else {}


def take_waiting(connection: Connection, router: str, now: datetime) -> list[Lead]:
    """Hold the leads that wait for a router, the oldest first; those to be looked at now before the others."""
    rows = connection.execute(TAKE, {"router": router, "now": now}).all()
    if not rows:
        return []
    open_ = set(connection.execute(STILL_OPEN, {"contacts": [row.contact_id for row in rows]}).scalars())
    return [
        Lead(contact_id=row.contact_id, because=row.because, owner=row.owner) for row in rows if row.contact_id in open_
    ]


def keep_waiting(connection: Connection, contacts: Sequence[int], people: Sequence[Person], now: datetime) -> None:
    """Look at these again when somebody of `people` may be there."""
    if contacts:
        values = {"contacts": list(contacts), "try_at": look_again_at(people, now)}
        connection.execute(LOOK_LATER, values)


def routers_due(connection: Connection, now: datetime) -> list[str]:
    """The routers for which leads wait that are to be looked at."""
    return list(connection.execute(ROUTERS_DUE, {"now": now}).scalars())


def next_due(connection: Connection) -> datetime | None:
    """When the next waiting lead is to be looked at, or its managers are to be told."""
    return connection.execute(NEXT_DUE).scalar()


def look_again_at(people: Sequence[Person], now: datetime) -> datetime:
    """The first moment at which one of them may be available."""
    moments = [moment for person in people if (moment := person.back_at(now)) is not None]
    return min(moments, default=now + LOOK_AGAIN)


def escalate_at(playbook: Playbook, people: Sequence[Person], now: datetime) -> datetime:
    """The alarm of the service level, from the first moment at which somebody should be there.

    Where everybody is away for longer than a long weekend, nobody should: then it counts from now.
    """
    moments = [moment for person in people if not person.closed and (moment := person.hours.next_open(now))]
    there = min(moments, default=now)
    return (there if there - now <= LONG_WEEKEND else now) + playbook.service_levels.alarm
