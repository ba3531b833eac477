"""Whether a goal is reached, and whether the distance to it is more than chance makes. Pure.

Chance is judged as the KPI is counted: shares by the binomial distribution, counts by Poisson's, times and amounts by
the gamma distribution, as if they were as spread as waiting times; all of them exact. Where a KPI is none of these, its
own interval says it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from statistics import NormalDist

from models.kpi.definitions import DEFINITIONS, Better, Kpi, Unit
from models.kpi.definitions.kpi import Ratio, Total, WeeklyTotal
from models.kpi.read import KpiValue

CHANCE = 0.05
"""What comes more often than this when all is as the goal says, is called chance."""


class Status(StrEnum):
    """How a goal stands in one period."""

    MET = "met"
    MISSED = "missed"
    ON_TRACK = "on track"
    """The period is not over. What adds up has come as far as the share of the time that is gone; other KPIs are where
    the goal wants them."""
    BEHIND = "behind"
    NO_DATA = "no data"
    """There is nothing to divide by."""
    NOT_MEASURED = "not measured here"
    """The business does not record what the KPI is counted from, or did not by then."""


@dataclass(frozen=True)
class Standing:
    """How a goal stands, and whether chance alone may have brought it there."""

    status: Status
    is_chance: bool = False


def standing(value: KpiValue | None, target: float, gone: float = 1.0, spread: float | None = None) -> Standing:
    """How a goal stands by the value of its KPI when a share `gone` of the period's time is over.

    `spread`: of amounts that add up, the sum of their squares.
    """
    if value is not None and value.not_recorded is not None:
        return Standing(Status.NOT_MEASURED)
    if value is None or value.value is None:
        return Standing(Status.NO_DATA)
    kpi = DEFINITIONS[value.kpi]
    adds_up = _adds_up(kpi)
    wanted = target * gone if adds_up else target
    is_there = _reaches(kpi, value.value, wanted)
    if gone >= 1.0:
        status = Status.MET if is_there else Status.MISSED
    elif adds_up and kpi.better is Better.HIGHER and value.value >= target:
        status = Status.MET
    else:
        status = Status.ON_TRACK if is_there else Status.BEHIND
    return Standing(status, _is_chance(kpi, value, wanted, spread))


def share_gone(begin: datetime, end: datetime, now: datetime) -> float:
    """Of the time from begin to end the share that is over."""
    return min(1.0, max(0.0, (now - begin) / (end - begin)))


def _adds_up(kpi: Kpi) -> bool:
    """Whether the value grows with the period."""
    how = kpi.readings()[kpi.main_reading]
    return isinstance(how, Total) and not isinstance(how, WeeklyTotal) and how.of[0].dated != "last day"


def _reaches(kpi: Kpi, value: float, wanted: float) -> bool:
    # A target such as 0.6 is not exactly what 3 of 5 are.
    allowed = 1e-9 * max(1.0, abs(wanted))
    return value >= wanted - allowed if kpi.better is Better.HIGHER else value <= wanted + allowed


def _is_chance(kpi: Kpi, value: KpiValue, wanted: float, spread: float | None) -> bool:
    """Whether a value as far from the target, on its side, comes more often than CHANCE if the target is the truth."""
    assert value.value is not None
    if wanted <= 0:
        # Of nothing expected chance makes nothing.
        return value.value == wanted
    is_above = value.value > wanted
    how = kpi.readings()[kpi.main_reading]
    numerator, denominator = value.numerator, value.denominator
    match kpi.unit:
        case Unit.SHARE if numerator is not None and denominator:
            return _share_tail(numerator, denominator, wanted, is_above=is_above) > CHANCE
        case Unit.COUNT | Unit.EQUIVALENTS:
            return _count_tail(value.value, wanted, is_above=is_above) > CHANCE
        case Unit.PER_WEEK if numerator is not None and denominator:
            return _count_tail(numerator, wanted * denominator, is_above=is_above) > CHANCE
        case Unit.MONEY if isinstance(how, Total):
            return _amount_tail(value.value, wanted, spread or 0.0, is_above=is_above) > CHANCE
        case Unit.DAYS | Unit.MONEY if isinstance(how, Ratio) and numerator and denominator:
            return _mean_tail(numerator, denominator, wanted, is_above=is_above) > CHANCE
    return value.low is not None and value.low <= wanted and (value.high is None or wanted <= value.high)


def _share_tail(numerator: float, denominator: float, share: float, *, is_above: bool) -> float:
    # scipy.stats goes by the same functions, and takes most of a second to import.
    from scipy.special import bdtr, bdtrc

    if not 0 <= numerator <= denominator:
        return _count_tail(numerator, share * denominator, is_above=is_above)
    trials, hits = round(denominator), round(numerator)
    if is_above:
        return float(bdtrc(hits - 1, trials, share)) if hits else 1.0
    return float(bdtr(hits, trials, share))


def _count_tail(count: float, mean: float, *, is_above: bool) -> float:
    from scipy.special import pdtr, pdtrc

    whole = round(count)
    if is_above:
        return float(pdtrc(whole - 1, mean)) if whole > 0 else 1.0
    return float(pdtr(whole, mean)) if whole >= 0 else 0.0


def _amount_tail(amount: float, mean: float, squares: float, *, is_above: bool) -> float:
    """Of a sum of amounts that come by chance (compound Poisson), by the normal distribution."""
    if squares <= 0 or amount <= 0:
        return 0.0
    # Were the mean the truth, there were as many more amounts of the same sizes.
    distance = (amount - mean) / (squares * mean / amount) ** 0.5
    below = NormalDist().cdf(distance)
    return 1 - below if is_above else below


def _mean_tail(total: float, count: float, mean: float, *, is_above: bool) -> float:
    """Of the sum of so many exponential times with this mean."""
    from scipy.special import gammainc, gammaincc

    return float((gammaincc if is_above else gammainc)(count, total / mean))
