"""Charts show what is, say it in words, and keep their labels apart."""

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest

from web.charts import (
    AxisUnit,
    BarValue,
    ChartCell,
    ChartTable,
    Figure,
    FunnelStage,
    SurvivalPoint,
    TrendPoint,
    bar_chart,
    funnel_chart,
    heat_level,
    sparkline,
    survival_chart,
    trend_chart,
)
from web.charts.axis import HEIGHT, LETTER, WIDTH, axis_label, category_marks, day_marks, value_axis

MONDAY = date(2026, 3, 2)
LEADS = Figure(
    title="Leads",
    description="Leads by day.",
    table=ChartTable(["Day", "Leads"], [[ChartCell("2 Mar"), ChartCell("3")]]),
)


def days_of(*values: float | None) -> list[TrendPoint]:
    return [TrendPoint(MONDAY + timedelta(n), value, f"{value}") for n, value in enumerate(values)]


def numbers(path: str) -> list[float]:
    return [float(found) for found in re.findall(r"[0-9.]+", path)]


@pytest.mark.parametrize(
    ("values", "unit", "labels"),
    [
        ([3, 12], AxisUnit.COUNT, ["0", "5", "10", "15"]),
        ([1], AxisUnit.COUNT, ["0", "1"]),
        ([0, 0], AxisUnit.COUNT, ["0", "1"]),
        ([0.162], AxisUnit.SHARE, ["0%", "5%", "10%", "15%", "20%"]),
        ([0.004], AxisUnit.SHARE, ["0%", "0.1%", "0.2%", "0.3%", "0.4%"]),
        ([1.0], AxisUnit.SHARE, ["0%", "25%", "50%", "75%", "100%"]),
        ([5_400], AxisUnit.SECONDS, ["0", "30m", "1h", "1.5h"]),
        ([86_400 * 10], AxisUnit.SECONDS, ["0", "2.5d", "5d", "7.5d", "10d"]),
        ([42], AxisUnit.DAYS, ["0d", "20d", "40d", "60d"]),
        ([2_600, -900], AxisUnit.NUMBER, ["-1,000", "0", "1,000", "2,000", "3,000"]),
        ([1_234_567], AxisUnit.COUNT, ["0", "500K", "1M", "2M"]),
    ],
)
def test_an_axis_begins_at_nothing_and_has_round_marks(values: list[float], unit: AxisUnit, labels: list[str]) -> None:
    axis = value_axis(values, unit)
    shown = [mark.label for mark in axis.marks]
    assert shown == labels
    assert axis.low <= min(0, *values) <= max(values) <= axis.high


def test_money_is_short_on_an_axis() -> None:
    assert [axis_label(amount, AxisUnit.MONEY, "USD") for amount in (0, 1_500, 20_000)] == ["$0", "$1.5K", "$20K"]
    assert axis_label(3_000_000, AxisUnit.MONEY, "EUR") == "€3M"


@pytest.mark.parametrize("length", [0, 1, 6, 13, 29, 60, 91, 180, 364, 730, 3_650])
def test_days_below_a_chart_are_apart_and_inside(length: int) -> None:
    marks = day_marks(MONDAY, MONDAY + timedelta(length))
    assert marks
    edges = [
        (mark.at - LETTER * len(mark.label) * {"start": 0, "middle": 0.5, "end": 1}[mark.anchor]) for mark in marks
    ]
    ends = [edge + LETTER * len(mark.label) for edge, mark in zip(edges, marks, strict=True)]
    assert all(end < edge for end, edge in zip(ends, edges[1:], strict=False))
    assert min(edges) > -46
    assert max(ends) < WIDTH + 30


def test_many_bars_name_only_as_many_as_fit() -> None:
    marks = category_marks([f"Week {n}" for n in range(52)])
    assert 3 <= len(marks) < 12
    assert all(two.at - one.at > LETTER * len("Week 52") for one, two in pairwise(marks))


def test_a_line_is_broken_where_there_is_nothing_to_divide_by() -> None:
    chart = trend_chart(LEADS, days_of(1, 2, None, 4), AxisUnit.COUNT)
    assert chart
    assert chart.line.count("M") == 2
    assert len(chart.dots) == 3


def test_one_day_is_no_trend() -> None:
    assert trend_chart(LEADS, days_of(7), AxisUnit.COUNT) is None
    assert trend_chart(LEADS, days_of(None, 7, None), AxisUnit.COUNT) is None
    assert sparkline([3], "Leads") is None


def test_a_higher_value_stands_higher_and_nothing_stands_outside() -> None:
    chart = trend_chart(LEADS, days_of(10, 20, 0), AxisUnit.COUNT, before=[40, 5], goal=30)
    assert chart
    first, second, last = (dot.y for dot in chart.dots)
    assert second < first < last == HEIGHT
    assert chart.goal
    assert chart.goal.at < second
    assert max(numbers(chart.before)) <= WIDTH


def test_the_label_of_a_goal_stands_where_the_line_is_not() -> None:
    rising = trend_chart(LEADS, days_of(1, 5, 30), AxisUnit.COUNT, goal=30)
    falling = trend_chart(LEADS, days_of(30, 5, 1), AxisUnit.COUNT, goal=30)
    assert (rising and rising.goal and rising.goal.anchor, falling and falling.goal and falling.goal.anchor) == (
        "start",
        "end",
    )


def test_bars_are_as_high_as_their_values_and_show_their_range() -> None:
    values = [BarValue("Oct", 10, "10"), BarValue("Nov", None, "not known"), BarValue("Dec", 20, "20", True, 15, 36)]
    chart = bar_chart(LEADS, values, AxisUnit.COUNT, compared=[None, None, 12])
    assert chart
    october, december = chart.bars
    assert december.height == pytest.approx(2 * october.height, abs=0.2)
    assert december.low is not None
    assert december.high is not None
    assert december.high < december.y < december.low
    [line] = chart.compared
    assert december.x == pytest.approx(line.x)
    assert [mark.label for mark in chart.names] == ["Oct", "Nov", "Dec"]
    assert bar_chart(LEADS, [BarValue("Oct", None, "")], AxisUnit.COUNT) is None


def test_a_loss_hangs_below_the_line() -> None:
    chart = bar_chart(LEADS, [BarValue("Oct", 10, "10"), BarValue("Nov", -5, "-5")], AxisUnit.NUMBER)
    assert chart
    gain, loss = chart.bars
    assert gain.y + gain.height == pytest.approx(loss.y, abs=0.2)


def test_the_last_of_a_funnel_is_still_seen() -> None:
    chart = funnel_chart(LEADS, [FunnelStage("Leads", 1_000_000, "1,000,000"), FunnelStage("Customers", 1, "1", "0%")])
    assert chart
    leads, customers = chart.bars
    assert leads.width > 200 > customers.width > 0
    assert funnel_chart(LEADS, [FunnelStage("Leads", 0, "0")]) is None


def test_the_median_stands_where_the_curve_crosses_one_half() -> None:
    points = [SurvivalPoint(10, 0.25, 0.1, 0.4), SurvivalPoint(20, 0.5, 0.3, 0.7), SurvivalPoint(40, 0.6, 0.4, 0.8)]
    chart = survival_chart(LEADS, points, median_days=20)
    assert chart
    assert chart.median
    assert (chart.median.label, chart.half) == ("half by 20d", HEIGHT / 2)
    assert f"H{chart.median.at} V{chart.half}" in chart.line
    undecided = survival_chart(LEADS, points[:1], median_days=None)
    assert undecided
    assert undecided.median is None
    assert survival_chart(LEADS, [], median_days=None) is None


def test_a_curve_of_years_is_thinned_and_ends_where_it_ends() -> None:
    points = [SurvivalPoint(day, day / 2_000, 0, 1) for day in range(1, 1_001)]
    chart = survival_chart(LEADS, points, median_days=None)
    assert chart
    assert chart.line.count("V") < 310
    assert f"V{round(HEIGHT / 2, 1)}" in chart.line


def test_the_darkest_cell_is_the_largest_and_one_is_not_nothing() -> None:
    assert [heat_level(value, 1_000) for value in (None, 0, 1, 500, 1_000)] == [0, 0, 1, 3, 6]
    assert heat_level(5, 0) == 0
