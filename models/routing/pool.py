"""Those among whom a lead is given, and how a router of each kind chooses one of them. Pure."""

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
from models.routing.person import Lead, Person
from models.routing.rotation import WHOLE, Rotation, resume, shares

WEIGHTED_KINDS = (RouterKind.WEIGHTED, RouterKind.WEIGHTED_RANDOM)


@dataclass(frozen=True, slots=True)
class Measures:
    """What some kinds of routers go by."""

    kilometres: Mapping[int, Mapping[int, float]] = field(default_factory=dict)
    """Contact -> salesperson -> how far apart; contacts without a place are missing."""
    performance: Mapping[int, float] = field(default_factory=dict)
    """Salesperson -> what part of their leads they are expected to win."""


class Table:
    """The people who are available, as long as they stay the same."""

    def __init__(
        self, kind: RouterKind, people: Sequence[Person], credits: Mapping[int, int], stayed: Collection[int]
    ) -> None:
        self.kind = kind
        self.people = people
        self.weights = _weights(kind, people)
        parts = shares(self.weights) if people else []
        before = [credits[person.rep_id] for person in people]
        self.rotation = Rotation(parts, resume(parts, before, [person.rep_id in stayed for person in people]))

    def choose(self, lead: Lead, measures: Measures, taken: Counter[int], draw: float | None) -> Person | None:
        """Who gets the lead, which they pay for; None when nobody is here. `taken`: salesperson -> leads got by now."""
        if not self.people:
            return None
        among = self._among(lead)
        self.rotation.grow()
        if draw is not None:
            place = self._drawn(draw, among)
        elif self._goes_in_turn(lead, measures):
            place = self.rotation.first(among)
        else:
            ranks = {place: self._rank(self.people[place], lead, measures, taken) for place in among}
            place = min(among, key=lambda place: (ranks[place], -self.rotation.credits[place]))
        self.rotation.pay(place)
        return self.people[place]

    def credits(self) -> dict[int, int]:
        """Salesperson -> what they have coming."""
        return {person.rep_id: credit for person, credit in zip(self.people, self.rotation.credits, strict=True)}

    def candidates(self) -> list[dict[str, Any]]:
        """For the ledger: who is here, and with which share."""
        return [
            {"rep": person.rep_id, "name": person.name, "weight": float(weight), "share": share / WHOLE}
            for person, weight, share in zip(self.people, self.weights, self.rotation.shares, strict=True)
        ]

    def _among(self, lead: Lead) -> Sequence[int]:
        everybody = range(len(self.people))
        if lead.owner is None:
            return everybody
        return [place for place in everybody if self.people[place].rep_id != lead.owner] or everybody

    def _goes_in_turn(self, lead: Lead, measures: Measures) -> bool:
        if self.kind is RouterKind.NEAREST:
            return lead.contact_id not in measures.kilometres
        return self.kind in (RouterKind.ROUND_ROBIN, RouterKind.WEIGHTED)

    def _rank(self, person: Person, lead: Lead, measures: Measures, taken: Counter[int]) -> float:
        """The lowest goes first."""
        match self.kind:
            case RouterKind.LEAST_BUSY:
                return person.open_leads + taken[person.rep_id]
            case RouterKind.NEAREST:
                return measures.kilometres[lead.contact_id].get(person.rep_id, inf)
            case _:
                return -measures.performance.get(person.rep_id, 0.0)

    def _drawn(self, draw: float, among: Sequence[int]) -> int:
        return among[drawn(draw, [self.rotation.shares[place] for place in among])]


def draw_of(seed: str, number: int) -> float:
    """Draw number n of a router, from 0 up to 1: the same whenever it is asked for, and known to nobody beforehand."""
    digest = hashlib.sha256(f"{seed}:{number}".encode()).digest()
    return (int.from_bytes(digest[:8]) >> 11) / 2**53


def drawn(draw: float, parts: Sequence[int]) -> int:
    """Whose part of the whole a draw falls into: a kept draw gives the same with the shares of its candidate set."""
    limits = list(accumulate(parts))
    return bisect_right(limits, int(Fraction(draw) * limits[-1]))


def _weights(kind: RouterKind, people: Sequence[Person]) -> list[Fraction]:
    return [person.weight if kind in WEIGHTED_KINDS else Fraction(1) for person in people]
