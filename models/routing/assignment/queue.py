"""The queue: leads that no rep was available for. The oldest is assigned first; managers are notified."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from models.database import locking_contacts, to_json
from models.playbook import Playbook
from models.playbook.routing import RouterEntry
from models.routing.assignment.candidate import RECHECK_INTERVAL, LeadToAssign, RepCandidate
from models.routing.assignment.rules import pick_routers

MOVE_TO_ROUTER = text("""
-- The placement keeps its id, so that runs which wait for it are resumed.
UPDATE placement p
SET router = n.router, reason = n.reason, offered = n.lasts IS NOT NULL, assign_if_exhausted = n.lasts IS NOT NULL,
    lasts = n.lasts, try_at = :now
FROM json_to_recordset(CAST(:rows AS json)) AS n (contact bigint, router text, reason text, lasts int)
WHERE p.contact_id = n.contact AND p.closed_at IS NULL AND NOT p.offered
""")


def requeue_from_removed_routers(
    connection: Connection, playbook: Playbook, routers: Sequence[str], now: datetime
) -> None:
    """Move queued leads of routers that no longer exist to the router that the rules name; without a rule they stay."""
    known = {router.name: router for router in playbook.routers}
    for router in routers:
        if router not in known:
            waiting = lock_queued_leads(connection, router, now)
            routes = pick_routers(connection, playbook, [lead.contact_id for lead in waiting])
            rows = [_row(contact, known[there], reason) for contact, (there, reason) in routes.items()]
            connection.execute(MOVE_TO_ROUTER, {"rows": to_json(rows), "now": now})


def _row(contact: int, router: RouterEntry, reason: str) -> Mapping[str, Any]:
    lasts = int(router.offer.lasts.total_seconds()) if router.offer else None
    return {"contact": contact, "router": router.name, "reason": reason, "lasts": lasts}


BATCH = 1000
"""Leads per batch."""

LONG_WEEKEND = timedelta(days=4)
"""The longest time for which it is usual that nobody works."""

QUEUE_LEADS = text("""
-- A contact with an open placement keeps it.
INSERT INTO placement (contact_id, router, reason, offered, anew, queued_at, try_at, escalate_at)
SELECT n.contact, :router, n.reason, false, :anew, :now, :try_at, :escalate_at
FROM json_to_recordset(CAST(:leads AS json)) AS n (contact bigint, reason text)
ON CONFLICT (contact_id) WHERE closed_at IS NULL DO NOTHING
""")

# Contacts that another transaction has locked are being assigned by it, and are left to it.
LOCK_QUEUED_LEADS = text(
    locking_contacts(
        f"""
SELECT p.contact_id, p.reason, CASE WHEN p.anew THEN contact.owner_id END AS owner
FROM placement p JOIN contact ON contact.id = p.contact_id
WHERE p.router = :router AND p.closed_at IS NULL AND NOT p.offered
ORDER BY p.try_at > :now, p.queued_at, p.id LIMIT {BATCH}
""",
        skip_locked=True,
    )
)

STILL_QUEUED = text("""
-- Checked again once the contacts are locked: one may have been assigned in between.
SELECT contact_id FROM placement WHERE contact_id = ANY(:contacts) AND closed_at IS NULL AND NOT offered
""")

RETRY_LATER = text("""
UPDATE placement SET try_at = :try_at WHERE contact_id = ANY(:contacts) AND closed_at IS NULL AND NOT offered
""")

PLACEMENTS = text("SELECT contact_id, id FROM placement WHERE contact_id = ANY(:contacts) AND closed_at IS NULL")

ROUTERS_DUE = text("""
SELECT DISTINCT router FROM placement WHERE closed_at IS NULL AND NOT offered AND try_at <= :now ORDER BY router
""")

NEXT_DUE = text("SELECT min(least(try_at, escalate_at)) FROM placement WHERE closed_at IS NULL AND NOT offered")


def queue_leads(
    connection: Connection,
    playbook: Playbook,
    router: str,
    leads: Sequence[LeadToAssign],
    people: Sequence[RepCandidate],
    *,
    anew: bool,
    now: datetime,
) -> None:
    """Queue leads for a router; `people` are its members, none of whom is available."""
    if not leads:
        return
    values = {"router": router, "anew": anew, "now": now, "try_at": next_try_at(people, now)}
    rows = [{"contact": lead.contact_id, "reason": lead.reason} for lead in leads]
    values |= {"escalate_at": escalate_at(playbook, people, now), "leads": to_json(rows)}
    connection.execute(QUEUE_LEADS, values)


def open_placements(connection: Connection, contacts: Sequence[int]) -> dict[int, int]:
    """Contact -> its open placement."""
    return dict(connection.execute(PLACEMENTS, {"contacts": list(contacts)}).tuples().all()) if contacts else {}


def lock_queued_leads(connection: Connection, router: str, now: datetime) -> list[LeadToAssign]:
    """Lock the leads queued for a router, those due for a retry first, then the oldest."""
    rows = connection.execute(LOCK_QUEUED_LEADS, {"router": router, "now": now}).all()
    if not rows:
        return []
    open_ = set(connection.execute(STILL_QUEUED, {"contacts": [row.contact_id for row in rows]}).scalars())
    return [
        LeadToAssign(contact_id=row.contact_id, reason=row.reason, owner=row.owner)
        for row in rows
        if row.contact_id in open_
    ]


def retry_later(connection: Connection, contacts: Sequence[int], people: Sequence[RepCandidate], now: datetime) -> None:
    """Schedule the next try of these for when one of `people` may be available."""
    if contacts:
        values = {"contacts": list(contacts), "try_at": next_try_at(people, now)}
        connection.execute(RETRY_LATER, values)


def routers_due(connection: Connection, now: datetime) -> list[str]:
    """The routers that have queued leads due for a retry."""
    return list(connection.execute(ROUTERS_DUE, {"now": now}).scalars())


def next_placement_due(connection: Connection) -> datetime | None:
    """When the next queued lead is due for a retry or an escalation; None while none is."""
    return connection.execute(NEXT_DUE).scalar()


def next_try_at(people: Sequence[RepCandidate], now: datetime) -> datetime:
    """The first moment at which one of them may be available."""
    moments = [moment for person in people if (moment := person.available_again_at(now)) is not None]
    return min(moments, default=now + RECHECK_INTERVAL)


def escalate_at(playbook: Playbook, people: Sequence[RepCandidate], now: datetime) -> datetime:
    """When managers are notified of a queued lead: the SLA's alert time after the first rep is back at work.

    Where everybody is away for longer than a long weekend, it counts from now.
    """
    moments = [moment for person in people if not person.never_available and (moment := person.hours.next_open(now))]
    there = min(moments, default=now)
    return (there if there - now <= LONG_WEEKEND else now) + playbook.service_levels.alert_after
