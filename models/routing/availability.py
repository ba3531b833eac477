"""Who may get leads now, and why the others may not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from models.playbook import Playbook, current
from models.playbook.routing import Overload, RouterKind
from models.routing.person import Person
from models.routing.pool import WEIGHTED_KINDS
from models.routing.workload import Workload, workload
from models.values.working_hours import WorkingHours, read_week

WORK = """rep.id, rep.hours, coalesce(rep.time_zone, team.time_zone) AS zone,
       (SELECT array_agg(ARRAY[first_day, last_day] ORDER BY first_day) FROM absence
        WHERE absence.rep_id = rep.id) AS away"""

HOURS = text(f"SELECT {WORK} FROM rep LEFT JOIN team ON team.id = rep.team_id WHERE rep.id = ANY(:reps)")

PEOPLE = text(f"""
-- The members of a router, or everybody.
SELECT {WORK}, rep.name, rep.email, rep.active, coalesce(team.partner, false) AS partner,
       rep.most_a_day, rep.most_open,
       coalesce(m.weight, 1) AS weight, coalesce(m.preferred, false) AS preferred, coalesce(m.credit, 0) AS credit,
       (SELECT coalesce(max(received), 0) FROM assignment WHERE router = :router AND rep_id = rep.id) AS received
FROM rep LEFT JOIN team ON team.id = rep.team_id
LEFT JOIN router ON router.name = :router
LEFT JOIN router_member m ON m.router_id = router.id AND m.rep_id = rep.id
WHERE CAST(:router AS text) IS NULL OR m.rep_id IS NOT NULL
ORDER BY m.position, rep.id
""")

HOLD_CAPPED = text("""
-- Whoever gets leads of several routers at once must not get more than they may in all.
SELECT rep.id FROM router JOIN router_member m ON m.router_id = router.id JOIN rep ON rep.id = m.rep_id
WHERE router.name = :router AND (rep.most_a_day IS NOT NULL OR rep.most_open IS NOT NULL)
ORDER BY rep.id FOR NO KEY UPDATE OF rep
""")


def available(connection: Connection, router: str | None, now: datetime, *, partners: bool = False) -> list[Person]:
    """The members of a router, or everybody, who may get a lead at this moment, in the router's order."""
    playbook = current(connection)
    return [person for person in everybody(connection, playbook, router, now, partners=partners) if not person.left_out]


def everybody(
    connection: Connection, playbook: Playbook, router: str | None, now: datetime, *, partners: bool = False
) -> list[Person]:
    """The same with those who are left out, and why. With `partners`, people of partner teams count as well."""
    kind = next((one.kind for one in playbook.routers if one.name == router), RouterKind.ROUND_ROBIN)
    rows = connection.execute(PEOPLE, {"router": router}).all()
    counts = workload(connection, playbook, rows, kind, now)
    people = [_judged(_person(row, playbook, counts, kind), row, partners, now) for row in rows]
    return _less_for_who_fell_behind(people, playbook.routing.overload)


def hold_capped(connection: Connection, router: str) -> None:
    """Lock the members with limits until the transaction ends, so that nobody else counts their leads meanwhile."""
    connection.execute(HOLD_CAPPED, {"router": router})


def hours_of(connection: Connection, reps: Sequence[int]) -> dict[int, WorkingHours]:
    """Salesperson -> when they work, with holidays and with the absences that are not over."""
    playbook = current(connection)
    return {row.id: _hours(row, playbook) for row in connection.execute(HOURS, {"reps": list(reps)})}


def _hours(row: Any, playbook: Playbook) -> WorkingHours:
    holidays = [(day, day) for day in playbook.company.holidays]
    away = (*holidays, *((first, last) for first, last in row.away or []))
    return WorkingHours(row.zone or playbook.company.time_zone, read_week(row.hours) if row.hours else None, away)


def _person(row: Any, playbook: Playbook, counts: Workload, kind: RouterKind) -> Person:
    return Person(
        rep_id=row.id,
        name=row.name,
        email=row.email,
        hours=_hours(row, playbook),
        weight=Fraction(row.weight if kind in WEIGHTED_KINDS else 1),
        preferred=row.preferred,
        credit=row.credit,
        received=row.received,
        open_leads=counts.open.get(row.id, 0),
        room_today=_room(row.most_a_day, counts.today.get(row.id, 0)),
        room_open=_room(row.most_open, counts.open.get(row.id, 0)),
        fallen_behind=row.id in counts.fallen_behind,
    )


def _room(most: int | None, has: int) -> int | None:
    return None if most is None else max(0, most - has)


def _judged(person: Person, row: Any, partners: bool, now: datetime) -> Person:
    """With the reason why they get nothing now, if there is one."""
    for_good = _never(row, person, partners)
    if for_good:
        return replace(person, left_out=for_good, closed=True)
    return replace(person, left_out=_not_now(person, row, now))


def _never(row: Any, person: Person, partners: bool) -> str | None:
    if not row.active:
        return "is not active"
    if row.partner and not partners:
        return "is a partner, who gets leads by offers only"
    return "has weight 0" if person.weight == 0 else None


def _not_now(person: Person, row: Any, now: datetime) -> str | None:
    if person.hours.is_open(now):
        return person.full(0)
    today = now.astimezone(ZoneInfo(person.hours.zone)).date()
    return "is away" if any(first <= today <= last for first, last in row.away or []) else "is not at work"


def _less_for_who_fell_behind(people: list[Person], overload: Overload | None) -> list[Person]:
    """Unless that leaves nobody with a share."""
    if overload is None:
        return people
    less = Fraction(overload.weight)
    lowered = [replace(one, weight=one.weight * less) if one.fallen_behind else one for one in people]
    there = [one for one in lowered if one.left_out is None]
    if less == 0 and any(one.weight for one in there):
        return [_without_a_share(one) if one.weight == 0 else one for one in lowered]
    return lowered if less else people


def _without_a_share(person: Person) -> Person:
    return replace(person, weight=Fraction(1), left_out=person.left_out or "has fallen behind")
