"""How a number differs from the period before, and whether chance may explain it. Pure."""

from dataclasses import dataclass
from math import sqrt

from models.kpi.definitions import Better, Unit
from models.kpi.read import KpiValue
from models.kpi.read.written import written
from models.splits.statistics.interval import CONFIDENCE, quantile
from models.wording import number, percent


@dataclass(frozen=True)
class KpiChange:
    """From the period before to this one."""

    arrow: str
    says: str
    """How much more or less: `12% more`, `3 points less`, `as before`."""
    before: str
    """The value of the period before."""
    tone: str
    """good or bad where chance does not explain it; else empty."""
    explanation: str


MAY_BE_CHANCE = "So small a difference comes about by chance alone."
NOT_CHANCE = "More than chance explains (95% confidence)."
NOT_TESTED = "Whether chance explains it cannot be told of this number."


def change(now: KpiValue, before: KpiValue) -> KpiChange | None:
    """None where one of them has no value."""
    if now.value is None or before.value is None:
        return None
    difference = now.value - before.value
    is_chance = _is_chance(now, before)
    explanation = NOT_TESTED if is_chance is None else MAY_BE_CHANCE if is_chance else NOT_CHANCE
    says = _says(now.value, before.value, now.unit)
    if says == AS_BEFORE:
        return KpiChange("=", AS_BEFORE, written(before), "", MAY_BE_CHANCE)
    is_good = (difference > 0) == (now.definition.better is Better.HIGHER)
    tone = "" if is_chance is not False else "good" if is_good else "bad"
    return KpiChange("▲" if difference > 0 else "▼", says, written(before), tone, explanation)


AS_BEFORE = "as before"


def _says(now: float, before: float, unit: Unit) -> str:
    """Shares in points, all else in proportion to what was."""
    word = "more" if now > before else "less"
    if unit is Unit.SHARE:
        points = round(100 * abs(now - before), 1)
        return f"{number(points)} {'point' if points == 1 else 'points'} {word}" if points else AS_BEFORE
    if not before:
        return AS_BEFORE if not now else "none before"
    times = abs(now - before) / abs(before)
    if times < 0.005:
        return AS_BEFORE
    return f"{percent(times)} {word}" if times < 10 else f"{number(round(now / before))} times as much"


def _is_chance(now: KpiValue, before: KpiValue) -> bool | None:
    """None where nothing is known of its spread."""
    z = quantile(CONFIDENCE)
    if now.unit is Unit.COUNT:
        # Two counts of things that happen independently, over equal times.
        return abs((now.value or 0) - (before.value or 0)) <= z * sqrt(abs(now.value or 0) + abs(before.value or 0))
    if now.unit is Unit.SHARE and now.numerator is not None and before.numerator is not None:
        return _shares_alike(now, before, z)
    bounds = (now.low, now.high, before.low, before.high)
    if any(edge is None for edge in bounds):
        return None
    return bool(now.low <= before.high and before.low <= now.high)  # type: ignore[operator]  # none of them is None


def _shares_alike(now: KpiValue, before: KpiValue, z: float) -> bool | None:
    """The pooled z-test of two proportions."""
    n, m = now.denominator or 0, before.denominator or 0
    if not n or not m:
        return None
    pooled = ((now.numerator or 0) + (before.numerator or 0)) / (n + m)
    if pooled > 1:
        return None
    if pooled in (0, 1):
        return True
    spread = sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return abs((now.value or 0) - (before.value or 0)) <= z * spread
