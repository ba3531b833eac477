"""How long it takes from one milestone to another, for all who came to the first: those who wait are counted in."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from math import inf

import numpy as np
from sqlalchemy import Connection, text

from models.kpi.definitions.compute import Times
from models.kpi.definitions.kpi import MedianWait
from models.kpi.read.question import Question
from models.kpi.read.sums import Cut
from models.kpi.versions import as_known
from models.orders.kaplan_meier import SurvivalCurve, weighted_survival_curve
from models.tables.kpi import Dimension


@dataclass(frozen=True)
class Waits:
    """How long it took those to whom it has happened, and how long the others have waited. Seconds or days."""

    happened: Times = field(default_factory=list)
    waiting: Times = field(default_factory=list)

    @property
    def n(self) -> int:
        """How many there are, all together."""
        return self.happened_count + self.waiting_count

    @property
    def happened_count(self) -> int:
        """To how many it has happened."""
        return sum(count for _, count in self.happened)

    @property
    def waiting_count(self) -> int:
        """How many still wait."""
        return sum(count for _, count in self.waiting)

    def curve(self) -> SurvivalCurve | None:
        """The share that still waits, over time; None where it has happened to nobody."""
        return weighted_survival_curve(self.happened, self.waiting) if self.happened_count else None


def known_at(connection: Connection, question: Question) -> datetime | None:
    """When what is reported was counted: the last run, or the last one by the moment that is asked for."""
    found: datetime | None = connection.execute(
        text("SELECT max(known_at) FROM kpi_run WHERE CAST(:at AS timestamptz) IS NULL OR known_at <= :at"),
        {"at": question.known_at},
    ).scalar()
    return found


def _known_day(connection: Connection, at: datetime) -> date:
    """The day of a run by the company's clock at that time, by which days are told."""
    zone = "coalesce(CAST(nullif(settings, '') AS jsonb) ->> 'zone', 'UTC')"
    query = text(f"SELECT CAST(known_at AT TIME ZONE {zone} AS date) FROM kpi_run WHERE known_at = :at")
    found: date = connection.execute(query, {"at": at}).scalar_one()
    return found


def read_response_waits(connection: Connection, question: Question, how: MedianWait, cut: Cut) -> dict[str, Waits]:
    """By member: seconds from each request of the period to its goal, such as `first_contact`, by kpi_fact.

    A wait by working hours is not known while it lasts, so who waits has waited as long as anybody.
    """
    member, where = _fact_cut(cut, question)
    is_known_while_it_lasts = not how.goal.endswith("_working")
    query = CLOCK_WAITS if is_known_while_it_lasts else WORKING_WAITS
    known = {"known": as_known(question.known_at, "f"), "done_known": as_known(question.known_at, "done")}
    rows = connection.execute(
        text(query.format(member=member, where=where, **known)),
        {
            "goal": how.goal,
            "first": question.period.first,
            "last": question.period.last,
            "known_at": question.known_at,
            "counted_at": known_at(connection, question) if is_known_while_it_lasts else None,
            "team_id": question.team_id,
        },
    )
    waits: dict[str, Waits] = defaultdict(Waits)
    for of, happened, waiting, unknown in rows:
        waits[of].happened.extend(_counted(happened or []))
        waits[of].waiting.extend(_counted(waiting or []))
        if unknown:
            waits[of].waiting.append((inf, unknown))
    return dict(waits)


CLOCK_WAITS = """
SELECT {member} AS member,
       array_agg(CAST(done.value AS float)) FILTER (WHERE done.contact_id IS NOT NULL) AS happened,
       array_agg(CAST(greatest(0, extract(epoch FROM CAST(:counted_at AS timestamptz) - f.at)) AS float))
           FILTER (WHERE done.contact_id IS NULL) AS waiting,
       0 AS unknown
FROM kpi_fact f
LEFT JOIN kpi_fact done ON done.contact_id = f.contact_id AND done.ref = f.ref AND done.measure = :goal
  AND done.day BETWEEN :first AND :last AND {done_known}
WHERE f.measure = 'request' AND f.day BETWEEN :first AND :last AND {known} AND {where}
GROUP BY 1
"""

WORKING_WAITS = """
-- What became of a request stands on its day and has its owner. So who waits is how many more requests there are.
SELECT {member} AS member,
       array_agg(CAST(coalesce(f.value, 'infinity') AS float)) FILTER (WHERE f.measure = :goal) AS happened,
       CAST(NULL AS float[]) AS waiting,
       count(*) FILTER (WHERE f.measure = 'request') - count(*) FILTER (WHERE f.measure = :goal) AS unknown
FROM kpi_fact f
WHERE f.measure IN ('request', :goal) AND f.day BETWEEN :first AND :last AND {known} AND {where}
GROUP BY 1
"""


def read_days_waits(connection: Connection, question: Question, how: MedianWait, cut: Cut) -> dict[str, Waits]:
    """By member: whole days from the beginning, in the period, to the goal, by kpi_cohort and kpi_daily.

    Whoever had come to the goal before they began is left out: they say nothing about how long it takes.
    """
    at = known_at(connection, question)
    if at is None:
        return {}
    # By product the goal is what was bought, of whatever lead: everybody could have bought each product.
    everybody = Cut() if cut.dimension is Dimension.PRODUCT and how.goal == "bought" else cut
    values = cut.values(question) | {"begin": how.begin, "goal": how.goal, "known_day": _known_day(connection, at)}
    came = connection.execute(
        text(f"""
        SELECT {cut.member} AS member, day, days, sum(count) AS number FROM kpi_cohort
        WHERE {cut.rows} AND begin = :begin AND goal = :goal AND day BETWEEN :first AND :last
          AND {as_known(question.known_at)}
        GROUP BY 1, 2, 3"""),
        values,
    ).all()
    began = connection.execute(
        text(f"""
        SELECT {everybody.member} AS member, day, greatest(0, CAST(:known_day AS date) - day) AS age,
               sum(count) AS number
        FROM kpi_daily
        WHERE {everybody.rows} AND measure = :begin AND day BETWEEN :first AND :last
          AND {as_known(question.known_at)}
        GROUP BY 1, 2"""),
        values | everybody.values(question),
    ).all()
    waits: dict[str, Waits] = defaultdict(Waits)
    gone: dict[tuple[str, date], int] = defaultdict(int)
    for member, day, days, number in came:
        gone[member, day] += number
        if days >= 0:
            waits[member].happened.append((days, number))
    for of, day, age, number in began:
        for member in [of] if everybody is cut else list(waits):
            left = number - gone[member, day]
            if left > 0:
                waits[member].waiting.append((age, left))
    return dict(waits)


def _fact_cut(cut: Cut, question: Question) -> tuple[str, str]:
    """SQL over kpi_fact as `f`: (of which member it is, whether it is in the question)."""
    where = "f.team_id = :team_id" if question.team_id else "f.team_id <> 0" if cut.by_team else "true"
    if cut.by_team:
        return "CAST(f.team_id AS text)", where
    members = {
        Dimension.ALL: "''",
        Dimension.PERSON: "CAST(f.rep_id AS text)",
        Dimension.SOURCE: "f.source",
        Dimension.PRODUCT: "f.product",
        Dimension.JOURNEY: "f.journey",
    }
    return members[cut.dimension], where


def _counted(lengths: Sequence[float]) -> Times:
    times, counts = np.unique(np.array(lengths, dtype=float), return_counts=True)
    return list(zip(times.tolist(), counts.tolist(), strict=True))
