"""From sums to the value of a KPI, with what chance may have done to it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import inf

from models.kpi.definitions.kpi import How, Kept, MedianWait, Ratio, Sum, Term, Total, Velocity, WeeklyTotal
from models.kpi.interval import count_interval, share_interval
from models.orders.kaplan_meier import Lengths, weighted_survival_curve
from models.orders.time_to_buy import horizon_of
from models.tables.kpi import Unit

Number = int | float | Decimal
Sums = Mapping[Term, Number]
"""By terms without sign. What is not in it is 0."""


@dataclass(frozen=True, kw_only=True)
class Computed:
    """A value and what it was made of. None: there is nothing to divide by, or nothing that would say so."""

    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    low: float | None = None
    high: float | None = None
    """Between which the truth lies, at 95%; None where that is not known."""
    n: int = 0
    """How many things it is about."""


def compute(how: How, sums: Sums, unit: Unit, weeks: float) -> Computed:
    """The value of a reading over sums of a period of so many weeks."""
    match how:
        case WeeklyTotal():
            return _weekly(total(how.of, sums), weeks)
        case Total():
            return _total(total(how.of, sums), unit)
        case Ratio():
            return _ratio(total(how.numerator, sums), total(how.denominator, sums), unit)
        case Velocity():
            return _velocity(how, sums)
        case MedianWait() | Kept():
            raise ValueError(f"{type(how).__name__} is no sum.")


def total(terms: Sum, sums: Sums) -> float:
    """Exact where all of it is: decimals are added as decimals."""
    return float(sum((Decimal(str(sums.get(term.unsigned, 0) or 0)) * term.sign for term in terms), Decimal()))


def compute_wait(happened: Lengths, waiting: Lengths, *, is_cut: bool = False) -> Computed:
    """The median time, counting those who wait; no value where half of all have not come.

    `is_cut`: by when only few of them are still watched, as in the curves of time to buy.
    """
    came, n = happened.total, happened.total + waiting.total
    curve = weighted_survival_curve(happened, waiting) if came else None
    found = curve.time_until(0.5, horizon_of(curve, n) if is_cut else inf) if curve else None
    if found is None:
        return Computed(value=None, numerator=came, denominator=n, n=n)
    return Computed(value=found.time, numerator=came, denominator=n, low=found.low, high=found.high, n=n)


def compute_kept(at_beginning: float, lost: float) -> Computed:
    """The share that stayed."""
    return _ratio(at_beginning - lost, at_beginning, Unit.SHARE)


def _total(value: float, unit: Unit) -> Computed:
    interval = count_interval(value) if unit is Unit.COUNT else None
    low, high = interval or (None, None)
    return Computed(value=value, numerator=value, low=low, high=high, n=round(value) if unit is Unit.COUNT else 0)


def _weekly(count: float, weeks: float) -> Computed:
    low, high = count_interval(count) or (0.0, 0.0)
    return Computed(
        value=count / weeks, numerator=count, denominator=weeks, low=low / weeks, high=high / weeks, n=round(count)
    )


def _ratio(numerator: float, denominator: float, unit: Unit) -> Computed:
    interval = share_interval(numerator, denominator) if unit is Unit.SHARE else None
    low, high = interval or (None, None)
    return Computed(
        value=numerator / denominator if denominator else None,
        numerator=numerator,
        denominator=denominator,
        low=low,
        high=high,
        n=round(denominator),
    )


def _velocity(how: Velocity, sums: Sums) -> Computed:
    opportunities, won, lost, value, days = (total((term,), sums) for term in how.terms)
    if not won or not days:
        return Computed(value=None, n=round(won + lost))
    return Computed(value=opportunities * won / (won + lost) * value / days, n=round(won + lost))
