"""The forecast: what the months ahead may bring, and how far off it was when it was tried on the past."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from models.kpi.forecast import Forecast, ForecastMonth, read_forecast
from models.kpi.forecast.intervals import COVERAGE
from models.wording import full_date, month, number, percent
from web.charts.axis import AxisUnit
from web.charts.bars import BarValue, bar_chart
from web.charts.figure import ChartCell, ChartTable, Figure, LegendEntry
from web.frame.xlsx_response import ColumnKind
from web.reports.chapters.cells import count_cell, money_cell, number_cell, text_cell
from web.reports.chapters.chapter import Chapter, Charts, DataTable, Note, Part, TableCell, TableColumn
from web.reports.query import ReportRequest

LEAD = (
    "What this and the next months may bring: orders that are in already, deals and leads that are open now, leads "
    "still to come, and further orders of customers; by how often and how fast leads of this business have bought so "
    "far. The days chosen above do not matter here: a forecast is of the day on which the report ran."
)
NOT_YET = DataTable(
    name="ahead",
    title="The months ahead",
    columns=[TableColumn(heading="Month", is_number=False)],
    rows=[],
    empty="No forecast has been made yet: the report makes one each night.",
)
ONE_OF_ALL = "The forecast is tried on the past for all teams together."


def forecast(connection: Connection, asked: ReportRequest) -> Chapter:
    """The chapter of an address."""
    found = read_forecast(connection, asked.team_id, asked.known_at)
    about = {"is_one_of_several": len(found) > 1, "is_of_team": asked.team is not None}
    parts: list[Part] = [part for one in found for part in _parts(one, **about)]
    return Chapter(name="forecast", title="Forecast", lead=LEAD, parts=parts or [NOT_YET])


def _parts(found: Forecast, *, is_one_of_several: bool, is_of_team: bool) -> Iterable[Part]:
    suffix = f"-{found.currency.lower() or 'none'}" if is_one_of_several else ""
    title = f", {found.currency or 'orders without money'}" if is_one_of_several else ""
    ahead = [one for one in found.months if not one.reason]
    charts = [chart for chart in (_chart(ahead, title), _test_chart(found, title)) if chart]
    if charts:
        yield Charts(charts)
    yield _ahead(found, f"ahead{suffix}", title)
    yield Note(f"{found.rates_in_words()} {ONE_OF_ALL}" if is_of_team else found.accuracy_in_words())
    if found.tested:
        yield _tested(found, f"tested{suffix}", title)


def _chart(ahead: Sequence[ForecastMonth], title: str) -> Figure | None:
    values = [
        BarValue(
            name=month(one.month),
            value=one.orders,
            says=f"{month(one.month)}: {_range(one)}",
            is_partial=True,
            low=one.orders_low,
            high=one.orders_high,
        )
        for one in ahead
    ]
    rows = [[ChartCell(month(one.month), is_number=False), ChartCell(_range(one))] for one in ahead]
    figure = Figure(
        title=f"Orders expected, by month{title}",
        description="; ".join(value.says for value in values),
        table=ChartTable(["Month", "Orders"], rows),
        note=f"Lines: where the number is to come with a chance of {percent(COVERAGE)}.",
    )
    return bar_chart(figure, values, AxisUnit.COUNT)


def _test_chart(found: Forecast, title: str) -> Figure | None:
    tested = [one for one in found.tested if one.actual_orders is not None]
    values, rows = [], []
    for one in tested:
        name, came = month(one.month), number(one.actual_orders or 0)
        values.append(BarValue(name, one.actual_orders, f"{name}: {came} came, {_range(one)} were expected"))
        rows.append([ChartCell(name, is_number=False), ChartCell(came), ChartCell(_range(one))])
    figure = Figure(
        title=f"What came, and what would have been expected{title}",
        description="; ".join(value.says for value in values),
        table=ChartTable(["Month", "Came", "Expected"], rows),
        legend=[LegendEntry("bar", "orders that came"), LegendEntry("compared", "expected at the begin of the month")],
    )
    return bar_chart(figure, values, AxisUnit.COUNT, compared=[one.orders for one in tested])


def _range(one: ForecastMonth) -> str:
    if one.orders is None:
        return one.reason or "not known"
    low, high = number(round(one.orders_low or 0)), number(round(one.orders_high or 0))
    return f"{number(round(one.orders, 1))} ({low} to {high})"


def _month_cells(one: ForecastMonth, currency: str) -> list[TableCell]:
    return [
        text_cell(month(one.month)),
        *(number_cell(value) for value in (one.orders, one.orders_low, one.orders_high)),
        *(money_cell(value, currency) for value in (one.revenue, one.revenue_low, one.revenue_high)),
    ]


def _month_columns(currency: str) -> list[TableColumn]:
    money = f", {currency}" if currency else ""
    return [
        TableColumn(heading="Month", is_number=False),
        *(TableColumn(heading=heading, kind=ColumnKind.NUMBER) for heading in ("Orders", "from", "to")),
        *(TableColumn(heading=f"{heading}{money}", kind=ColumnKind.MONEY) for heading in ("Revenue", "from", "to")),
    ]


def _ahead(found: Forecast, name: str, title: str) -> DataTable:
    """The months that have a number; below them why those after have none."""
    columns = [
        *_month_columns(found.currency),
        TableColumn(heading="In already"),
        *(
            TableColumn(heading=heading, kind=ColumnKind.NUMBER)
            for heading in ("From what is open", "From new leads", "From customers", "Mean of the months before")
        ),
    ]
    rows = [
        [
            *_month_cells(one, found.currency),
            count_cell(one.sold),
            *(number_cell(value) for value in (one.from_open, one.from_new, one.from_customers, one.naive_orders)),
        ]
        for one in found.months
        if not one.reason
    ]
    without = next((one for one in found.months if one.reason), None)
    about = f"Made of what was known on {full_date(found.made_on)}. From and to: with a chance of {percent(COVERAGE)}."
    return DataTable(
        name=name,
        title=f"The months ahead{title}",
        about=about,
        columns=columns,
        rows=rows,
        note=f"No number from {month(without.month)} on. {without.reason}" if without and rows else "",
        empty=without.reason if without else NOT_YET.empty,
    )


def _tested(found: Forecast, name: str, title: str) -> DataTable:
    columns = [
        *_month_columns(found.currency),
        TableColumn(heading="Mean of the months before", kind=ColumnKind.NUMBER),
        TableColumn(heading="Came"),
        TableColumn(heading="Came, in money", kind=ColumnKind.MONEY),
    ]
    rows: Sequence[Sequence[TableCell]] = [
        [
            *_month_cells(one, found.currency),
            number_cell(one.naive_orders),
            count_cell(one.actual_orders) if one.actual_orders is not None else number_cell(None),
            money_cell(one.actual_revenue, found.currency),
        ]
        for one in found.tested
    ]
    about = "What would have been said at the begin of each month, by what was known then, beside what came."
    return DataTable(name=name, title=f"Tried on the past{title}", about=about, columns=columns, rows=rows)
