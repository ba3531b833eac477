"""The pictures on the page of a split test: the difference and its p-value day by day, as charts of web/charts."""

from collections.abc import Callable, Sequence
from datetime import date
from math import ceil, floor, log10
from typing import TypeVar

from models.splits.statistics.always_valid import ERROR, confidence_sequence, p_values
from models.splits.statistics.comparison import corrected_p, error_of_each
from models.splits.statistics.interval import InterimLook, Interval
from models.wording import full_date
from web.charts import ChartCell, ChartTable, Figure, LegendEntry, TrendChart
from web.charts.axis import HEIGHT, Mark, day_marks, x_positions
from web.charts.path import band_path, line_path

MOST_POINTS = 200
SMALLEST_P = 1e-4

PointT = TypeVar("PointT")


def difference_chart(
    looks: Sequence[InterimLook], ahead: str, behind: str, lift: float, variants: int
) -> TrendChart | None:
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
    step = _step(span)
    steps = [n for n in range(-2, 3) if n and abs(n * step) < span]
    says = f"“{ahead}” less “{behind}”, in points"
    rows = [
        (day, f"{100 * middle:+.1f}", f"{100 * low:+.1f} to {100 * high:+.1f}") for day, middle, (low, high) in known
    ]
    return _chart(
        Figure(
            title=says,
            description=f"On the last day {rows[-1][1]} points, range {rows[-1][2]}",
            table=_table(["Day", "Points", "Range"], rows),
            legend=[LegendEntry("line", "difference"), LegendEntry("band", "its range, looked at daily")],
        ),
        days,
        [y(middle) for _, middle, _ in known],
        marks=[Mark(y(n * step), f"{100 * n * step:+g}") for n in steps],
        main=Mark(y(0), "no difference", "start"),
        band=([y(interval.low) for *_, interval in known], [y(interval.high) for *_, interval in known]),
    )


def _points(interval: Interval) -> str:
    return f"{100 * interval.low:+.1f} to {100 * interval.high:+.1f}"


def p_chart(looks: Sequence[InterimLook], ahead: str, behind: str, lift: float, variants: int) -> TrendChart | None:
    """The always-valid p-value of a comparison day by day, by its logarithm and corrected for all variants; None while
    there are no days.
    """
    pairs = ((look.counts[behind], look.counts[ahead]) for look in looks)
    values = [corrected_p(p, variants) for p in p_values(pairs, lift)]
    known = _downsample([(look.day, value) for look, value in zip(looks, values, strict=True)])
    if len(known) < 2:
        return None
    scale = _scale(log10(SMALLEST_P), 0)
    return _chart(
        Figure(
            title="How easily chance explains it (always-valid p)",
            description=f"{known[-1][1]:.3f} on the last day",
            table=_table(["Day", "p"], [(day, f"{value:.3f}") for day, value in known]),
        ),
        [day for day, _ in known],
        [scale(log10(max(value, SMALLEST_P))) for _, value in known],
        marks=[Mark(scale(log10(p)), f"{p:g}") for p in (1, ERROR, 0.001)],
        main=Mark(scale(log10(ERROR)), "below: more than chance explains", "end"),
    )


Heights = Sequence[float]


def _chart(
    figure: Figure,
    days: Sequence[date],
    line: Heights,
    *,
    marks: Sequence[Mark],
    main: Mark,
    band: tuple[Heights, Heights] | None = None,
) -> TrendChart:
    xs = x_positions(days)
    low, high = ([*zip(xs, edge, strict=True)] for edge in band) if band else ([], [])
    return TrendChart(
        **vars(figure),
        marks=marks,
        days=day_marks(days[0], days[-1]),
        line=line_path([*zip(xs, line, strict=True)]),
        before="",
        band=band_path(low, high),
        dots=[],
        goal=main,
    )


def _table(headings: Sequence[str], rows: Sequence[tuple[date, *tuple[str, ...]]]) -> ChartTable:
    """The days, the newest first."""
    return ChartTable(
        headings, [[ChartCell(full_date(day), is_number=False), *map(ChartCell, says)] for day, *says in reversed(rows)]
    )


def _downsample(points: list[PointT]) -> list[PointT]:
    """At most so many, the last one among them."""
    step = ceil(len(points) / MOST_POINTS) or 1
    return points[::-1][::step][::-1]


def _scale(low: float, high: float) -> Callable[[float], float]:
    return lambda value: round(HEIGHT * (1 - (min(max(value, low), high) - low) / (high - low)), 1)


def _step(span: float) -> float:
    """A round number of which two fit on either side."""
    rough = max(span / 2.2, 1e-4)
    power = 10 ** floor(log10(rough))
    return max(times * power for times in (1, 2, 5) if times * power <= rough)
