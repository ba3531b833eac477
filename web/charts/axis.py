"""Axes of charts: round marks, how they read, and where a value stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from math import ceil, floor, log10

from babel.dates import format_date
from babel.numbers import format_compact_currency, format_compact_decimal

from models.wording import LOCALE, number, percent

WIDTH, HEIGHT = 400, 180
"""Of the plot itself; labels stand outside of it."""

DAY_SECONDS = 86_400
SECOND_STEPS = (1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200)
"""Round lengths of time below a day."""
PADDING = 8
"""Between two labels of an axis of days, at the least."""
LETTER = 6.9
"""How wide a letter of a label is, about."""


class AxisUnit(StrEnum):
    """What the values of an axis are."""

    COUNT = "count"
    NUMBER = "number"
    SHARE = "share"
    """Of one: 0.12 is 12%."""
    SECONDS = "seconds"
    DAYS = "days"
    MONEY = "money"


@dataclass(frozen=True)
class Mark:
    """A line across the plot, or a label below it, with what it stands for."""

    at: float
    label: str
    anchor: str = "end"
    """Where the label begins: SVG's text-anchor."""


@dataclass(frozen=True)
class ValueAxis:
    """The upright axis: from `low`, at the bottom, to `high`."""

    low: float
    high: float
    unit: AxisUnit
    step: float
    currency: str = ""

    def y(self, value: float) -> float:
        """Where a value stands, from the top; what is outside stands at the edge."""
        inside = min(max(value, self.low), self.high)
        return round(HEIGHT * (1 - (inside - self.low) / (self.high - self.low)), 1)

    @property
    def marks(self) -> list[Mark]:
        """Its round values."""
        count = round((self.high - self.low) / self.step)
        values = [self.low + n * self.step for n in range(count + 1)]
        return [Mark(self.y(value), axis_label(value, self.unit, self.currency)) for value in values]


def value_axis(values: Sequence[float], unit: AxisUnit, currency: str = "", *, most_marks: int = 5) -> ValueAxis:
    """An axis from 0, or from the smallest value if it is below, that ends on a round value above all of them."""
    lowest, highest = min([0.0, *values]), max([0.0, *values])
    if lowest == highest:
        highest = 1.0
    step = _step((highest - lowest) / (most_marks - 1), unit)
    return ValueAxis(floor(lowest / step) * step, _ceil(highest / step) * step, unit, step, currency)


def goal_mark(goal: float, axis: ValueAxis, values: Sequence[float]) -> Mark:
    """The line of a goal, with its label at the end where the values are further away from it."""
    is_near_end = abs(values[-1] - goal) < abs(values[0] - goal)
    return Mark(axis.y(goal), f"goal {axis_label(goal, axis.unit, axis.currency)}", "start" if is_near_end else "end")


def axis_label(value: float, unit: AxisUnit, currency: str = "") -> str:
    """How a round value reads: `1,200`, `12%`, `3h`, `21d`, `$1.5K`."""
    match unit:
        case AxisUnit.SHARE:
            return percent(value, 0 if round(100 * value, 6) == round(100 * value) else 1)
        case AxisUnit.SECONDS:
            return seconds_label(value)
        case AxisUnit.DAYS:
            return f"{number(value)}d"
        case AxisUnit.MONEY:
            return str(format_compact_currency(value, currency, locale=LOCALE, fraction_digits=_decimals(value)))
        case _:
            return number(value) if abs(value) < 10_000 else str(format_compact_decimal(value, locale=LOCALE))


def seconds_label(seconds: float) -> str:
    """`45s`, `30m`, `1.5h`, `2d`: in the largest unit of which there is one."""
    for name, size in (("d", DAY_SECONDS), ("h", 3_600), ("m", 60)):
        if abs(seconds) >= size:
            return f"{number(round(seconds / size, 1))}{name}"
    return f"{number(round(seconds))}s" if seconds else "0"


def day_marks(first: date, last: date) -> list[Mark]:
    """Labels below an axis of days: round days, weeks, months or years, as many as fit beside each other."""
    whole = max(1, (last - first).days)
    days = _round_days(first, last)
    marks = [_day_mark(WIDTH * (day - first).days / whole, _day_label(day, first, last)) for day in days]
    return without_overlap(marks)


def category_marks(names: Sequence[str]) -> list[Mark]:
    """Labels below bars that stand beside each other, each in the middle of its own; what would overlap is left out."""
    wide = WIDTH / max(1, len(names))
    return without_overlap([Mark(round(wide * (n + 0.5), 1), name, "middle") for n, name in enumerate(names)])


def x_positions(days: Sequence[date]) -> list[float]:
    """Where days stand, the first at the left edge and the last at the right one."""
    whole = max(1, (days[-1] - days[0]).days) if days else 1
    return [round(WIDTH * (day - days[0]).days / whole, 1) for day in days]


def without_overlap(marks: Sequence[Mark]) -> list[Mark]:
    """Every nth of these labels, so that none touches the next."""
    for every in range(1, len(marks) + 1):
        kept = list(marks[::every])
        if all(_right(one) + PADDING <= _left(two) for one, two in pairwise(kept)):
            return kept
    return list(marks[:1])


def _day_mark(x: float, label: str) -> Mark:
    half = LETTER * len(label) / 2
    anchor = "start" if x < half - 20 else "end" if x > WIDTH - half + 8 else "middle"
    return Mark(round(x, 1), label, anchor)


def _left(mark: Mark) -> float:
    wide = LETTER * len(mark.label)
    return mark.at - {"start": 0.0, "middle": wide / 2, "end": wide}[mark.anchor]


def _right(mark: Mark) -> float:
    return _left(mark) + LETTER * len(mark.label)


def _round_days(first: date, last: date) -> list[date]:
    length = (last - first).days
    days = (first + timedelta(n) for n in range(length + 1))
    if length <= 14:
        return list(days)
    if length <= 92:
        return [day for day in days if day.weekday() == 0]
    if length <= 1_100:
        return [day for day in days if day.day == 1]
    return [day for day in days if (day.month, day.day) == (1, 1)]


def _day_label(day: date, first: date, last: date) -> str:
    if (last - first).days <= 92:
        return str(format_date(day, "d MMM", locale=LOCALE))
    return str(format_date(day, "MMM y" if day.month == 1 else "MMM", locale=LOCALE))


def _step(rough: float, unit: AxisUnit) -> float:
    """The smallest round step that is no smaller."""
    if unit is AxisUnit.SECONDS and rough < SECOND_STEPS[-1]:
        return float(next(step for step in SECOND_STEPS if step >= rough))
    if unit is AxisUnit.SECONDS:
        return DAY_SECONDS * _step(rough / DAY_SECONDS, AxisUnit.NUMBER)
    if unit is AxisUnit.COUNT:
        rough = max(rough, 1)
    power = 10.0 ** floor(log10(rough))
    return next(
        step for times in (1, 2, 2.5, 5, 10) if (step := times * power) >= rough * (1 - 1e-9) and _fits(step, unit)
    )


def _fits(step: float, unit: AxisUnit) -> bool:
    return unit is not AxisUnit.COUNT or step == round(step)


def _ceil(value: float) -> int:
    """Up to the next whole number, but not because of the last digit of a float."""
    return ceil(value - 1e-9)


def _decimals(value: float) -> int:
    scaled = abs(value)
    while scaled >= 1_000:
        scaled /= 1_000
    return 0 if scaled == round(scaled) else 1
