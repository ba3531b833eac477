"""The pool of available reps, and how a router of each kind picks one of them. Pure."""

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate
from math import inf
from typing import Any

from models.playbook.routing import RouterKind
from models.routing.assignment.candidate import LeadToAssign, RepCandidate
from models.routing.assignment.rotation import WHOLE_LEAD, Rotation, lead_shares, rebalance_credits

WEIGHTED_KINDS = (RouterKind.WEIGHTED, RouterKind.WEIGHTED_RANDOM)
KINDS_BY_SHARES = (RouterKind.ROUND_ROBIN, *WEIGHTED_KINDS)
"""In these, who has fallen behind has a smaller share. In the others they are left out of that part of the leads."""


@dataclass(frozen=True, slots=True)
class RankingData:
    """Measures by which some kinds of routers rank reps."""

    kilometres: Mapping[int, Mapping[int, float]] = field(default_factory=dict)
    """Contact -> salesperson -> how far apart; contacts without a place are missing."""
    performance: Mapping[int, float] = field(default_factory=dict)
    """Salesperson -> what part of their leads they are expected to win."""


class CandidatePool:
    """Reps who are available at the same time, and how a router picks among them."""

    def __init__(
        self,
        kind: RouterKind,
        people: Sequence[RepCandidate],
        credits: Mapping[int, int],
        present_before: Collection[int],
        seed: str = "",
    ) -> None:
        self.kind, self.seed = kind, seed
        self.members = people
        self.weights = _weights(kind, people)
        parts = lead_shares(self.weights) if people else []
        before = [credits[person.rep_id] for person in people]
        self.rotation = Rotation(
            parts, rebalance_credits(parts, before, [person.rep_id in present_before for person in people])
        )

    def pick(
        self, lead: LeadToAssign, measures: RankingData, assigned: Counter[int], draw: float | None, number: int = 0
    ) -> RepCandidate | None:
        """Pick the rep for a lead and charge their credit; None for an empty pool. `assigned`: rep -> leads so far;
        `number`: which lead of the router it is.
        """
        if not self.members:
            return None
        among = self._without_overloaded(self._eligible_places(lead), number)
        self.rotation.accrue()
        if draw is not None:
            place = self._place_of_draw(draw, among)
        elif self._uses_rotation(lead, measures):
            place = self.rotation.next_place(among)
        else:
            ranks = {place: self._rank(self.members[place], lead, measures, assigned) for place in among}
            place = min(among, key=lambda place: (ranks[place], -self.rotation.credits[place]))
        self.rotation.charge(place)
        return self.members[place]

    def credits(self) -> dict[int, int]:
        """Rep -> credit, in trillionths of a lead."""
        return {person.rep_id: credit for person, credit in zip(self.members, self.rotation.credits, strict=True)}

    def snapshot(self) -> list[dict[str, Any]]:
        """For the assignment log: the members of the pool with their shares."""
        return [
            {"rep": person.rep_id, "name": person.name, "weight": float(person.weight), "share": share / WHOLE_LEAD}
            for person, share in zip(self.members, self.rotation.shares, strict=True)
        ]

    def _eligible_places(self, lead: LeadToAssign) -> Sequence[int]:
        everybody = range(len(self.members))
        if lead.owner is None:
            return everybody
        return [place for place in everybody if self.members[place].rep_id != lead.owner] or everybody

    def _without_overloaded(self, among: Sequence[int], number: int) -> Sequence[int]:
        """Where leads do not go by shares, those who have fallen behind are left out of a part of the leads, which a
        draw decides for each lead and each of them; unless nobody else is there.
        """
        if self.kind in KINDS_BY_SHARES:
            return among
        return [
            place
            for place in among
            if not self.members[place].overloaded or self._takes_part(self.members[place], number)
        ] or among

    def _takes_part(self, person: RepCandidate, number: int) -> bool:
        return draw_number(f"{self.seed}:overload:{person.rep_id}", number) < person.weight

    def _uses_rotation(self, lead: LeadToAssign, measures: RankingData) -> bool:
        if self.kind is RouterKind.NEAREST:
            return lead.contact_id not in measures.kilometres
        return self.kind in (RouterKind.ROUND_ROBIN, RouterKind.WEIGHTED)

    def _rank(self, person: RepCandidate, lead: LeadToAssign, measures: RankingData, assigned: Counter[int]) -> float:
        """The lowest goes first."""
        match self.kind:
            case RouterKind.LEAST_BUSY:
                return person.open_leads + assigned[person.rep_id]
            case RouterKind.NEAREST:
                return measures.kilometres[lead.contact_id].get(person.rep_id, inf)
            case _:
                return -measures.performance.get(person.rep_id, 0.0)

    def _place_of_draw(self, draw: float, among: Sequence[int]) -> int:
        return among[index_of_draw(draw, [self.rotation.shares[place] for place in among])]


def draw_number(seed: str, number: int) -> float:
    """Draw number n of a router, from 0 up to 1: the same whenever it is asked for, and known to nobody beforehand."""
    digest = hashlib.sha256(f"{seed}:{number}".encode()).digest()
    return (int.from_bytes(digest[:8]) >> 11) / 2**53


def index_of_draw(draw: float, parts: Sequence[int]) -> int:
    """Whose part of the whole a draw falls into: a kept draw gives the same with the shares of its candidate set."""
    limits = list(accumulate(parts))
    return bisect_right(limits, int(Fraction(draw) * limits[-1]))


def _weights(kind: RouterKind, people: Sequence[RepCandidate]) -> list[Fraction]:
    return [person.weight if kind in KINDS_BY_SHARES else Fraction(1) for person in people]
