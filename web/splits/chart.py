"""The pictures on the page of a split test, as the coordinates of an SVG: made here, drawn without a script."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10
from typing import TypeVar

from models.splits.statistics.always_valid import ERROR, confidence_sequence, p_values
from models.splits.statistics.comparison import corrected_p, error_of_each
from models.splits.statistics.interval import InterimLook

WIDTH, HEIGHT = 400, 220
MOST_POINTS = 200
SMALLEST_P = 1e-4

PointT = TypeVar("PointT")


@dataclass(frozen=True)
class AxisMark:
    """A line across the picture with what it stands for."""

    y: float
    label: str
    is_main: bool = False


@dataclass(frozen=True)
class Chart:
    """A line over time, with the range around it if it has one."""

    title: str
    description: str
    """For whoever cannot see it."""
    marks: list[AxisMark]
    line: str
    band: str
    first: date
    last: date


def difference_chart(looks: Sequence[InterimLook], ahead: str, behind: str, lift: float, variants: int) -> Chart | None:
    """How far the one is ahead of the other, day by day, with the range that the days so far leave, corrected for all
    variants; None while there are no days.

    Days on which nothing was known yet are left out.
    """
    pairs = [(look.counts[behind], look.counts[ahead]) for look in looks]
    ranges = confidence_sequence(pairs, lift, error_of_each(variants))
    by_day = zip(looks, pairs, ranges, strict=True)
    known = [(look.day, two.rate - one.rate, interval) for look, (one, two), interval in by_day]
    known = _downsample([one for one in known if one[2] != (-1, 1)])
    if len(known) < 2:
        return None
    days = [day for day, _, _ in known]
    # The first intervals are so wide that nothing else could be seen.
    span = 2.5 * max(known[-1][2].high - known[-1][2].low, *(2 * abs(middle) for _, middle, _ in known[-20:])) / 2
    y = _scale(-span, span)
    line = _path(days, [y(middle) for _, middle, _ in known])
    band = _band(days, [y(interval.low) for *_, interval in known], [y(interval.high) for *_, interval in known])
    step = _step(span)
    steps = [n for n in range(-2, 3) if abs(n * step) < span]
    marks = [AxisMark(y(n * step), f"{100 * n * step:+g}" if n else "0", n == 0) for n in steps]
    says = f"“{ahead}” less “{behind}”, in points"
    last = f"{100 * known[-1][1]:+.1f} points, range {100 * known[-1][2].low:+.1f} to {100 * known[-1][2].high:+.1f}"
    return Chart(says, f"{says}: on the last day {last}", marks, line, band, days[0], days[-1])


def p_chart(looks: Sequence[InterimLook], ahead: str, behind: str, lift: float, variants: int) -> Chart | None:
    """The always-valid p-value of a comparison day by day, by its logarithm and corrected for all variants; None while
    there are no days.
    """
    pairs = ((look.counts[behind], look.counts[ahead]) for look in looks)
    values = [corrected_p(p, variants) for p in p_values(pairs, lift)]
    known = _downsample([(look.day, value) for look, value in zip(looks, values, strict=True)])
    if len(known) < 2:
        return None
    scale = _scale(log10(SMALLEST_P), 0)
    heights = [scale(log10(max(value, SMALLEST_P))) for _, value in known]
    marks = [AxisMark(scale(log10(p)), f"{p:g}", p == ERROR) for p in (1, ERROR, 0.001)]
    days = [day for day, _ in known]
    says = "How easily chance explains it (always-valid p)"
    last = f"{says}: {known[-1][1]:.3f} on the last day"
    return Chart(says, last, marks, _path(days, heights), "", days[0], days[-1])


def _downsample(points: list[PointT]) -> list[PointT]:
    """At most so many, the last one among them."""
    step = ceil(len(points) / MOST_POINTS) or 1
    return points[::-1][::step][::-1]


def _scale(low: float, high: float) -> Callable[[float], float]:
    return lambda value: round(HEIGHT * (1 - (min(max(value, low), high) - low) / (high - low)), 1)


def _path(days: Sequence[date], heights: Sequence[float]) -> str:
    return "M" + " L".join(f"{x} {y}" for x, y in zip(_x_positions(days), heights, strict=True))


def _band(days: Sequence[date], lows: Sequence[float], highs: Sequence[float]) -> str:
    there = list(zip(_x_positions(days), lows, strict=True))
    back = list(zip(_x_positions(days), highs, strict=True))[::-1]
    return "M" + " L".join(f"{x} {y}" for x, y in there + back) + " Z"


def _x_positions(days: Sequence[date]) -> list[float]:
    whole = max(1, (days[-1] - days[0]).days)
    return [round(WIDTH * (day - days[0]).days / whole, 1) for day in days]


def _step(span: float) -> float:
    """A round number of which two fit on either side."""
    rough = max(span / 2.2, 1e-4)
    power = 10 ** floor(log10(rough))
    return max(times * power for times in (1, 2, 5) if times * power <= rough)
