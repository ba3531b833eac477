"""A period as the months in it that are added up already, and the days before and after them. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from models.kpi.period import Period, calendar_months


@dataclass(frozen=True)
class Stretches:
    """What a sum over a period is read from."""

    months: Period | None
    """Whole months; None: none of them are added up."""
    days: tuple[Period, ...]
    """The other days."""

    def union(self, of_days: Callable[[str], str], of_months: Callable[[str], str]) -> str:
        """SQL: the rows of all stretches. Both are given SQL such as `BETWEEN :first_0 AND :last_0`, see `values`."""
        parts = [of_days(f"BETWEEN :first_{place} AND :last_{place}") for place in range(len(self.days))]
        if self.months:
            parts.append(of_months("BETWEEN :first_month AND :last_month"))
        return " UNION ALL ".join(parts)

    @property
    def values(self) -> dict[str, Any]:
        """What that SQL binds."""
        bound = {f"first_{place}": days.first for place, days in enumerate(self.days)}
        bound |= {f"last_{place}": days.last for place, days in enumerate(self.days)}
        return bound | ({"first_month": self.months.first, "last_month": self.months.last} if self.months else {})


def stretches(period: Period, totals_through: date | None) -> Stretches:
    """Of a period; months are added up as far as `totals_through`, the last day of one, None: none are."""
    if totals_through is None:
        return Stretches(None, (period,))
    # A period that begins or ends within a month has that month as days.
    first = calendar_months(period.first - timedelta(days=1)).last + timedelta(days=1)
    last = min(calendar_months(period.last + timedelta(days=1)).first - timedelta(days=1), totals_through)
    if last < first:
        return Stretches(None, (period,))
    before = (Period(period.first, first - timedelta(days=1)),) if period.first < first else ()
    after = (Period(last + timedelta(days=1), period.last),) if last < period.last else ()
    return Stretches(Period(first, last), before + after)
