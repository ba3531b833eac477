"""Picks the rep a lead is offered to next, in the router's order and with the same credits as an assignment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from models.playbook import Playbook
from models.routing.assignment.candidate import LeadToAssign, RepCandidate
from models.routing.assignment.pick import Picks, pick_reps
from models.routing.assignment.queue import escalate_at, next_try_at
from models.routing.assignment.router import LockedRouter, lock_router
from models.routing.offers.terms import open_to_partners


@dataclass(frozen=True, slots=True)
class UnofferedLead:
    """A lead with an open placement and no open offer."""

    id: int
    contact_id: int
    router: str
    lasts: int
    """Seconds."""
    passed_over_rep_id: int | None
    offered_to: list[int]

    @property
    def excluded_reps(self) -> frozenset[int]:
        """Each is asked once, and whoever has the lead now is not asked to take it."""
        return frozenset(
            self.offered_to if self.passed_over_rep_id is None else [*self.offered_to, self.passed_over_rep_id]
        )


@dataclass(frozen=True, slots=True)
class NextRep:
    """The rep who is offered the lead, and until when; the rest is for the assignment log."""

    rep_id: int
    expires_at: datetime
    router_number: int
    draw: float | None
    candidate_set_id: int | None


@dataclass(frozen=True, slots=True)
class RetryLater:
    """No rep who has not been asked yet is available; when to try again."""

    try_at: datetime
    escalate_at: datetime


NextInLine = NextRep | RetryLater | None
"""None when every rep was asked."""


def next_in_line(
    connection: Connection, playbook: Playbook, router: str, leads: Sequence[UnofferedLead], now: datetime
) -> Iterator[tuple[UnofferedLead, NextInLine]]:
    """For each lead the rep who is offered it next. Raises UnknownRouter for a router that does not exist."""
    locked = lock_router(connection, router)
    open_ = open_to_partners(connection, playbook, router, [lead.contact_id for lead in leads])
    for partners in (False, True):
        # Those who may be asked are looked at once for all leads of which the same have been asked before.
        part = sorted(
            (one for one in leads if (one.contact_id in open_) is partners), key=lambda one: sorted(one.excluded_reps)
        )
        if part:
            yield from _next(connection, playbook, locked, part, now, partners)


def _next(
    connection: Connection,
    playbook: Playbook,
    router: LockedRouter,
    leads: Sequence[UnofferedLead],
    now: datetime,
    partners: bool,
) -> Iterator[tuple[UnofferedLead, NextInLine]]:
    asked = [
        LeadToAssign(contact_id=lead.contact_id, reason="offered", excluded_reps=lead.excluded_reps) for lead in leads
    ]
    picks = pick_reps(connection, playbook, router, asked, now, partners=partners)
    ends: dict[tuple[int, int], datetime] = {}
    for lead in leads:
        turn = picks.by_contact.get(lead.contact_id)
        if turn is None:
            yield (
                lead,
                _retry_later(playbook, [one for one in picks.candidates if one.rep_id not in lead.excluded_reps], now),
            )
            continue
        key = (turn.candidate.rep_id, lead.lasts)
        ends[key] = ends.get(key) or _offer_end(turn.candidate, lead.lasts, now)
        yield lead, _next_rep(picks, lead, ends[key])


def _next_rep(picks: Picks, lead: UnofferedLead, expires_at: datetime) -> NextRep:
    turn = picks.by_contact[lead.contact_id]
    return NextRep(turn.candidate.rep_id, expires_at, turn.number, turn.draw, picks.sets[turn.candidate_set_index])


def _offer_end(person: RepCandidate, lasts: int, now: datetime) -> datetime:
    """By the time that they work; for who has so little of it that it never comes, by the clock."""
    length = timedelta(seconds=lasts)
    return person.hours.add(now, length) or now + length


def _retry_later(playbook: Playbook, people: Sequence[RepCandidate], now: datetime) -> RetryLater | None:
    coming = [person for person in people if person.available_again_at(now) is not None]
    return RetryLater(next_try_at(coming, now), escalate_at(playbook, coming, now)) if coming else None
