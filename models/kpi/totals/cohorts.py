"""kpi_cohort_total: kpi_cohort added up by the day of the goal, and by month.

Cells of kpi_cohort change for months after the day on which they begin. So what a run has put into them and taken out
of them is added to the sums; they are whole numbers, and come to what adding all up would.
"""

from typing import Any

from sqlalchemy import Connection, text

from models.kpi.counting.cells import same_cell
from models.kpi.totals.months import MonthsToSum, days_of, month_of, months_to_sum
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CountingWindow
from models.tables.kpi import KpiCohortTotal

CELL = "begin, goal, dimension, team_id, member"

SUMS = """sum(count)::int AS count, coalesce(sum(count) FILTER (WHERE days >= 0), 0)::int AS after,
       coalesce(sum(count::bigint * days) FILTER (WHERE days >= 0), 0)::bigint AS days"""

TOTALS = """sum(count)::int AS count, sum(after)::int AS after, sum(days)::bigint AS days"""

NOW = "known_until IS NULL"


def count_cohort_totals(connection: Connection, window: CountingWindow) -> VersionCount:
    """Add up what has changed in kpi_cohort; of a full count all of it."""
    summed = months_to_sum(connection, window)
    counts = [
        _count_arrivals(connection, window, summed),
        _add_up_arrivals(connection, window, summed),
        _count_months_of_begin(connection, window, summed),
    ]
    return VersionCount(sum(one.closed for one in counts), sum(one.added for one in counts))


def _count_arrivals(connection: Connection, window: CountingWindow, summed: MonthsToSum) -> VersionCount:
    """By the day of the goal."""
    day = "day + days"
    if summed.is_all:
        return _store(connection, window, _sum("day", "goal", day, "kpi_cohort", NOW), "true", span="day", dated="goal")
    return _store_change(connection, window, _sum("day", "goal", day, "cohort_change", "true"), "day", "goal")


def _add_up_arrivals(connection: Connection, window: CountingWindow, summed: MonthsToSum) -> VersionCount:
    """By the month of the goal: its days added up."""
    changed = () if summed.is_all else connection.execute(CHANGED_DAYS, {"known_at": window.known_at}).scalars()
    months = summed.of(changed)
    days = "true" if summed.is_all else "day = ANY(:days)"
    select = f"""
SELECT 'month' AS span, 'goal' AS dated, {month_of("day")} AS day, {CELL}, {TOTALS}
FROM kpi_cohort_total WHERE {NOW} AND span = 'day' AND dated = 'goal' AND day <= :through AND {days}
GROUP BY {month_of("day")}, {CELL}"""
    scope = "true" if summed.is_all else "old.day = ANY(:months)"
    values = {"through": summed.through, "months": months, "days": days_of(months)}
    return _store(connection, window, select, scope, span="month", dated="goal", **values)


CHANGED_DAYS = text("""
SELECT DISTINCT day FROM kpi_cohort_total
WHERE span = 'day' AND dated = 'goal' AND (known_until = :known_at OR known_until IS NULL AND known_from = :known_at)
""")


def _count_months_of_begin(connection: Connection, window: CountingWindow, summed: MonthsToSum) -> VersionCount:
    """By the month of the beginning."""
    month = month_of("day")
    if summed.is_all:
        select = _sum("month", "begin", month, "kpi_cohort", f"{NOW} AND day <= :through")
        return _store(connection, window, select, "true", span="month", dated="begin", through=summed.through)
    added = _sum("month", "begin", month, "cohort_change", "day <= :before")
    ended = _sum("month", "begin", month, "kpi_cohort", f"{NOW} AND day = ANY(:ended)")
    values: dict[str, Any] = {"before": summed.before, "ended": days_of(summed.ended)}
    return _store_change(connection, window, f"{added} UNION ALL {ended}", "month", "begin", **values)


def _sum(span: str, dated: str, day: str, table: str, where: str) -> str:
    """SQL: rows of kpi_cohort, or what is to be added to them, as sums."""
    return f"""
SELECT '{span}' AS span, '{dated}' AS dated, {day} AS day, {CELL}, {SUMS}
FROM {table} WHERE {where} GROUP BY {day}, {CELL}"""


def _store_change(
    connection: Connection, window: CountingWindow, change: str, span: str, dated: str, **values: Any
) -> VersionCount:
    """Add what `change` yields to the cells that it names."""
    connection.execute(text("DROP TABLE IF EXISTS cohort_total_change"))
    connection.execute(text(f"CREATE TEMP TABLE cohort_total_change ON COMMIT DROP AS {change}"), values)
    connection.execute(text("ANALYZE cohort_total_change"))
    select = f"""
SELECT * FROM (
    SELECT c.span, c.dated, c.day, c.begin, c.goal, c.dimension, c.team_id, c.member,
           c.count + coalesce(o.count, 0) AS count, c.after + coalesce(o.after, 0) AS after,
           c.days + coalesce(o.days, 0) AS days
    FROM cohort_total_change c
    LEFT JOIN kpi_cohort_total o ON o.known_until IS NULL AND {same_cell(KpiCohortTotal, "o", "c")}
) AS cells WHERE count <> 0"""
    scope = f"EXISTS (SELECT FROM cohort_total_change c WHERE {same_cell(KpiCohortTotal, 'c', 'old')})"
    return _store(connection, window, select, scope, span=span, dated=dated)


def _store(
    connection: Connection, window: CountingWindow, select: str, scope: str, *, span: str, dated: str, **values: Any
) -> VersionCount:
    return store_versions(
        connection,
        KpiCohortTotal,
        select,
        values | {"span": span, "dated": dated},
        scope=f"old.span = :span AND old.dated = :dated AND {scope}",
        known_at=window.known_at,
    )
