"""Choosing who gets leads of a router, and paying for it: what giving and offering have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from models.geo.distance import distances
from models.playbook import Playbook
from models.playbook.routing import RouterKind
from models.routing.availability import everybody, hold_capped
from models.routing.candidate_sets import keep, newest
from models.routing.distribute import Turn, deal
from models.routing.person import Lead, Person
from models.routing.pool import Measures
from models.routing.rep_performance import performance
from models.routing.router import LockedRouter, remember


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whose turn it is for each lead, and everybody who was looked at."""

    turns: dict[int, Turn]
    """By contact; leads that nobody could have are missing."""
    sets: list[int | None]
    """The candidate sets that turns point into."""
    people: list[Person]


def choose(
    connection: Connection,
    playbook: Playbook,
    router: LockedRouter,
    leads: Sequence[Lead],
    now: datetime,
    *,
    partners: bool = False,
) -> Chosen:
    """Take everybody's turn for these leads, one lead per contact; whoever is chosen has paid for it."""
    hold_capped(connection, router.name)
    people = everybody(connection, playbook, router.name, now, partners=partners)
    before = newest(connection, router.name)
    measures = _measures(connection, router.kind, leads, people, now)
    dealt = deal(router, people, leads, measures, before.stayed())
    if not dealt.turns:
        return Chosen({}, [], people)
    sets = keep(connection, router.name, before, dealt.candidates, now)
    remember(connection, router, router.given + len(dealt.turns), dealt.credits)
    return Chosen({turn.lead.contact_id: turn for turn in dealt.turns}, sets, people)


def _measures(
    connection: Connection, kind: RouterKind, leads: Sequence[Lead], people: Sequence[Person], now: datetime
) -> Measures:
    reps = [person.rep_id for person in people]
    match kind:
        case RouterKind.NEAREST:
            return Measures(kilometres=distances(connection, [lead.contact_id for lead in leads], reps))
        case RouterKind.BEST_PERFORMER:
            return Measures(performance=performance(connection, reps, now))
    return Measures()
