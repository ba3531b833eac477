"""A stricter goal for one that is met: how much stricter, and why. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from models.kpi.definitions import DEFINITIONS, Better, Unit
from models.kpi.interval import SMALL
from models.tables.kpi import KpiName

PERIODS = 6
"""So many periods are looked at, the newest of them last."""
MET_IN_A_ROW = 2
"""A goal is met when it was met in so many periods in a row: once may be luck."""


@dataclass(frozen=True)
class Reached:
    """What one period reached."""

    value: float | None
    denominator: float | None
    is_met: bool


def propose(kpi: KpiName, target: float, reached: Sequence[Reached]) -> float | None:
    """A stricter target after these periods, the newest last; None without a reason for one.

    It is the level that at least half of the last periods reached, or the last ones in a row if that is stricter:
    never more than was reached more than once. It is rounded to the easier side.
    """
    last = [one for one in reached[-PERIODS:] if one.value is not None]
    newest = reached[-MET_IN_A_ROW:]
    if len(newest) < MET_IN_A_ROW or not all(one.is_met and one.value is not None for one in newest):
        return None
    definition = DEFINITIONS[kpi]
    counted = [one.denominator for one in last if one.denominator is not None]
    if definition.unit is Unit.SHARE and sum(counted) < SMALL:
        return None
    sign = 1 if definition.better is Better.HIGHER else -1
    values = [sign * one.value for one in last if one.value is not None]
    # Of an even number the lower of the two in the middle: half of them reached that.
    level = max(sorted(values)[(len(values) - 1) // 2], min(values[-MET_IN_A_ROW:]))
    stricter = _rounded(sign * level, definition.unit, up=sign < 0)
    return stricter if sign * stricter > sign * target + 1e-9 else None


def _rounded(value: float, unit: Unit, *, up: bool) -> float:
    """To a number that one sets as a goal."""
    step = _step(value, unit)
    rounded = (ceil(value / step - 1e-9) if up else floor(value / step + 1e-9)) * step
    return min(1.0, round(rounded, 6)) if unit is Unit.SHARE else round(rounded, 6)


def _step(value: float, unit: Unit) -> float:
    match unit:
        case Unit.SHARE:
            return 0.01 if value >= 0.1 else 0.001
        case Unit.SECONDS:
            return 60.0
        case Unit.EQUIVALENTS:
            return 0.5
        case Unit.MONEY | Unit.MONEY_PER_DAY:
            return 10.0 ** max(0, floor(log10(abs(value))) - 1) if value else 1.0
        case _:
            return 1.0
