"""Assigns leads through one router: to the rep the router picks among those available, else the lead is queued."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from models.geo.distance import distances
from models.playbook import Playbook, current_playbook
from models.playbook.routing import RouterEntry, RouterKind
from models.routing.assignment.availability import rep_candidates
from models.routing.assignment.candidate import LeadToAssign
from models.routing.assignment.owner_change import OwnerChange, change_owners
from models.routing.assignment.owners import AssignedOwner, CurrentOwner, PendingAssignment, lock_owners
from models.routing.assignment.pick import Picks, pick_reps
from models.routing.assignment.queue import lock_queued_leads, open_placements, queue_leads, retry_later
from models.routing.assignment.router import LockedRouter, lock_router

NAMED_ROUTER_REASON = "the router was named"


def assign_by_router(
    connection: Connection,
    router: str,
    contacts: Sequence[int],
    *,
    anew: bool,
    reason: str = NAMED_ROUTER_REASON,
    now: datetime,
) -> dict[int, AssignedOwner | PendingAssignment]:
    """Assign each contact through this router; returns its owner, or the placement by which it is queued.

    The caller commits.

    A contact with an active owner keeps them, unless `anew`, which moves it to somebody else where there is one. Leads
    that wait for this router already go first. Two that assign through it at once take turns, so shares stay exact.
    """
    owners = lock_owners(connection, contacts)
    return assign_locked_contacts(
        connection, current_playbook(connection), router, contacts, owners, anew=anew, reason=reason, now=now
    )


def assign_locked_contacts(
    connection: Connection,
    playbook: Playbook,
    router: str,
    contacts: Sequence[int],
    owners: Mapping[int, CurrentOwner],
    *,
    anew: bool,
    reason: str,
    now: datetime,
) -> dict[int, AssignedOwner | PendingAssignment]:
    """Assign contacts whose rows are locked already; `owners` says who owns each now."""
    results: dict[int, AssignedOwner | PendingAssignment] = {}
    wanted: list[LeadToAssign] = []
    for contact in dict.fromkeys(contacts):
        owner = owners[contact]
        if owner.active and not anew:
            results[contact] = AssignedOwner(owner.name or "", kept=True)
        elif owner.offering_placement_id:
            results[contact] = PendingAssignment(owner.offering_placement_id, router, True, reason)
        else:
            wanted.append(_lead_to_assign(contact, owner, reason, anew))
    if not wanted:
        return results
    for name, leads in _group_by_router(connection, playbook, router, wanted, now):
        results |= _assign_locked(connection, playbook, name, leads, anew, now)
    return results


def assign_queued_leads(connection: Connection, playbook: Playbook, router: str, now: datetime) -> int:
    """Assign queued leads of a router to the reps available now; returns how many. The others stay queued."""
    waiting = lock_queued_leads(connection, router, now)
    locked = lock_router(connection, router)
    picks = pick_reps(connection, playbook, locked, waiting, now)
    _assign_picks(connection, locked, picks, now)
    left = [lead.contact_id for lead in waiting if lead.contact_id not in picks.by_contact]
    retry_later(connection, left, picks.candidates, now)
    return len(picks.by_contact)


def _lead_to_assign(contact: int, owner: CurrentOwner, reason: str, anew: bool) -> LeadToAssign:
    return LeadToAssign(contact_id=contact, reason=reason, owner=owner.rep_id if anew else None)


def _assign_locked(
    connection: Connection, playbook: Playbook, router: str, wanted: Sequence[LeadToAssign], anew: bool, now: datetime
) -> dict[int, AssignedOwner | PendingAssignment]:
    locked = lock_router(connection, router)
    waiting = lock_queued_leads(connection, router, now)
    known = {lead.contact_id for lead in waiting}
    new = [lead for lead in wanted if lead.contact_id not in known]
    picks = pick_reps(connection, playbook, locked, [*waiting, *new], now)
    _assign_picks(connection, locked, picks, now)
    left = [lead for lead in new if lead.contact_id not in picks.by_contact]
    queue_leads(connection, playbook, router, left, picks.candidates, anew=anew, now=now)
    placements = open_placements(
        connection, [lead.contact_id for lead in wanted if lead.contact_id not in picks.by_contact]
    )
    return {lead.contact_id: _assignment_result(locked, lead, picks, placements) for lead in wanted}


def _assign_picks(connection: Connection, router: LockedRouter, picks: Picks, now: datetime) -> None:
    changes = [
        OwnerChange(
            pick.lead.contact_id,
            pick.candidate.rep_id,
            router.name,
            router.kind.value,
            pick.lead.reason,
            pick.number,
            pick.draw,
            picks.sets[pick.candidate_set_index],
            pick.received,
        )
        for pick in picks.by_contact.values()
    ]
    change_owners(connection, changes, now)


def _assignment_result(
    router: LockedRouter, lead: LeadToAssign, picks: Picks, placements: Mapping[int, int]
) -> AssignedOwner | PendingAssignment:
    pick = picks.by_contact.get(lead.contact_id)
    if pick is None:
        return PendingAssignment(placements[lead.contact_id], router.name, False, lead.reason)
    return AssignedOwner(pick.candidate.name, False, router.name, router.kind.value, pick.lead.reason)


def _group_by_router(
    connection: Connection, playbook: Playbook, router: str, leads: list[LeadToAssign], now: datetime
) -> Iterable[tuple[str, list[LeadToAssign]]]:
    """Group leads by router: a nearest router's leads without coordinates go to its `otherwise` router."""
    entry = next((one for one in playbook.routers if one.name == router), None)
    if entry is None or entry.kind is not RouterKind.NEAREST or entry.otherwise is None:
        return [(router, leads)]
    placed = _located_contacts(connection, playbook, entry, leads, now)
    nearby = [lead for lead in leads if lead.contact_id in placed]
    others = [lead for lead in leads if lead.contact_id not in placed]
    return sorted((name, some) for name, some in ((router, nearby), (entry.otherwise, others)) if some)


def _located_contacts(
    connection: Connection, playbook: Playbook, router: RouterEntry, leads: Sequence[LeadToAssign], now: datetime
) -> set[int]:
    reps = [person.rep_id for person in rep_candidates(connection, playbook, router.name, now)]
    return set(distances(connection, [lead.contact_id for lead in leads], reps))
