"""Which months a run adds up: those that have ended since the run before, and those of which something changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, text

from models.kpi.period import calendar_months
from models.kpi.window import CountingWindow
from models.wording import day_of

THROUGH_BEFORE = text("SELECT totals_through FROM kpi_run ORDER BY known_at DESC LIMIT 1")


def month_of(day: str) -> str:
    """SQL: the first day of the month that a day is in."""
    return f"CAST(date_trunc('month', CAST({day} AS timestamp)) AS date)"


def totals_through(window: CountingWindow) -> date:
    """The last day of the last month that is over when the run counts."""
    return calendar_months(day_of(window.known_at, window.zone.key)).first - timedelta(days=1)


@dataclass(frozen=True)
class MonthsToSum:
    """The months that are over, as a run finds them."""

    through: date
    """The last day of the last one."""
    before: date | None
    """Up to which the run before has added up; None: everything is to be added up."""

    @property
    def is_all(self) -> bool:
        """Whether everything is added up anew."""
        return self.before is None

    @property
    def ended(self) -> Sequence[date]:
        """The months that have ended since the run before, by their first days; none where everything is added up."""
        return sorted({calendar_months(day).first for day in self._days_since})

    def of(self, touched: Iterable[date]) -> Sequence[date]:
        """The months to be added up, if something has changed on these days: by their first days."""
        changed = {calendar_months(day).first for day in touched if day <= self.through}
        return sorted(changed | set(self.ended))

    @property
    def _days_since(self) -> Iterable[date]:
        if self.before is None:
            return ()
        return (self.before + timedelta(days=number) for number in range(1, (self.through - self.before).days + 1))


def months_to_sum(connection: Connection, window: CountingWindow) -> MonthsToSum:
    """Of the run of this window."""
    before = None if window.is_full else connection.execute(THROUGH_BEFORE).scalar()
    return MonthsToSum(totals_through(window), before)


def days_of(months: Iterable[date]) -> list[date]:
    """All days of these months: an index by day finds each of them."""
    periods = [calendar_months(month) for month in months]
    return [period.first + timedelta(days=number) for period in periods for number in range(period.days)]
