"""Routes leads by a named router or by the rules: each is assigned, offered, or queued."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from models.database import lock_contacts
from models.playbook import Playbook, current_playbook
from models.routing.assignment.assign import NAMED_ROUTER_REASON, assign_locked_contacts, assign_queued_leads
from models.routing.assignment.owners import AssignedOwner, CurrentOwner, PendingAssignment, lock_owners
from models.routing.assignment.queue import requeue_from_removed_routers, routers_due
from models.routing.assignment.router import lock_routers
from models.routing.assignment.rules import pick_routers
from models.routing.escalation import escalate
from models.routing.offers import offer_leads

CONTACTS_WITHOUT_OWNER = text("""
-- An inactive owner counts as none. Contacts with an open placement are left alone.
SELECT e.contact_id FROM event e JOIN contact c ON c.id = e.contact_id LEFT JOIN rep ON rep.id = c.owner_id
WHERE e.id = ANY(:events) AND CAST(:patterns AS text[]) && CAST(ARRAY[e.name, e.name || ':' || e.topic] AS text[])
  AND rep.active IS NOT TRUE
  AND NOT EXISTS (SELECT FROM placement p WHERE p.contact_id = c.id AND p.closed_at IS NULL)
ORDER BY e.id
""")

Routes = Mapping[int, tuple[str, str]]
"""Contact -> the router it goes to, and what chose that router."""


def route_contacts(
    connection: Connection,
    playbook: Playbook,
    contacts: Sequence[int],
    *,
    router: str | None = None,
    anew: bool = False,
    reason: str = NAMED_ROUTER_REASON,
    now: datetime,
) -> dict[int, AssignedOwner | PendingAssignment]:
    """Route contacts through `router`, or by the routing rules; contacts that match no rule are missing from the
    result.

    Routers that offer their leads do so here, too. Raises UnknownRouter for a router that does not exist. The caller
    commits.
    """
    owners = lock_owners(connection, contacts)
    results: dict[int, AssignedOwner | PendingAssignment] = {
        contact: AssignedOwner(owner.name or "", kept=True)
        for contact, owner in owners.items()
        if owner.active and not anew
    }
    others = [contact for contact in dict.fromkeys(contacts) if contact not in results]
    routes = pick_routers(connection, playbook, others) if router is None else dict.fromkeys(others, (router, reason))
    return results | _route(connection, playbook, routes, owners, anew, now)


def lock_contacts_and_routers(
    connection: Connection, playbook: Playbook, contacts: Sequence[int], routers: Iterable[str | None]
) -> None:
    """Lock all contacts, then all routers (None: those of the rules), before routing several groups.

    Without it, one transaction could hold a router and wait for a contact of another one that waits for that router.
    """
    lock_contacts(connection, contacts)
    by_rules = [rule.router for rule in playbook.routing.rules]
    lock_routers(connection, playbook, {name for one in routers for name in (by_rules if one is None else [one])})


def route_new_contacts(connection: Connection, playbook: Playbook, events: Sequence[int], now: datetime) -> None:
    """Route the contacts of these events that have no active owner, if the playbook routes such events."""
    values = {"events": list(events), "patterns": list(playbook.routing.on)}
    contacts = connection.execute(CONTACTS_WITHOUT_OWNER, values).scalars().all() if playbook.routing.on else []
    if contacts:
        route_contacts(connection, playbook, contacts, now=now)


def process_queue(connection: Connection, now: datetime) -> int:
    """Process one batch of the queue: assign leads whose reps are available, escalate the rest; returns how many were
    looked at.

    Until it returns 0 there may be more. Leads that another process has locked are left to it. The caller commits.
    """
    routers, playbook = routers_due(connection, now), current_playbook(connection)
    lock_routers(connection, playbook, routers)
    requeue_from_removed_routers(connection, playbook, routers, now)
    for router in routers:
        assign_queued_leads(connection, playbook, router, now)
    return len(routers) + escalate(connection, playbook, now)


def _route(
    connection: Connection,
    playbook: Playbook,
    routes: Routes,
    owners: Mapping[int, CurrentOwner],
    anew: bool,
    now: datetime,
) -> dict[int, AssignedOwner | PendingAssignment]:
    groups: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for contact, route in routes.items():
        groups[route].append(contact)
    results: dict[int, AssignedOwner | PendingAssignment] = {}
    lock_routers(connection, playbook, (router for router, _ in groups))
    for (router, reason), group in sorted(groups.items()):
        if _has_offers(playbook, router):
            results |= _offer_leads(connection, router, group, reason, anew, now)
        else:
            results |= assign_locked_contacts(
                connection, playbook, router, group, owners, anew=anew, reason=reason, now=now
            )
    return results


def _has_offers(playbook: Playbook, router: str) -> bool:
    return any(one.offer for one in playbook.routers if one.name == router)


def _offer_leads(
    connection: Connection, router: str, contacts: Sequence[int], reason: str, anew: bool, now: datetime
) -> dict[int, AssignedOwner | PendingAssignment]:
    wanted = [(contact, router, reason, None) for contact in contacts]
    placed = offer_leads(connection, wanted, now, anew=anew, assign_if_exhausted=True)
    return {contact: PendingAssignment(placed[contact], router, True, reason) for contact in contacts}
