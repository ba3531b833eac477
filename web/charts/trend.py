"""How something went from day to day, or week to week: a line, the period before it, a goal, a range."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from web.charts.axis import AxisUnit, Mark, day_marks, goal_mark, value_axis, x_positions
from web.charts.figure import Figure
from web.charts.path import band_path, line_path

DOTS_UP_TO = 45
"""Points are drawn as dots, too, unless there are more of them than this."""
SPARK_WIDTH, SPARK_HEIGHT = 120, 28
SPARK_EDGE = 3
"""Around a sparkline, so that the last dot is not cut off."""


@dataclass(frozen=True)
class TrendPoint:
    """The value of one day or of the week or month that begins on it; None: nothing to divide by."""

    day: date
    value: float | None
    says: str
    """The value as people read it, with its day."""
    low: float | None = None
    high: float | None = None
    is_partial: bool = False
    """The day, week or month is not over."""


@dataclass(frozen=True)
class Dot:
    """A point with what it says when pointed at."""

    x: float
    y: float
    says: str
    is_partial: bool = False


@dataclass(frozen=True, kw_only=True)
class TrendChart(Figure):
    """Lines over time."""

    kind: ClassVar[str] = "trend"

    marks: Sequence[Mark]
    days: Sequence[Mark]
    line: str
    before: str
    """The period before; empty: not shown."""
    band: str
    dots: Sequence[Dot]
    goal: Mark | None


def trend_chart(
    figure: Figure,
    points: Sequence[TrendPoint],
    unit: AxisUnit,
    *,
    before: Sequence[float | None] = (),
    goal: float | None = None,
    currency: str = "",
) -> TrendChart | None:
    """Lines for `points`, in the order of their days; None while fewer than two have a value.

    `before` are the values of the period before, one for each point from the first on.
    """
    known = [point.value for point in points if point.value is not None]
    if len(known) < 2:
        return None
    bounds = [edge for point in points for edge in (point.low, point.high) if edge is not None]
    others = [value for value in before if value is not None] + ([goal] if goal is not None else [])
    axis = value_axis([*known, *bounds, *others], unit, currency)
    xs = x_positions([point.day for point in points])

    def place(values: Sequence[float | None]) -> list[tuple[float, float] | None]:
        return [(x, axis.y(value)) if value is not None else None for x, value in zip(xs, values, strict=False)]

    line = place([point.value for point in points])
    dots = [
        Dot(spot[0], spot[1], point.says, point.is_partial)
        for spot, point in zip(line, points, strict=True)
        if spot and (len(points) <= DOTS_UP_TO or point is points[-1])
    ]
    return TrendChart(
        **vars(figure),
        marks=axis.marks,
        days=day_marks(points[0].day, points[-1].day),
        line=line_path(line),
        before=line_path(place(before)),
        band=band_path(place([point.low for point in points]), place([point.high for point in points])),
        dots=dots,
        goal=goal_mark(goal, axis, known) if goal is not None else None,
    )


@dataclass(frozen=True)
class Sparkline:
    """A small line without axes, beside a number."""

    says: str
    line: str
    last: Dot | None


def sparkline(values: Sequence[float | None], says: str) -> Sparkline | None:
    """A line through the values, the last one marked; None while fewer than two are known."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    low, high = min(0.0, *known), max(known)
    span = (high - low) or 1.0
    wide = (SPARK_WIDTH - 2 * SPARK_EDGE) / (len(values) - 1)
    tall = SPARK_HEIGHT - 2 * SPARK_EDGE
    points = [
        (round(SPARK_EDGE + n * wide, 1), round(SPARK_EDGE + tall * (1 - (value - low) / span), 1))
        if value is not None
        else None
        for n, value in enumerate(values)
    ]
    last = points[-1]
    return Sparkline(says, line_path(points), Dot(last[0], last[1], says) if last else None)
