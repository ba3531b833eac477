"""Distributes leads among the candidates of a router, one by one.

Pure: returns the picks and what to store about them.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.playbook.routing import RouterKind
from models.routing.assignment.candidate import LeadToAssign, RepCandidate
from models.routing.assignment.pool import CandidatePool, RankingData, draw_number
from models.routing.assignment.router import LockedRouter

Candidates = list[dict[str, Any]]
"""As a candidate set of the assignment log stores it."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A rep who was picked, and the lead they get."""

    lead: LeadToAssign
    candidate: RepCandidate
    number: int
    """Which lead of the router it is."""
    draw: float | None
    received: int
    candidate_set_index: int
    """The place of its candidate set in the list of those that came up."""


@dataclass(slots=True)
class Distribution:
    """The picks, and what to store about them."""

    picks: list[Pick] = field(default_factory=list)
    left: list[LeadToAssign] = field(default_factory=list)
    """Leads for which no rep was available."""
    candidates: list[Candidates] = field(default_factory=list)
    credits: dict[int, int] = field(default_factory=dict)


def distribute(
    router: LockedRouter,
    people: Sequence[RepCandidate],
    leads: Iterable[LeadToAssign],
    measures: RankingData,
    present_before: Collection[int] = (),
) -> Distribution:
    """Pick a rep for each lead by the router's kind.

    `present_before` are those who were available when the router's last lead was assigned. Whoever has reached a limit
    gets no more.
    """
    distributor = _Distributor(router, people, measures, present_before)
    for lead in leads:
        distributor.assign(lead)
    distributor.close_pool()
    return distributor.distribution


class _Distributor:
    def __init__(
        self,
        router: LockedRouter,
        people: Sequence[RepCandidate],
        measures: RankingData,
        present_before: Collection[int],
    ) -> None:
        self.router, self.candidates, self.measures = router, people, measures
        self.present_before = present_before
        self.distribution = Distribution(credits={person.rep_id: person.credit for person in people})
        self.assigned: Counter[int] = Counter()
        self.pool: CandidatePool | None = None
        self.excluded_reps: frozenset[int] = frozenset()

    def assign(self, lead: LeadToAssign) -> None:
        if lead.excluded_reps != self.excluded_reps:
            self.close_pool()
        if self.pool is None:
            self.pool, self.excluded_reps = self.open_pool(lead.excluded_reps), lead.excluded_reps
        number = self.router.assigned_count + len(self.distribution.picks) + 1
        draw = draw_number(self.router.seed, number) if self.router.kind is RouterKind.WEIGHTED_RANDOM else None
        person = self.pool.pick(lead, self.measures, self.assigned, draw, number)
        if person is None:
            self.distribution.left.append(lead)
        else:
            self.assigned[person.rep_id] += 1
            received = person.received + self.assigned[person.rep_id]
            self.distribution.picks.append(
                Pick(lead, person, number, draw, received, len(self.distribution.candidates) - 1)
            )
        if person is not None and person.limit_reason(self.assigned[person.rep_id]):
            self.close_pool()

    def close_pool(self) -> None:
        """Close the pool because its members change; the next pool knows who was in it."""
        if self.pool is not None:
            self.distribution.credits |= self.pool.credits()
            self.present_before = [person.rep_id for person in self.pool.members] or self.present_before
            self.pool = None

    def open_pool(self, excluded_reps: Collection[int]) -> CandidatePool:
        """A pool of the available reps; of the preferred alone while one of them is available and keeps up."""
        exclusions = {person.rep_id: self._exclusion(person, excluded_reps) for person in self.candidates}
        there = [person for person in self.candidates if exclusions[person.rep_id] is None]
        first = [person for person in there if person.preferred and not person.overloaded] or there
        credits, seed = self.distribution.credits, self.router.seed
        pool = CandidatePool(self.router.kind, first, credits, self.present_before, seed)
        in_pool = {person.rep_id for person in first}
        others = [
            {
                "rep": person.rep_id,
                "name": person.name,
                "left_out": exclusions[person.rep_id] or "comes after the preferred",
            }
            for person in self.candidates
            if person.rep_id not in in_pool
        ]
        self.distribution.candidates.append(pool.snapshot() + others)
        return pool

    def _exclusion(self, person: RepCandidate, excluded_reps: Collection[int]) -> str | None:
        if person.rep_id in excluded_reps:
            return "has been asked before"
        return person.left_out or person.limit_reason(self.assigned[person.rep_id])
