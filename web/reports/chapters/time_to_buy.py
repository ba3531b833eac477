"""Time to buy: the days of those who bought, and the curve of all leads, those counted in who have not bought yet."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from models.kpi.read import TimeToBuyReading, member_names, read_time_to_buy
from models.kpi.read.time_to_buy import Begin
from models.orders.kaplan_meier import TimeEstimate
from models.tables.kpi import Dimension, KpiName
from models.wording import DASH, number
from web.charts.axis import AxisUnit
from web.charts.figure import ChartCell, ChartTable, Figure
from web.charts.survival import SurvivalPoint, survival_chart
from web.frame.xlsx_response import ColumnKind
from web.reports.chapters.cells import count_cell, number_cell, share_cell, text_cell
from web.reports.chapters.chapter import Chapter, Charts, DataTable, TableCell, TableColumn
from web.reports.query import ReportRequest

BEGINS: Mapping[Begin, str] = {
    "lead": "since they came in",
    "mql": "since they were marketing qualified",
    "sql": "since they were sales qualified",
}
LEAD = (
    "Two ways to tell how long it takes. The mean of buyers is of those who bought for the first time in these days "
    "(by period). It is too short while many have not bought yet, so the curve is of all who began in these days (by "
    "cohort): those who have not bought so far are counted for as long as they were watched (Kaplan-Meier)."
)
TABLE_POINTS = (7, 14, 30, 60, 90, 180, 365)
"""Days that the table behind a curve names."""


def time_to_buy(connection: Connection, asked: ReportRequest) -> Chapter:
    """The chapter of an address."""
    readings = {begin: read_time_to_buy(connection, asked.question, begin) for begin in BEGINS}
    charts = [_curve(begin, of_any) for begin, [of_any, *_] in readings.items()]
    return Chapter(
        name="time-to-buy",
        title="Time to buy",
        lead=LEAD,
        parts=[
            Charts([chart for chart in charts if chart]),
            _any_product(asked, readings),
            *_each_product(connection, asked, readings),
        ],
    )


def _any_product(asked: ReportRequest, readings: Mapping[Begin, Sequence[TimeToBuyReading]]) -> DataTable:
    rows = [
        [text_cell(f"Any product, {BEGINS[begin]}"), *_cells(asked, of_any)] for begin, [of_any, *_] in readings.items()
    ]
    return DataTable(
        name="any-product",
        title="Days to the first order of any product",
        columns=[TableColumn(heading="From", is_number=False), *_columns()],
        rows=rows,
        note="Half: the day by which half of them have bought. It is open while fewer than half have.",
    )


def _each_product(
    connection: Connection, asked: ReportRequest, readings: Mapping[Begin, Sequence[TimeToBuyReading]]
) -> Sequence[DataTable]:
    names = member_names(connection, Dimension.PRODUCT)
    products = readings["lead"][1:]
    rows = [[text_cell(names.get(one.product, one.product)), *_cells(asked, one)] for one in products]
    table = DataTable(
        name="products",
        title="Days to the first order of each product, since they came in",
        about="All leads could have bought each product: those who have not bought it are counted in.",
        columns=[TableColumn(heading="Product", is_number=False), *_columns()],
        rows=rows,
    )
    return [table] if products else []


def _columns() -> list[TableColumn]:
    return [
        TableColumn(heading="Bought, by period"),
        TableColumn(heading="Mean days, by period", kind=ColumnKind.NUMBER, defined=KpiName.TIME_TO_BUY),
        TableColumn(heading="Bought so far, by cohort", kind=ColumnKind.SHARE, has_interval=True),
        TableColumn(heading="Half within days, by cohort", kind=ColumnKind.NUMBER, has_interval=True),
    ]


def _cells(asked: ReportRequest, one: TimeToBuyReading) -> list[TableCell]:
    goal = {"goal": "bought", "dimension": "product", "member": one.product} if one.product else {"goal": "customer"}
    arrived = asked.people(one.begin, reading="period", after="true", **goal)
    # Of each product the whole is all who began, whatever they asked about.
    return [
        count_cell(one.buyers, arrived),
        number_cell(one.mean, about="Nobody bought for the first time in these days."),
        share_cell(
            one.waits.happened_count,
            one.waits.n,
            opens=asked.people(one.begin, reading="cohort", after="true", **goal),
        ),
        _half(one.of_all.half_of_leads if one.of_all else None, one),
    ]


def _half(estimate: TimeEstimate | None, one: TimeToBuyReading) -> TableCell:
    if estimate is None:
        return TableCell(value=None, says=DASH, about="Fewer than half have bought so far.", n=one.waits.n)
    to = f"to {number(estimate.high)}" if estimate.high is not None else "and open"
    return TableCell(
        value=estimate.time,
        says=number(round(estimate.time, 1)),
        about=f"95% interval: {number(estimate.low)} {to} days; n = {number(one.waits.n)}",
        is_small=one.is_small,
        n=one.waits.n,
        low=estimate.low,
        high=estimate.high,
    )


def _curve(begin: Begin, one: TimeToBuyReading) -> Figure | None:
    if one.curve is None or one.of_all is None:
        return None
    curve, horizon = one.curve, one.of_all.horizon
    points = [
        SurvivalPoint(float(days), 1 - float(share), 1 - float(high), 1 - float(low))
        for days, share, low, high in zip(curve.times, curve.shares, curve.lows, curve.highs, strict=True)
        if days <= horizon
    ]
    rows = []
    for days in (day for day in TABLE_POINTS if day <= horizon):
        share, low, high = curve.share_at(days)
        rows.append(
            [
                ChartCell(f"{days} days", is_number=False),
                *(ChartCell(f"{1 - value:.1%}") for value in (share, high, low)),
            ]
        )
    bought, *_ = one.of_all.bought
    figure = Figure(
        title=f"Share that has bought, by days {BEGINS[begin]}",
        description=f"Of {number(one.waits.n)}, {bought:.0%} have bought within {number(horizon)} days.",
        table=ChartTable(["Within", "Have bought", "From", "To"], rows),
        note=f"n = {number(one.waits.n)}; the band is the 95% interval.",
    )
    half = one.of_all.half_of_leads
    return survival_chart(figure, points, median_days=half.time if half else None, unit=AxisUnit.DAYS)
