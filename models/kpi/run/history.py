"""The runs of the report: which there were, what each of them found different of the past, and what was known when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text
from sqlmodel import col, select

from models.kpi.window import CountingWindow
from models.tables.kpi import KpiRun
from models.wording import day_of, full_date, money, number

DIFFERENT = text("""
-- Of each day, measure and currency: what was reported before this run, and what it reports.
WITH old AS (
    SELECT * FROM kpi_daily
    WHERE known_until = :known_at AND known_from < :known_at AND dimension = 'all' AND team_id = 0
), new AS (
    SELECT * FROM kpi_daily WHERE known_until IS NULL AND known_from = :known_at AND dimension = 'all' AND team_id = 0
)
SELECT d.*, count(*) OVER () AS in_all FROM (
    SELECT day, measure, currency, what, before, after
    FROM old FULL JOIN new USING (day, measure, currency), LATERAL (VALUES
        (0, 'count', coalesce(old.count, 0)::numeric, coalesce(new.count, 0)::numeric),
        (1, 'amount', old.amount, new.amount),
        (2, 'value', old.value::numeric, new.value::numeric)) AS v (place, what, before, after)
    WHERE before IS DISTINCT FROM after AND day < :reported ORDER BY day DESC, measure, currency, place
) AS d LIMIT :most
""")


@dataclass(frozen=True)
class PastChange:
    """One number of a day that had been reported, and is another one now."""

    day: date
    measure: str
    what: str
    """count, amount (in `currency`), or value (in the measure's unit)."""
    currency: str
    before: float | None
    after: float | None

    def as_json(self) -> dict[str, Any]:
        """As `kpi_run.changed` keeps it."""
        return vars(self) | {"day": self.day.isoformat()}

    def words(self) -> str:
        """`2 Mar 2026: order 12, was 13`."""
        name = self.measure if self.what == "count" else f"{self.measure} ({self.what})"
        return f"{full_date(self.day)}: {name} {self._number(self.after)}, was {self._number(self.before)}"

    def _number(self, value: float | None) -> str:
        if value is None:
            return "none"
        return money(value, self.currency) if self.what == "amount" else number(value)


def changes_of(connection: Connection, window: CountingWindow, most: int) -> tuple[list[PastChange], int]:
    """(What the run of this window found different on days before the one of the last run, how many there are in all).

    The day of the last run itself had not ended then, so it is not of the past. The newest days come first.
    """
    if window.known_before is None:
        return [], 0
    reported = day_of(window.known_before, window.zone.key)
    rows = connection.execute(DIFFERENT, {"known_at": window.known_at, "reported": reported, "most": most}).all()
    changes = [
        PastChange(row.day, row.measure, row.what, row.currency, _float(row.before), _float(row.after)) for row in rows
    ]
    return changes, rows[0].in_all if rows else 0


def read_changes(run: KpiRun) -> list[PastChange]:
    """The changes that a stored run lists."""
    return [PastChange(**(one | {"day": date.fromisoformat(one["day"])})) for one in run.changed]


def last_run(connection: Connection) -> KpiRun | None:
    """The newest run; None before the first."""
    return _one(connection, select(KpiRun).order_by(col(KpiRun.known_at).desc()).limit(1))


def runs(connection: Connection, most: int = 100) -> Sequence[KpiRun]:
    """The runs that there were, the newest first."""
    query = select(KpiRun).order_by(col(KpiRun.known_at).desc()).limit(most)
    return [_run(row) for row in connection.execute(query)]


def run_known_on(connection: Connection, day: date, zone: str) -> KpiRun | None:
    """The last run by the end of a day in a time zone, which wrote what was reported then; None if there was none."""
    end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return _one(
        connection, select(KpiRun).where(col(KpiRun.known_at) < end).order_by(col(KpiRun.known_at).desc()).limit(1)
    )


def nothing_reported(connection: Connection, day: date, zone: str) -> str:
    """Why there is nothing to show as known on a day, in a sentence."""
    first = connection.execute(select(KpiRun.known_at).order_by(col(KpiRun.known_at)).limit(1)).scalar()
    if first is None:
        return "Nothing has been reported yet: the report is counted every night."
    return f"By {full_date(day)} nothing had been reported: the first report is of {full_date(day_of(first, zone))}."


def _one(connection: Connection, query: Any) -> KpiRun | None:
    row = connection.execute(query).one_or_none()
    return None if row is None else _run(row)


def _run(row: Any) -> KpiRun:
    return KpiRun(**row._mapping)


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
