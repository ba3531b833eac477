"""Bars that stand beside each other: one for each week, month or hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from web.charts.axis import WIDTH, AxisUnit, Mark, category_marks, goal_mark, value_axis
from web.charts.figure import Figure

GAP = 0.28
"""Between two bars, as a part of what each has."""


@dataclass(frozen=True)
class BarValue:
    """What one bar is drawn from."""

    name: str
    value: float | None
    """None: not known; there is no bar."""
    says: str
    """What it says when pointed at."""
    is_partial: bool = False
    """Its time is not over, or it is expected and has not come: drawn hatched."""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Bar:
    """One bar, and the range of its value as a line from `low` to `high` in the middle of it."""

    x: float
    y: float
    width: float
    height: float
    says: str
    is_partial: bool
    middle: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class CrossLine:
    """A short level line across a bar."""

    x: float
    end: float
    y: float


@dataclass(frozen=True, kw_only=True)
class BarChart(Figure):
    """Bars beside each other."""

    kind: ClassVar[str] = "bars"

    marks: Sequence[Mark]
    names: Sequence[Mark]
    bars: Sequence[Bar]
    goal: Mark | None
    compared: Sequence[CrossLine]
    """What bars are compared with, such as a forecast without a model."""


def bar_chart(
    figure: Figure,
    values: Sequence[BarValue],
    unit: AxisUnit,
    *,
    compared: Sequence[float | None] = (),
    goal: float | None = None,
    currency: str = "",
) -> BarChart | None:
    """A bar for each value; None where none is known."""
    known = [value.value for value in values if value.value is not None]
    if not known:
        return None
    bounds = [edge for value in values for edge in (value.low, value.high) if edge is not None]
    others = [value for value in compared if value is not None] + ([goal] if goal is not None else [])
    axis = value_axis([*known, *bounds, *others], unit, currency)
    each = WIDTH / len(values)
    wide = round(each * (1 - GAP), 1)
    bars = []
    for number, one in enumerate(values):
        if one.value is None:
            continue
        top, zero = axis.y(max(one.value, 0)), axis.y(min(one.value, 0))
        bars.append(
            Bar(
                x=round(each * (number + GAP / 2), 1),
                y=top,
                width=wide,
                height=round(zero - top, 1),
                says=one.says,
                is_partial=one.is_partial,
                middle=round(each * (number + 0.5), 1),
                low=axis.y(one.low) if one.low is not None else None,
                high=axis.y(one.high) if one.high is not None else None,
            )
        )
    return BarChart(
        **vars(figure),
        marks=axis.marks,
        names=category_marks([value.name for value in values]),
        bars=bars,
        goal=goal_mark(goal, axis, known) if goal is not None else None,
        compared=[
            CrossLine(round(each * (number + GAP / 2), 1), round(each * (number + 1 - GAP / 2), 1), axis.y(value))
            for number, value in enumerate(compared)
            if value is not None
        ],
    )
