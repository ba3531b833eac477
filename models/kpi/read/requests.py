"""How long requests for a person waited, one by one: by kpi_wait and kpi_wait_day, and where a run has not gathered
them by their facts.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, text

from models.kpi.read.question import Question
from models.kpi.read.stretches import Stretches, stretches
from models.kpi.read.sums import Cut
from models.kpi.read.waits import Waits, known_at
from models.kpi.totals.waits import HOURS_OF_DAY, HOURS_OF_WEEK, SOON_SECONDS, sent
from models.kpi.versions import as_known
from models.orders.kaplan_meier import Lengths
from models.tables.kpi import Dimension

LENGTHS = {
    "first_contact": "contact",
    "first_contact_working": "contact_working",
    "first_talk": "talk",
    "first_talk_working": "talk_working",
}
"""What a request may lead to -> the column of kpi_wait with how long it took."""
MOMENTS = {"first_contact": "no_contact", "first_talk": "no_talk"}
"""-> the column with when those came that have not led to it. By working hours it is not known how long they wait."""

MONTHS = """
SELECT {member} AS member, requests, {columns} FROM kpi_wait WHERE {where} AND month {days} AND {known}
"""

DAYS = """
SELECT {member} AS member, sum(requests) AS requests, {columns} FROM kpi_wait_day
WHERE {where} AND day {days} AND {known} GROUP BY 1
"""

FACTS = """
SELECT member, count(*) AS requests, {columns} FROM (
    SELECT {member} AS member, max(at) FILTER (WHERE measure = 'request') AS at, {lengths}
    FROM kpi_fact f WHERE measure = ANY(:measures) AND day {days} AND {where} AND {known}
    GROUP BY 1, contact_id, ref HAVING bool_or(measure = 'request')
) AS request GROUP BY member
"""

BY_HOUR_OF_MONTHS = f"""
SELECT 0 AS first, {HOURS_OF_WEEK} AS hours, by_hour AS came, soon_by_hour AS soon
FROM kpi_wait WHERE {{where}} AND month {{days}} AND {{known}}
"""

BY_HOUR_OF_DAYS = f"""
SELECT {HOURS_OF_DAY} * (extract(isodow FROM day)::int - 1) AS first, {HOURS_OF_DAY} AS hours,
       string_agg(by_hour, ''::bytea) AS came, string_agg(soon_by_hour, ''::bytea) AS soon
FROM kpi_wait_day WHERE {{where}} AND day {{days}} AND {{known}} GROUP BY 1
"""

BY_HOUR_OF_FACTS = f"""
-- What became of a request says when it came: it waited for so many seconds.
SELECT 0 AS first, {HOURS_OF_WEEK} AS hours,
       {sent("coalesce(came, 0)", order="number")} AS came, {sent("coalesce(soon, 0)", order="number")} AS soon
FROM generate_series(0, :hours - 1) AS number LEFT JOIN (
    SELECT 24 * (extract(isodow FROM came.at AT TIME ZONE :zone)::int - 1)
           + extract(hour FROM came.at AT TIME ZONE :zone)::int AS number,
           count(*) FILTER (WHERE measure = 'request') AS came, count(*) FILTER (WHERE measure <> 'request') AS soon
    FROM kpi_fact f, LATERAL (
        SELECT CASE measure WHEN 'request' THEN at ELSE at - value * interval '1 second' END AS at) AS came
    WHERE (measure = 'request' OR measure = 'first_contact' AND value <= :soon)
      AND measure IN ('request', 'first_contact') AND day {{days}} AND {{where}} AND {{known}}
    GROUP BY 1
) AS counted USING (number)
"""

SENT = np.dtype(">f8")
"""A number as `float8send` writes it."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RequestsByHour:
    """How many requests came in each hour of the week, from Monday 0 h, and how many of them were followed up within
    half an hour.
    """

    came: Numbers
    soon: Numbers


def read_response_waits(
    connection: Connection, question: Question, goals: Collection[str], cut: Cut
) -> dict[str, dict[str, Waits]]:
    """By goal, such as `first_contact`, and member: the seconds from each request of the period to the goal.

    A wait by working hours is not known while it lasts, so who waits has waited as long as anybody.
    """
    columns = _columns(goals)
    requests: dict[str, int] = defaultdict(int)
    found: dict[tuple[str, str], list[bytes]] = defaultdict(list)
    for row in connection.execute(text(_waits(question, cut, goals)), _values(question, cut, goals)).mappings():
        requests[row["member"]] += row["requests"]
        for column in columns:
            found[row["member"], column].append(row[column])
    counted_at = known_at(connection, question)

    def waits_of(goal: str, member: str) -> Waits:
        happened = Lengths.counted(_numbers(found[member, LENGTHS[goal]]))
        if goal not in MOMENTS:
            return Waits(happened, Lengths.of([(inf, requests[member] - happened.total)]))
        # Without a run nothing was counted, and nobody waits.
        now = counted_at.timestamp() if counted_at else 0.0
        return Waits(happened, Lengths.counted(np.maximum(0.0, now - _numbers(found[member, MOMENTS[goal]]))))

    return {goal: {member: waits_of(goal, member) for member in sorted(requests)} for goal in goals}


def read_requests_by_hour(connection: Connection, question: Question, zone: str) -> RequestsByHour:
    """Of the requests of the period, by the clock of a time zone: that of the company, as kpi_wait has them."""
    about = {"where": _of_team(question), "known": as_known(question.known_at)}
    read = stretches(question.period, question.totals_through)
    of_days = BY_HOUR_OF_DAYS if question.has_day_waits else BY_HOUR_OF_FACTS
    query = read.union(
        lambda days: of_days.format(days=days, **about),
        lambda days: BY_HOUR_OF_MONTHS.format(days=days, **about),
    )
    values = _values(question, Cut(), ()) | {"zone": zone, "soon": SOON_SECONDS, "hours": HOURS_OF_WEEK}
    came, soon = np.zeros(HOURS_OF_WEEK), np.zeros(HOURS_OF_WEEK)
    for row in connection.execute(text(query), values):
        hours = slice(row.first, row.first + row.hours)
        came[hours] += _numbers([row.came]).reshape(-1, row.hours).sum(axis=0)
        soon[hours] += _numbers([row.soon]).reshape(-1, row.hours).sum(axis=0)
    return RequestsByHour(came, soon)


def _columns(goals: Collection[str]) -> list[str]:
    return [*(LENGTHS[goal] for goal in goals), *(MOMENTS[goal] for goal in goals if goal in MOMENTS)]


def _waits(question: Question, cut: Cut, goals: Collection[str]) -> str:
    """SQL: by member the columns, as kpi_wait has them: numbers of a million requests are not read one by one."""
    about = {"member": _member(cut), "where": _of_team(question, cut), "known": as_known(question.known_at)}
    read, columns = _stretches(question, cut), _columns(goals)
    if not (question.has_day_waits and _has_salespeople(cut)):
        facts = _facts(goals)
        return read.union(
            lambda days: FACTS.format(days=days, **facts, **about),
            lambda days: MONTHS.format(days=days, columns=", ".join(columns), **about),
        )
    together = ", ".join(f"string_agg({column}, ''::bytea) AS {column}" for column in columns)
    return read.union(
        lambda days: DAYS.format(days=days, columns=together, **about),
        lambda days: MONTHS.format(days=days, columns=", ".join(columns), **about),
    )


def _facts(goals: Collection[str]) -> dict[str, str]:
    """SQL: what FACTS makes of facts."""
    length = "max(coalesce(value, 'infinity')) FILTER (WHERE measure = '{goal}') AS {column}"
    lengths = ", ".join(length.format(goal=goal, column=LENGTHS[goal]) for goal in goals)
    gathered = [f"{sent(LENGTHS[goal], f'{LENGTHS[goal]} IS NOT NULL')} AS {LENGTHS[goal]}" for goal in goals]
    gathered += [
        f"{sent('extract(epoch FROM at)', f'{LENGTHS[goal]} IS NULL')} AS {MOMENTS[goal]}"
        for goal in goals
        if goal in MOMENTS
    ]
    return {"columns": ", ".join(gathered), "lengths": lengths}


def _stretches(question: Question, cut: Cut) -> Stretches:
    return stretches(question.period, question.totals_through if _has_salespeople(cut) else None)


def _has_salespeople(cut: Cut) -> bool:
    """Whether kpi_wait and kpi_wait_day have what is asked for: they are of salespeople and teams alone."""
    return cut.dimension in (Dimension.ALL, Dimension.PERSON)


def _values(question: Question, cut: Cut, goals: Collection[str]) -> dict[str, Any]:
    about = {"measures": ["request", *goals], "team_id": question.team_id, "known_at": question.known_at}
    return about | _stretches(question, cut).values


def _of_team(question: Question, cut: Cut | None = None) -> str:
    """SQL: whether a fact or a row of kpi_wait is in the question."""
    return "team_id = :team_id" if question.team_id else "team_id <> 0" if cut and cut.by_team else "true"


def _member(cut: Cut) -> str:
    """SQL: of which member a fact or a row of kpi_wait is."""
    if cut.by_team:
        return "CAST(team_id AS text)"
    return {Dimension.ALL: "''", Dimension.PERSON: "CAST(rep_id AS text)"}.get(cut.dimension, cut.dimension.value)


def _numbers(sent_parts: Iterable[bytes]) -> Numbers:
    return np.frombuffer(b"".join(sent_parts), SENT).astype(float)
