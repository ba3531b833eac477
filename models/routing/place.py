"""Placing leads: whichever way the playbook knows, they get an owner, are offered, or wait."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from models.playbook import Playbook, current
from models.routing.assign import NAMED, assign_held, place_due
from models.routing.escalation import escalate
from models.routing.owners import Owner, Present, Waiting, hold
from models.routing.queue import leave_gone_routers, routers_due
from models.routing.router import lock_routers
from models.routing.rules import route_by_rules

NEWCOMERS = text("""
-- An owner who has left is none. Whoever is on the way to an owner is left alone.
SELECT e.contact_id FROM event e JOIN contact c ON c.id = e.contact_id LEFT JOIN rep ON rep.id = c.owner_id
WHERE e.id = ANY(:events) AND CAST(:patterns AS text[]) && CAST(ARRAY[e.name, e.name || ':' || e.topic] AS text[])
  AND rep.active IS NOT TRUE
  AND NOT EXISTS (SELECT FROM placement p WHERE p.contact_id = c.id AND p.settled_at IS NULL)
ORDER BY e.id
""")

Ways = Mapping[int, tuple[str, str]]
"""Contact -> the router it goes to, and what chose that router."""


def place(
    connection: Connection,
    playbook: Playbook,
    contacts: Sequence[int],
    *,
    router: str | None = None,
    anew: bool = False,
    because: str = NAMED,
    now: datetime,
) -> dict[int, Owner | Waiting]:
    """What becomes of each contact, by a router or by the rules; those that no rule is for are missing.

    Routers that offer their leads do so here, too. Raises NobodyThere for a router that does not exist. The caller
    commits.
    """
    present = hold(connection, contacts)
    settled: dict[int, Owner | Waiting] = {
        contact: Owner(stands.name or "", kept=True)
        for contact, stands in present.items()
        if stands.active and not anew
    }
    others = [contact for contact in dict.fromkeys(contacts) if contact not in settled]
    ways = route_by_rules(connection, playbook, others) if router is None else dict.fromkeys(others, (router, because))
    return settled | _place(connection, playbook, ways, present, anew, now)


def hold_for(
    connection: Connection, playbook: Playbook, contacts: Sequence[int], routers: Iterable[str | None]
) -> None:
    """Hold leads and then the routers that they go through (None: by the rules), before any of them is placed.

    Whoever places several groups one after the other would otherwise hold a router and wait for a lead that somebody
    else holds who waits for that router.
    """
    hold(connection, contacts)
    by_rules = [rule.router for rule in playbook.routing.rules]
    lock_routers(connection, playbook, {name for one in routers for name in (by_rules if one is None else [one])})


def place_newcomers(connection: Connection, playbook: Playbook, events: Sequence[int], now: datetime) -> None:
    """Give the contacts of these events an owner by the rules, where the playbook says so and they have none."""
    values = {"events": list(events), "patterns": list(playbook.routing.on)}
    contacts = connection.execute(NEWCOMERS, values).scalars().all() if playbook.routing.on else []
    if contacts:
        place(connection, playbook, contacts, now=now)


def place_waiting(connection: Connection, now: datetime) -> int:
    """One round for the leads that wait: give those whose people are there, tell managers; how many were looked at.

    Until that is 0 there may be more. Leads that another process holds are left to it. The caller commits.
    """
    routers, playbook = routers_due(connection, now), current(connection)
    lock_routers(connection, playbook, routers)
    leave_gone_routers(connection, playbook, routers, now)
    for router in routers:
        place_due(connection, playbook, router, now)
    return len(routers) + escalate(connection, playbook, now)


def _place(
    connection: Connection,
    playbook: Playbook,
    ways: Ways,
    present: Mapping[int, Present],
    anew: bool,
    now: datetime,
) -> dict[int, Owner | Waiting]:
    groups: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for contact, way in ways.items():
        groups[way].append(contact)
    settled: dict[int, Owner | Waiting] = {}
    lock_routers(connection, playbook, (router for router, _ in groups))
    for (router, because), group in sorted(groups.items()):
        if _offers(playbook, router):
            settled |= _offer(connection, router, group, because, anew, now)
        else:
            settled |= assign_held(connection, playbook, router, group, present, anew=anew, because=because, now=now)
    return settled


def _offers(playbook: Playbook, router: str) -> bool:
    return any(one.offer for one in playbook.routers if one.name == router)


def _offer(
    connection: Connection, router: str, contacts: Sequence[int], because: str, anew: bool, now: datetime
) -> dict[int, Owner | Waiting]:
    # Here and not above: offers are built on routing.
    from models.routing.offers import begin

    wanted = [(contact, router, because, None) for contact in contacts]
    placed = begin(connection, wanted, now, anew=anew, must_be_given=True)
    return {contact: Waiting(placed[contact], router, True, because) for contact in contacts}
