"""Dealing leads out to people, one after the other. Pure: it says who gets what, and what to write down about it."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.playbook.routing import RouterKind
from models.routing.person import Lead, Person
from models.routing.pool import Measures, Table, draw_of
from models.routing.router import LockedRouter

Candidates = list[dict[str, Any]]
"""As a candidate set of the ledger keeps it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody's turn, and the lead that they get."""

    lead: Lead
    person: Person
    number: int
    """Which lead of the router it is."""
    draw: float | None
    received: int
    candidates: int
    """The place of its candidate set in the list of those that came up."""


@dataclass(slots=True)
class Dealt:
    """What came of it."""

    turns: list[Turn] = field(default_factory=list)
    left: list[Lead] = field(default_factory=list)
    """Nobody could have these."""
    candidates: list[Candidates] = field(default_factory=list)
    credits: dict[int, int] = field(default_factory=dict)


def deal(
    router: LockedRouter,
    people: Sequence[Person],
    leads: Iterable[Lead],
    measures: Measures,
    stayed: Collection[int] = (),
) -> Dealt:
    """Give each lead to whom the router's kind says.

    `stayed` are those who were at the table when the router's last lead was given. Who has taken as many as they may
    leaves it at once.
    """
    dealer = _Dealer(router, people, measures, stayed)
    for lead in leads:
        dealer.give(lead)
    dealer.clear()
    return dealer.dealt


class _Dealer:
    def __init__(
        self, router: LockedRouter, people: Sequence[Person], measures: Measures, stayed: Collection[int]
    ) -> None:
        self.router, self.people, self.measures = router, people, measures
        self.stayed = stayed
        self.dealt = Dealt(credits={person.rep_id: person.credit for person in people})
        self.taken: Counter[int] = Counter()
        self.table: Table | None = None
        self.not_to: frozenset[int] = frozenset()

    def give(self, lead: Lead) -> None:
        if lead.not_to != self.not_to:
            self.clear()
        if self.table is None:
            self.table, self.not_to = self.seat(lead.not_to), lead.not_to
        number = self.router.given + len(self.dealt.turns) + 1
        draw = draw_of(self.router.seed, number) if self.router.kind is RouterKind.WEIGHTED_RANDOM else None
        person = self.table.choose(lead, self.measures, self.taken, draw)
        if person is None:
            self.dealt.left.append(lead)
        else:
            self.taken[person.rep_id] += 1
            received = person.received + self.taken[person.rep_id]
            self.dealt.turns.append(Turn(lead, person, number, draw, received, len(self.dealt.candidates) - 1))
        if person is not None and person.full(self.taken[person.rep_id]):
            self.clear()

    def clear(self) -> None:
        """The table is no longer as it was; who was there is known to the next one."""
        if self.table is not None:
            self.dealt.credits |= self.table.credits()
            self.stayed = [person.rep_id for person in self.table.people] or self.stayed
            self.table = None

    def seat(self, not_to: Collection[int]) -> Table:
        """Those who are available; the preferred alone as long as any of them is."""
        why = {person.rep_id: self._left_out(person, not_to) for person in self.people}
        there = [person for person in self.people if why[person.rep_id] is None]
        first = [person for person in there if person.preferred] or there
        table = Table(self.router.kind, first, self.dealt.credits, self.stayed)
        seated = {person.rep_id for person in first}
        others = [
            {"rep": person.rep_id, "name": person.name, "left_out": why[person.rep_id] or "comes after the preferred"}
            for person in self.people
            if person.rep_id not in seated
        ]
        self.dealt.candidates.append(table.candidates() + others)
        return table

    def _left_out(self, person: Person, not_to: Collection[int]) -> str | None:
        if person.rep_id in not_to:
            return "has been asked before"
        return person.left_out or person.full(self.taken[person.rep_id])
