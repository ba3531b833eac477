"""Who a lead is offered to next: the same order, paid for in the same way, as if the router gave it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from models.playbook import Playbook
from models.routing.choosing import Chosen, choose
from models.routing.offers.terms import open_to_partners
from models.routing.person import Lead, Person
from models.routing.queue import escalate_at, look_again_at
from models.routing.router import lock_router


@dataclass(frozen=True, slots=True)
class Looking:
    """A lead on offer that is nobody's to take just now."""

    id: int
    contact_id: int
    router: str
    lasts: int
    """Seconds."""
    passed_over: int | None
    asked: list[int]

    @property
    def not_to(self) -> frozenset[int]:
        """Each is asked once, and whoever has the lead now is not asked to take it."""
        return frozenset(self.asked if self.passed_over is None else [*self.asked, self.passed_over])


@dataclass(frozen=True, slots=True)
class NextPerson:
    """Whose turn it is, and until when; the rest is for the ledger."""

    rep_id: int
    expires_at: datetime
    turn: int
    draw: float | None
    candidate_set_id: int | None


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Nobody who may still be asked is there."""

    try_at: datetime
    escalate_at: datetime


Next = NextPerson | WaitUntil | None
"""None: everybody was asked."""


def next_in_line(
    connection: Connection, playbook: Playbook, router: str, leads: Sequence[Looking], now: datetime
) -> Iterator[tuple[Looking, Next]]:
    """For each lead who is next. Raises NobodyThere for a router that does not exist."""
    lock_router(connection, router)
    open_ = open_to_partners(connection, playbook, router, [lead.contact_id for lead in leads])
    for partners in (False, True):
        # Those who may be asked are looked at once for all leads of which the same have been asked before.
        part = sorted(
            (one for one in leads if (one.contact_id in open_) is partners), key=lambda one: sorted(one.not_to)
        )
        if part:
            yield from _next(connection, playbook, router, part, now, partners)


def _next(
    connection: Connection, playbook: Playbook, router: str, leads: Sequence[Looking], now: datetime, partners: bool
) -> Iterator[tuple[Looking, Next]]:
    locked = lock_router(connection, router)
    asked = [Lead(contact_id=lead.contact_id, because="offered", not_to=lead.not_to) for lead in leads]
    chosen = choose(connection, playbook, locked, asked, now, partners=partners)
    ends: dict[tuple[int, int], datetime] = {}
    for lead in leads:
        turn = chosen.turns.get(lead.contact_id)
        if turn is None:
            yield lead, _later(playbook, [one for one in chosen.people if one.rep_id not in lead.not_to], now)
            continue
        key = (turn.person.rep_id, lead.lasts)
        ends[key] = ends.get(key) or _end(turn.person, lead.lasts, now)
        yield lead, _person(chosen, lead, ends[key])


def _person(chosen: Chosen, lead: Looking, expires_at: datetime) -> NextPerson:
    turn = chosen.turns[lead.contact_id]
    return NextPerson(turn.person.rep_id, expires_at, turn.number, turn.draw, chosen.sets[turn.candidates])


def _end(person: Person, lasts: int, now: datetime) -> datetime:
    """By the time that they work; for who has so little of it that it never comes, by the clock."""
    length = timedelta(seconds=lasts)
    return person.hours.add(now, length) or now + length


def _later(playbook: Playbook, people: Sequence[Person], now: datetime) -> WaitUntil | None:
    coming = [person for person in people if person.back_at(now) is not None]
    return WaitUntil(look_again_at(coming, now), escalate_at(playbook, coming, now)) if coming else None
