"""Assigning leads through a router: to whoever's turn it is among those who are available, or they wait."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from models.geo.distance import distances
from models.playbook import Playbook, current
from models.playbook.routing import RouterEntry, RouterKind
from models.routing.availability import everybody
from models.routing.choosing import Chosen, choose
from models.routing.owners import Owner, Present, Waiting, hold
from models.routing.person import Lead
from models.routing.queue import keep_waiting, placements_of, take_waiting, wait
from models.routing.router import LockedRouter, lock_router
from models.routing.set_owner import Gift, give

NAMED = "the router was named"


def assign(
    connection: Connection,
    router: str,
    contacts: Sequence[int],
    *,
    anew: bool,
    because: str = NAMED,
    now: datetime,
) -> dict[int, Owner | Waiting]:
    """Who has each contact now, or that it waits until somebody is available. The caller commits.

    A contact with an active owner keeps them, unless `anew`, which moves it to somebody else where there is one. Leads
    that wait for this router already go first. Two that assign through it at once take turns, so shares stay exact.
    """
    present = hold(connection, contacts)
    return assign_held(connection, current(connection), router, contacts, present, anew=anew, because=because, now=now)


def assign_held(
    connection: Connection,
    playbook: Playbook,
    router: str,
    contacts: Sequence[int],
    present: Mapping[int, Present],
    *,
    anew: bool,
    because: str,
    now: datetime,
) -> dict[int, Owner | Waiting]:
    """The same for contacts that are held already, and are known to stand as `present` says."""
    settled: dict[int, Owner | Waiting] = {}
    wanted: list[Lead] = []
    for contact in dict.fromkeys(contacts):
        stands = present[contact]
        if stands.active and not anew:
            settled[contact] = Owner(stands.name or "", kept=True)
        elif stands.on_offer:
            settled[contact] = Waiting(stands.on_offer, router, True, because)
        else:
            wanted.append(_lead(contact, stands, because, anew))
    if not wanted:
        return settled
    for name, leads in _by_router(connection, playbook, router, wanted, now):
        settled |= _assign(connection, playbook, name, leads, anew, now)
    return settled


def place_due(connection: Connection, playbook: Playbook, router: str, now: datetime) -> int:
    """Give leads that wait for a router to whoever is available by now; gives how many. The others go on waiting."""
    waiting = take_waiting(connection, router, now)
    locked = lock_router(connection, router)
    chosen = choose(connection, playbook, locked, waiting, now)
    _give(connection, locked, chosen, now)
    left = [lead.contact_id for lead in waiting if lead.contact_id not in chosen.turns]
    keep_waiting(connection, left, chosen.people, now)
    return len(chosen.turns)


def _lead(contact: int, stands: Present, because: str, anew: bool) -> Lead:
    return Lead(contact_id=contact, because=because, owner=stands.rep_id if anew else None)


def _assign(
    connection: Connection, playbook: Playbook, router: str, wanted: Sequence[Lead], anew: bool, now: datetime
) -> dict[int, Owner | Waiting]:
    locked = lock_router(connection, router)
    waiting = take_waiting(connection, router, now)
    known = {lead.contact_id for lead in waiting}
    new = [lead for lead in wanted if lead.contact_id not in known]
    chosen = choose(connection, playbook, locked, [*waiting, *new], now)
    _give(connection, locked, chosen, now)
    left = [lead for lead in new if lead.contact_id not in chosen.turns]
    wait(connection, playbook, router, left, chosen.people, anew=anew, now=now)
    placements = placements_of(connection, [lead.contact_id for lead in wanted if lead.contact_id not in chosen.turns])
    return {lead.contact_id: _answer(locked, lead, chosen, placements) for lead in wanted}


def _give(connection: Connection, router: LockedRouter, chosen: Chosen, now: datetime) -> None:
    gifts = [
        Gift(
            turn.lead.contact_id,
            turn.person.rep_id,
            router.name,
            router.kind.value,
            turn.lead.because,
            turn.number,
            turn.draw,
            chosen.sets[turn.candidates],
            turn.received,
        )
        for turn in chosen.turns.values()
    ]
    give(connection, gifts, now)


def _answer(router: LockedRouter, lead: Lead, chosen: Chosen, placements: Mapping[int, int]) -> Owner | Waiting:
    turn = chosen.turns.get(lead.contact_id)
    if turn is None:
        return Waiting(placements[lead.contact_id], router.name, False, lead.because)
    return Owner(turn.person.name, False, router.name, router.kind.value, turn.lead.because)


def _by_router(
    connection: Connection, playbook: Playbook, router: str, leads: list[Lead], now: datetime
) -> Iterable[tuple[str, list[Lead]]]:
    """All by the one router; but of one that goes by distance, those whose place is not known by its `otherwise`."""
    entry = next((one for one in playbook.routers if one.name == router), None)
    if entry is None or entry.kind is not RouterKind.NEAREST or entry.otherwise is None:
        return [(router, leads)]
    placed = _with_a_place(connection, playbook, entry, leads, now)
    nearby = [lead for lead in leads if lead.contact_id in placed]
    others = [lead for lead in leads if lead.contact_id not in placed]
    return sorted((name, some) for name, some in ((router, nearby), (entry.otherwise, others)) if some)


def _with_a_place(
    connection: Connection, playbook: Playbook, router: RouterEntry, leads: Sequence[Lead], now: datetime
) -> set[int]:
    reps = [person.rep_id for person in everybody(connection, playbook, router.name, now)]
    return set(distances(connection, [lead.contact_id for lead in leads], reps))
