"""Picks the rep for each lead of a router and charges their credit; used by direct assignment and by offers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from models.geo.distance import distances
from models.playbook import Playbook
from models.playbook.routing import RouterKind
from models.routing.assignment.availability import lock_limited_reps, rep_candidates
from models.routing.assignment.candidate import LeadToAssign, RepCandidate
from models.routing.assignment.candidate_set import last_candidate_set, store_candidate_sets
from models.routing.assignment.distribute import Pick, distribute
from models.routing.assignment.pool import RankingData
from models.routing.assignment.rep_performance import expected_sales_per_lead
from models.routing.assignment.router import LockedRouter, store_credits


@dataclass(frozen=True, slots=True)
class Picks:
    """The picked rep of each lead, and all candidates."""

    by_contact: dict[int, Pick]
    """By contact; leads without an available rep are missing."""
    sets: list[int | None]
    """The candidate sets that picks refer to by index."""
    candidates: list[RepCandidate]


def pick_reps(
    connection: Connection,
    playbook: Playbook,
    router: LockedRouter,
    leads: Sequence[LeadToAssign],
    now: datetime,
    *,
    partners: bool = False,
) -> Picks:
    """Pick a rep for each lead, one lead per contact, and store the credits that this leaves."""
    lock_limited_reps(connection, router.name)
    people = rep_candidates(connection, playbook, router.name, now, partners=partners)
    before = last_candidate_set(connection, router.name)
    measures = _ranking_data(connection, router.kind, leads, people, now)
    distribution = distribute(router, people, leads, measures, before.rep_ids())
    if not distribution.picks:
        return Picks({}, [], people)
    sets = store_candidate_sets(connection, router.name, before, distribution.candidates, now)
    store_credits(connection, router, router.assigned_count + len(distribution.picks), distribution.credits)
    return Picks({pick.lead.contact_id: pick for pick in distribution.picks}, sets, people)


def _ranking_data(
    connection: Connection,
    kind: RouterKind,
    leads: Sequence[LeadToAssign],
    people: Sequence[RepCandidate],
    now: datetime,
) -> RankingData:
    reps = [person.rep_id for person in people]
    match kind:
        case RouterKind.NEAREST:
            return RankingData(kilometres=distances(connection, [lead.contact_id for lead in leads], reps))
        case RouterKind.BEST_PERFORMER:
            return RankingData(performance=expected_sales_per_lead(connection, reps, now))
    return RankingData()
