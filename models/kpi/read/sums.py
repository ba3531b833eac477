"""The sums that KPIs are made of, read from the KPI tables: one statement a table, whatever is asked."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, text

from models.kpi.definitions.compute import Number
from models.kpi.definitions.kpi import Term
from models.kpi.read.question import Question
from models.kpi.versions import as_known
from models.tables.kpi import Dimension

Step = Literal["day", "week", "month"]


@dataclass(frozen=True)
class Cut:
    """How the answer is cut: by a dimension, or by team; and by day, week or month."""

    dimension: Dimension = Dimension.ALL
    by_team: bool = False
    step: Step | None = None

    @property
    def member(self) -> str:
        """SQL: of which member a row is."""
        return "CAST(team_id AS text)" if self.by_team else "member"

    @property
    def rows(self) -> str:
        """SQL: the rows that are about the dimension and the team of a question."""
        if self.by_team:
            return "dimension = 'all' AND team_id <> 0 AND (:team_id = 0 OR team_id = :team_id)"
        if self.dimension is Dimension.PERSON:
            # Their rows carry their team; there is none for all teams together.
            return "dimension = 'person' AND (:team_id = 0 OR team_id = :team_id)"
        return "dimension = :dimension AND team_id = :team_id"

    def begin(self, day: str) -> str:
        """SQL: the first day of the step that a day is in; null where there are no steps."""
        return f"CAST(date_trunc('{self.step}', {day}) AS date)" if self.step else "CAST(NULL AS date)"

    def values(self, question: Question) -> dict[str, Any]:
        """What its SQL needs, beside what it adds itself."""
        return {
            "dimension": self.dimension,
            "team_id": question.team_id,
            "first": question.period.first,
            "last": question.period.last,
            "known_at": question.known_at,
        }


class Cell(NamedTuple):
    """Of what a sum is."""

    member: str
    currency: str
    begin: date | None


Found = dict[Cell, dict[Term, Number]]


def read_sums(connection: Connection, question: Question, terms: Iterable[Term], cut: Cut) -> Found:
    """The sums by member, currency and step; what is 0 everywhere may be missing."""
    by_table: dict[tuple[str, str], set[Term]] = defaultdict(set)
    for term in terms:
        by_table[term.table, term.dated].add(term.unsigned)
    found: Found = defaultdict(dict)
    for (table, dated), wanted in sorted(by_table.items(), key=lambda item: item[0]):
        match table, dated:
            case "kpi_daily", _:
                _read_daily(connection, question, wanted, cut, found)
            case "kpi_cohort", _:
                _read_cohorts(connection, question, wanted, cut, found, by_goal=dated == "goal")
            case "kpi_funnel", _:
                _read_funnel(connection, question, wanted, cut, found, of_last_day=dated == "last day")
            case _:
                _read_messages(connection, question, wanted, cut, found)
    return found


def _read_daily(connection: Connection, question: Question, wanted: set[Term], cut: Cut, found: Found) -> None:
    rows = connection.execute(
        text(f"""
        SELECT {cut.member} AS member, currency, {cut.begin("day")} AS begin, measure,
               sum(count) AS count, sum(amount) AS amount,
               -- Floats add up to different last digits in different orders of rows.
               sum(CAST(value AS numeric)) AS value
        FROM kpi_daily
        WHERE {cut.rows} AND day BETWEEN :first AND :last AND measure = ANY(:measures)
          AND {as_known(question.known_at)}
        GROUP BY 1, 2, 3, 4"""),
        cut.values(question) | {"measures": sorted({term.name for term in wanted})},
    ).mappings()
    by_measure = defaultdict(list)
    for term in wanted:
        by_measure[term.name].append(term)
    for row in rows:
        for term in by_measure[row["measure"]]:
            if row[term.column] is not None:
                found[Cell(row["member"], row["currency"], row["begin"])][term] = row[term.column]


def _read_cohorts(
    connection: Connection, question: Question, wanted: set[Term], cut: Cut, found: Found, *, by_goal: bool
) -> None:
    day = "day + days" if by_goal else "day"
    rows = connection.execute(
        text(f"""
        SELECT {cut.member} AS member, {cut.begin(day)} AS begin, begin AS "from", goal,
               sum(count) AS count, coalesce(sum(count) FILTER (WHERE days >= 0), 0) AS after,
               coalesce(sum(count * days) FILTER (WHERE days >= 0), 0) AS days
        FROM kpi_cohort
        WHERE {cut.rows} AND (begin, goal) IN (SELECT * FROM unnest(CAST(:begins AS text[]), CAST(:goals AS text[])))
          AND {day} BETWEEN :first AND :last AND {as_known(question.known_at)}
        GROUP BY 1, 2, 3, 4"""),
        cut.values(question) | {"begins": [term.name for term in wanted], "goals": [term.goal for term in wanted]},
    )
    for row in rows.mappings():
        for term in wanted:
            if (term.name, term.goal) == (row["from"], row["goal"]):
                found[Cell(row["member"], "", row["begin"])][term] = row[term.column]


def _read_funnel(
    connection: Connection, question: Question, wanted: set[Term], cut: Cut, found: Found, *, of_last_day: bool
) -> None:
    columns = sorted({term.column for term in wanted})
    last = f"""day = (SELECT max(day) FROM kpi_funnel
                      WHERE dimension = 'all' AND team_id = 0 AND day <= :last AND {as_known(question.known_at)})
               AND day >= :first"""
    rows = connection.execute(
        text(f"""
        SELECT {cut.member} AS member, {cut.begin("day")} AS begin,
               {", ".join(f"sum(CAST({column} AS numeric)) AS {column}" for column in columns)}
        FROM kpi_funnel
        WHERE {cut.rows} AND {last if of_last_day and not cut.step else "day BETWEEN :first AND :last"}
          {_last_of_each_step(question, cut) if of_last_day and cut.step else ""}
          AND {as_known(question.known_at)}
        GROUP BY 1, 2"""),
        cut.values(question),
    )
    _store(rows, wanted, found)


def _last_of_each_step(question: Question, cut: Cut) -> str:
    return f"""AND day IN (SELECT max(day) FROM kpi_funnel
                           WHERE dimension = 'all' AND team_id = 0 AND day BETWEEN :first AND :last
                             AND {as_known(question.known_at)}
                           GROUP BY {cut.begin("day")})"""


def _read_messages(connection: Connection, question: Question, wanted: set[Term], cut: Cut, found: Found) -> None:
    """Mails are nobody's and of no team: journeys send them."""
    if question.team_id or cut.by_team or cut.dimension not in (Dimension.ALL, Dimension.JOURNEY):
        return
    columns = sorted({term.column for term in wanted})
    rows = connection.execute(
        text(f"""
        SELECT {"journey" if cut.dimension is Dimension.JOURNEY else "''"} AS member, {cut.begin("day")} AS begin,
               {", ".join(f"sum({column}) AS {column}" for column in columns)}
        FROM kpi_message
        WHERE day BETWEEN :first AND :last AND {as_known(question.known_at)}
        GROUP BY 1, 2"""),
        cut.values(question),
    )
    _store(rows, wanted, found)


def _store(rows: Any, wanted: set[Term], found: Found) -> None:
    for row in rows.mappings():
        for term in wanted:
            if row[term.column] is not None:
                found[Cell(row["member"], "", row["begin"])][term] = row[term.column]
