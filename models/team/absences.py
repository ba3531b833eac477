"""Absences of reps: noted and withdrawn by ops, in days of the rep's own time zone."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from models.team.typed_rep import NoSuchRep, typed_rep
from models.wording import full_date

LONGEST_ABSENCE = timedelta(days=366)

REP = text("""
-- Locked, so that two who note absences of one rep do so one after the other.
SELECT rep.id, rep.name, rep.active, coalesce(rep.time_zone, team.time_zone, (
    SELECT document #>> '{company,time_zone}' FROM playbook ORDER BY id DESC LIMIT 1), 'UTC') AS zone
FROM rep LEFT JOIN team ON team.id = rep.team_id WHERE rep.id = :rep FOR NO KEY UPDATE OF rep
""")

DELETE_OVERLAPPING = text("""
DELETE FROM absence WHERE rep_id = :rep AND first_day <= :last_day AND last_day >= :first_day
RETURNING first_day, last_day, reason
""")

INSERT_ABSENCE = text("""
INSERT INTO absence (rep_id, first_day, last_day, reason, noted_at) VALUES (:rep, :first_day, :last_day, :reason, :now)
""")

RECHECK_QUEUE = text("""
-- Queued leads. One that is locked is being assigned just now.
UPDATE placement SET try_at = :now
WHERE id IN (SELECT id FROM placement WHERE closed_at IS NULL AND try_at > :now FOR NO KEY UPDATE SKIP LOCKED)
""")

CURRENT_ABSENCES = text("""
SELECT rep.name AS "who", a.first_day AS "first day", a.last_day AS "last day",
       coalesce(a.reason, '') AS "reason"
FROM absence a JOIN rep ON rep.id = a.rep_id WHERE a.last_day >= :day ORDER BY a.first_day, rep.name
""")


class BadAbsence(ValueError):
    """Days or a person that make no absence; the sentence says what was found, and what was expected."""


def note_absence(
    connection: Connection, who: str, first_day: date, last_day: date, reason: str | None, now: datetime
) -> str:
    """Note that somebody is away from the first to the last day, and say so in a sentence.

    Absences that overlap become one. Noting the same again changes nothing. The caller commits.
    """
    person = _find_rep(connection, who)
    _check(person, first_day, last_day, now)
    days = {"rep": person.id, "first_day": first_day, "last_day": last_day}
    both = [*connection.execute(DELETE_OVERLAPPING, days), (first_day, last_day, reason)]
    first_day, last_day = min(begin for begin, _, _ in both), max(end for _, end, _ in both)
    reasons = [reason for _, _, noted in both if noted for reason in noted.split("; ")]
    _insert(connection, person, first_day, last_day, "; ".join(dict.fromkeys(reasons)) or None, now)
    return f"{person.name} is away from {full_date(first_day)} to {full_date(last_day)}"


def withdraw_absence(connection: Connection, who: str, first_day: date, last_day: date, now: datetime) -> str:
    """Note that somebody is there on these days after all; what is left of longer absences stays.

    Leads that wait for somebody are looked at again at once. The caller commits.
    """
    person = _find_rep(connection, who)
    days = {"rep": person.id, "first_day": first_day, "last_day": last_day}
    withdrawn = list(connection.execute(DELETE_OVERLAPPING, days))
    if not withdrawn:
        raise BadAbsence(f"{person.name} has no absence between {first_day} and {last_day}: nothing to withdraw.")
    for begin, end, reason in withdrawn:
        for first, last in ((begin, first_day - timedelta(days=1)), (last_day + timedelta(days=1), end)):
            if first <= last:
                _insert(connection, person, first, last, reason, now)
    connection.execute(RECHECK_QUEUE, {"now": now})
    return f"{person.name} is there from {full_date(first_day)} to {full_date(last_day)}"


def current_absences(connection: Connection, day: date) -> list[dict[str, Any]]:
    """Absences that are not over on a day, the nearest first, by the words that ops read."""
    return [dict(row) for row in connection.execute(CURRENT_ABSENCES, {"day": day}).mappings()]


def _insert(
    connection: Connection, person: Any, first_day: date, last_day: date, reason: str | None, now: datetime
) -> None:
    days = {"rep": person.id, "first_day": first_day, "last_day": last_day}
    connection.execute(INSERT_ABSENCE, days | {"reason": reason, "now": now})


def _find_rep(connection: Connection, typed: str) -> Any:
    """By name, number or email."""
    try:
        return connection.execute(REP, {"rep": typed_rep(connection, typed)}).one()
    except NoSuchRep as error:
        raise BadAbsence(str(error)) from None


def _check(person: Any, first_day: date, last_day: date, now: datetime) -> None:
    today = now.astimezone(ZoneInfo(person.zone)).date()
    if last_day < first_day:
        raise BadAbsence(f"The last day {last_day} is before the first, {first_day}. Exchange them.")
    if last_day < today:
        raise BadAbsence(f"{last_day} is over where {person.name} works: it is {today}. Give a last day to come.")
    if last_day - first_day > LONGEST_ABSENCE:
        raise BadAbsence(f"{first_day} to {last_day} is more than a year. Take who has left out of the playbook.")
