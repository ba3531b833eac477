"""kpi_daily: what was counted on each day, from the facts of that day."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from models.kpi.counting.cells import CUT_COLUMNS, cut
from models.kpi.measures import FACTS, MEASURES
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CountingWindow
from models.tables.kpi import KpiDaily

KEY = ("day", "measure", "currency")

SUMS = """count(*) AS count, sum(amount) AS amount,
       -- Numbers with decimals add up to the same in whatever order; floats do not.
       round(sum(value::numeric), 6)::float AS value, sum(amount * amount) AS amount_squares"""


def count_daily(connection: Connection, window: CountingWindow) -> VersionCount:
    """Count the days on which facts changed, and those that were asked for; all days of a full count.

    A measure with money has a row for each currency, and `count` is that of the row: all of them are its sum.
    """
    days = sorted({*window.touched, *(_days(window) if not window.is_full else ())})
    scope = "true" if window.is_full else "old.day = ANY(:days)"
    values = {"days": days, "measures": [measure.name for measure in FACTS]}
    select = cut(_counted("true" if window.is_full else "f.day = ANY(:days)"), KEY, SUMS)
    return store_versions(connection, KpiDaily, select, values, scope=scope, known_at=window.known_at)


def _days(window: CountingWindow) -> Sequence[date]:
    return [date.fromordinal(day) for day in range(window.first.toordinal(), window.last.toordinal() + 1)]


def _counted(where: str) -> str:
    """Each fact as what it counts for; some count for several measures."""
    derived = (
        f"SELECT '{measure.name}', {_columns()} AND f.measure = '{measure.facts}' AND {measure.where or 'true'}"
        for measure in MEASURES
        if measure.fact
    )
    plain = f"SELECT f.measure, {_columns()} AND f.measure = ANY(:measures)"
    return "\nUNION ALL ".join(f"{select} AND {where}" for select in (plain, *derived))


def _columns() -> str:
    return f"""f.day, f.currency, f.amount, f.value, {CUT_COLUMNS}
FROM kpi_fact f WHERE f.known_until IS NULL"""
