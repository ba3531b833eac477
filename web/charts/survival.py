"""A curve of those who have come to something by a number of days, with its interval (Kaplan and Meier)."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import ClassVar

from web.charts.axis import WIDTH, AxisUnit, Mark, ValueAxis, axis_label, value_axis
from web.charts.figure import Figure
from web.charts.path import step_band, step_path

MOST_STEPS = 300
"""More are not to be told apart."""


@dataclass(frozen=True)
class SurvivalPoint:
    """The share of those who had come by then, between 0 and 1, with the interval of it."""

    days: float
    reached: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class SurvivalChart(Figure):
    """The curve rises from 0; where half have come, a line goes down to the days."""

    kind: ClassVar[str] = "survival"

    marks: Sequence[Mark]
    days: Sequence[Mark]
    line: str
    band: str
    median: Mark | None
    half: float
    """Where one half stands."""


def survival_chart(
    figure: Figure, points: Sequence[SurvivalPoint], *, median_days: float | None, unit: AxisUnit = AxisUnit.DAYS
) -> SurvivalChart | None:
    """The curve through these points, in the order of their days; None while there are none."""
    if not points or points[-1].days <= 0:
        return None
    across = value_axis([points[-1].days], unit)
    up = _share_axis(max(point.high for point in points))
    kept = _downsample([SurvivalPoint(0, 0, 0, 0), *points])

    def x(days: float) -> float:
        return round(WIDTH * days / across.high, 1)

    end = x(points[-1].days)
    line = [(x(point.days), up.y(point.reached)) for point in kept]
    lows = [(x(point.days), up.y(point.low)) for point in kept]
    highs = [(x(point.days), up.y(point.high)) for point in kept]
    median = Mark(x(median_days), f"half by {axis_label(median_days, unit)}") if median_days is not None else None
    return SurvivalChart(
        **vars(figure),
        marks=up.marks,
        days=[_below(x(n * across.step), axis_label(n * across.step, unit)) for n in range(_count(across))],
        line=f"{step_path(line)} H{end}",
        band=step_band(lows, highs),
        median=median,
        half=up.y(0.5),
    )


def _share_axis(highest: float) -> ValueAxis:
    axis = value_axis([highest], AxisUnit.SHARE)
    return ValueAxis(0, 1, AxisUnit.SHARE, 0.25) if axis.high > 0.75 else axis


def _count(axis: ValueAxis) -> int:
    return round(axis.high / axis.step) + 1


def _below(x: float, label: str) -> Mark:
    return Mark(x, label, "start" if x < 8 else "end" if x > WIDTH - 8 else "middle")


def _downsample(points: Sequence[SurvivalPoint]) -> list[SurvivalPoint]:
    """At most so many, the first and the last among them."""
    every = ceil(len(points) / MOST_STEPS)
    kept = list(points[::every])
    return kept if kept[-1] is points[-1] else [*kept, points[-1]]
