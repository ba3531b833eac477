"""The sums that KPIs are made of, read from the KPI tables: one statement a table, whatever is asked."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, text

from models.kpi.definitions.compute import Number
from models.kpi.definitions.kpi import Term
from models.kpi.read.question import Question
from models.kpi.read.stretches import Stretches, stretches
from models.kpi.versions import as_known
from models.tables.kpi import Dimension

Step = Literal["day", "week", "month", "quarter"]


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

    def rows(self, question: Question) -> str:
        """SQL: the rows that are about the dimension and the team of a question."""
        of_team = " AND team_id = :team_id" if question.team_id else ""
        if self.by_team:
            return f"dimension = 'all' AND team_id <> 0{of_team}"
        if self.dimension is Dimension.PERSON:
            # Their rows carry their team; there is none for all teams together.
            return f"dimension = 'person'{of_team}"
        return "dimension = :dimension AND team_id = :team_id"

    def stretches(self, question: Question) -> Stretches:
        """What sums are read from: days and weeks are no months."""
        has_months = self.step in (None, "month", "quarter")
        return stretches(question.period, question.totals_through if has_months else None)

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
    read = cut.stretches(question)
    where = f"{cut.rows(question)} AND measure = ANY(:measures) AND {as_known(question.known_at)}"

    def select(table: str, day: str, days: str) -> str:
        # Floats add up to different last digits in different orders of rows.
        return f"""
        SELECT {cut.member} AS member, currency, {cut.begin(day)} AS begin, measure, count, amount,
               CAST(value AS numeric) AS value
        FROM {table} WHERE {where} AND {day} {days}"""

    rows = connection.execute(
        text(f"""
        SELECT member, currency, begin, measure, sum(count) AS count, sum(amount) AS amount, sum(value) AS value
        FROM ({read.union(partial(select, "kpi_daily", "day"), partial(select, "kpi_monthly", "month"))}) AS counted
        GROUP BY 1, 2, 3, 4"""),
        cut.values(question) | read.values | {"measures": sorted({term.name for term in wanted})},
    ).mappings()
    by_measure = defaultdict(list)
    for term in wanted:
        by_measure[term.name].append(term)
    for row in rows:
        for term in by_measure[row["measure"]]:
            if row[term.column] is not None:
                found[Cell(row["member"], row["currency"], row["begin"])][term] = row[term.column]


COUNTED_COHORTS = """count, CASE WHEN days >= 0 THEN count ELSE 0 END AS after,
               CASE WHEN days >= 0 THEN CAST(count AS bigint) * days ELSE 0 END AS days"""


def _read_cohorts(
    connection: Connection, question: Question, wanted: set[Term], cut: Cut, found: Found, *, by_goal: bool
) -> None:
    read, dated = cut.stretches(question), "goal" if by_goal else "begin"
    pairs = sorted({(term.name, term.goal) for term in wanted})
    # Where the goal is in the period, kpi_cohort would have to be read as a whole.
    is_added_up = by_goal and question.totals_through is not None

    def select(table: str, day: str, sums: str, where: str, days: str) -> str:
        return f"""
        SELECT {cut.member} AS member, {cut.begin(day)} AS begin, begin AS "from", goal, {sums}
        FROM {table} JOIN unnest(CAST(:begins AS text[]), CAST(:goals AS text[])) AS pair (begin, goal)
          USING (begin, goal)
        WHERE {cut.rows(question)} AND {day} {days} AND {where} AND {as_known(question.known_at)}"""

    def of_totals(span: str, days: str) -> str:
        return select("kpi_cohort_total", "day", "count, after, days", f"span = '{span}' AND dated = '{dated}'", days)

    of_days = partial(select, "kpi_cohort", "day + days" if by_goal else "day", COUNTED_COHORTS, "true")
    counted = read.union(partial(of_totals, "day") if is_added_up else of_days, partial(of_totals, "month"))
    rows = connection.execute(
        text(f"""
        SELECT member, begin, "from", goal, sum(count) AS count, sum(after) AS after, sum(days) AS days
        FROM ({counted}) AS counted GROUP BY 1, 2, 3, 4"""),
        cut.values(question)
        | read.values
        | {"begins": [begin for begin, _ in pairs], "goals": [goal for _, goal in pairs]},
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
        WHERE {cut.rows(question)} AND {last if of_last_day and not cut.step else "day BETWEEN :first AND :last"}
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
