"""Who may get leads now, and why the others may not."""

from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from models.playbook import Playbook, current_playbook
from models.playbook.routing import Overload, RouterKind
from models.routing.assignment.candidate import RepCandidate
from models.routing.assignment.pool import WEIGHTED_KINDS
from models.routing.assignment.workload import Workload, workload
from models.values.working_hours import WorkingHours, read_week

WORK_COLUMNS = """rep.id, rep.hours, coalesce(rep.time_zone, team.time_zone) AS zone,
       (SELECT array_agg(ARRAY[first_day, last_day] ORDER BY first_day) FROM absence
        WHERE absence.rep_id = rep.id) AS away"""

REP_CANDIDATES = text(f"""
-- The members of a router, or everybody.
SELECT {WORK_COLUMNS}, rep.name, rep.email, rep.active, coalesce(team.partner, false) AS partner,
       rep.most_a_day, rep.most_open,
       coalesce(m.weight, 1) AS weight, coalesce(m.preferred, false) AS preferred, coalesce(m.credit, 0) AS credit,
       (SELECT coalesce(max(received), 0) FROM assignment WHERE router = :router AND rep_id = rep.id) AS received
FROM rep LEFT JOIN team ON team.id = rep.team_id
LEFT JOIN router ON router.name = :router
LEFT JOIN router_member m ON m.router_id = router.id AND m.rep_id = rep.id
WHERE CAST(:router AS text) IS NULL OR m.rep_id IS NOT NULL
ORDER BY m.position, rep.id
""")

LOCK_LIMITED_REPS = text("""
-- A rep who gets leads of several routers at once must not exceed the limit over all of them.
SELECT rep.id FROM router JOIN router_member m ON m.router_id = router.id JOIN rep ON rep.id = m.rep_id
WHERE router.name = :router AND (rep.most_a_day IS NOT NULL OR rep.most_open IS NOT NULL)
ORDER BY rep.id FOR NO KEY UPDATE OF rep
""")


def available_reps(
    connection: Connection, router: str | None, now: datetime, *, partners: bool = False
) -> list[RepCandidate]:
    """The members of a router, or everybody, who may get a lead at this moment, in the router's order."""
    playbook = current_playbook(connection)
    return [
        person for person in rep_candidates(connection, playbook, router, now, partners=partners) if not person.left_out
    ]


def rep_candidates(
    connection: Connection, playbook: Playbook, router: str | None, now: datetime, *, partners: bool = False
) -> list[RepCandidate]:
    """All members of a router (or all reps), each with the reason why they cannot get a lead now, if any.

    With `partners`, partner teams count too.
    """
    kind = next((one.kind for one in playbook.routers if one.name == router), RouterKind.ROUND_ROBIN)
    rows = connection.execute(REP_CANDIDATES, {"router": router}).all()
    counts = workload(connection, playbook, rows, kind, now)
    people = [_with_exclusion(_candidate(row, playbook, counts, kind), row, partners, now) for row in rows]
    return _reduce_weight_of_overloaded(people, playbook.routing.overload)


def lock_limited_reps(connection: Connection, router: str) -> None:
    """Lock the members with limits until the transaction ends, so that nobody else counts their leads meanwhile."""
    connection.execute(LOCK_LIMITED_REPS, {"router": router})


def _hours(row: Any, playbook: Playbook) -> WorkingHours:
    away = tuple((first, last) for first, last in row.away or [])
    week = read_week(row.hours) if row.hours else None
    return WorkingHours(row.zone or playbook.company.time_zone, week, away, playbook.company.holidays)


def _candidate(row: Any, playbook: Playbook, counts: Workload, kind: RouterKind) -> RepCandidate:
    return RepCandidate(
        rep_id=row.id,
        name=row.name,
        email=row.email,
        hours=_hours(row, playbook),
        weight=Fraction(row.weight if kind in WEIGHTED_KINDS else 1),
        preferred=row.preferred,
        credit=row.credit,
        received=row.received,
        open_leads=counts.open.get(row.id, 0),
        capacity_today=_capacity_left(row.most_a_day, counts.today.get(row.id, 0)),
        open_capacity=_capacity_left(row.most_open, counts.open.get(row.id, 0)),
        overloaded=row.id in counts.overloaded,
    )


def _capacity_left(most: int | None, has: int) -> int | None:
    return None if most is None else max(0, most - has)


def _with_exclusion(person: RepCandidate, row: Any, partners: bool, now: datetime) -> RepCandidate:
    """With the reason why they get nothing now, if there is one."""
    for_good = _permanent_exclusion(row, person, partners)
    if for_good:
        return replace(person, left_out=for_good, never_available=True)
    return replace(person, left_out=_current_exclusion(person, row, now))


def _permanent_exclusion(row: Any, person: RepCandidate, partners: bool) -> str | None:
    if not row.active:
        return "is not active"
    if row.partner and not partners:
        return "is a partner, who gets leads by offers only"
    return "has weight 0" if person.weight == 0 else None


def _current_exclusion(person: RepCandidate, row: Any, now: datetime) -> str | None:
    if person.hours.is_open(now):
        return person.limit_reason(0)
    today = now.astimezone(ZoneInfo(person.hours.zone)).date()
    return "is away" if any(first <= today <= last for first, last in row.away or []) else "is not at work"


def _reduce_weight_of_overloaded(people: list[RepCandidate], overload: Overload | None) -> list[RepCandidate]:
    """Unless that leaves nobody with a share."""
    if overload is None:
        return people
    less = Fraction(overload.weight)
    lowered = [replace(one, weight=one.weight * less) if one.overloaded else one for one in people]
    there = [one for one in lowered if one.left_out is None]
    if less == 0 and any(one.weight for one in there):
        return [_exclude_overloaded(one) if one.weight == 0 else one for one in lowered]
    return lowered if less else people


def _exclude_overloaded(person: RepCandidate) -> RepCandidate:
    return replace(person, weight=Fraction(1), left_out=person.left_out or "has fallen behind")
