"""The forecast in short: orders of the last months, and what the next ones are expected to bring."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_date
from sqlalchemy import Connection

from models.kpi.definitions import Unit
from models.kpi.forecast.intervals import COVERAGE
from models.kpi.forecast.read import Forecast, ForecastMonth, read_forecast
from models.kpi.period import Period
from models.kpi.read import KpiValue, read_series, written_number
from models.tables.kpi import KpiName
from models.wording import LOCALE, number, percent
from web.charts import AxisUnit, BarChart, BarValue, ChartCell, ChartTable, Figure, LegendEntry, bar_chart
from web.reports.query import ReportRequest

MONTHS_BACK = 6
MONTHS_AHEAD = 3


@dataclass(frozen=True)
class ForecastInShort:
    """The chart, or why there is none; both empty before the first run."""

    chart: BarChart | None
    reason: str
    expected: Sequence[str]
    """Of each month what is expected, in words."""
    accuracy: str


def read_forecast_in_short(connection: Connection, asked: ReportRequest) -> ForecastInShort:
    """The last months as they came, this one and the next as they are expected; of the currency with most orders."""
    found = read_forecast(connection, asked.team_id, asked.known_at)
    if not found:
        return ForecastInShort(None, "", [], "")
    forecast = found[0]
    expected = [month for month in forecast.months if month.orders is not None][:MONTHS_AHEAD]
    if not expected:
        return ForecastInShort(None, next((month.reason for month in forecast.months if month.reason), ""), [], "")
    came = _months_before(connection, asked, expected[0].month)
    words = [_in_words(month, forecast) for month in expected]
    accuracy = forecast.accuracy_in_words() if forecast.tested else ""
    return ForecastInShort(_draw(asked, came, expected, words), "", words, accuracy)


def _months_before(connection: Connection, asked: ReportRequest, until: date) -> list[KpiValue]:
    """As far back as anything was counted."""
    first = until
    for _ in range(MONTHS_BACK):
        first = (first - timedelta(days=1)).replace(day=1)
    if asked.reported is None or asked.reported.first >= until:
        return []
    period = Period(max(first, asked.reported.first), until - timedelta(days=1))
    return read_series(connection, asked.within(period).question, KpiName.ORDERS, "month")


def _draw(
    asked: ReportRequest, came: Sequence[KpiValue], expected: Sequence[ForecastMonth], words: Sequence[str]
) -> BarChart | None:
    values = [BarValue(_name(one.begin), one.value, f"{_name(one.begin)}: {number(one.value or 0)}") for one in came]
    values += [
        BarValue(_name(month.month), month.orders, says, True, month.orders_low, month.orders_high)
        for month, says in zip(expected, words, strict=True)
    ]
    figure = Figure(
        title="Orders a month, and what is expected",
        description=" ".join(f"{says}." for says in words),
        table=ChartTable(
            ["Month", "Orders", "Range", "Mean of the months before"],
            [_came_row(asked, one) for one in came] + [_expected_row(month) for month in expected],
        ),
        legend=[
            LegendEntry("bar", "came"),
            LegendEntry("bar partial", f"expected, with the range of {percent(COVERAGE)}"),
            LegendEntry("compared", "mean of the months before"),
        ],
    )
    compared = [None] * len(came) + [month.naive_orders for month in expected]
    return bar_chart(figure, values, AxisUnit.COUNT, compared=compared)


def _came_row(asked: ReportRequest, one: KpiValue) -> list[ChartCell]:
    assert one.begin
    after = (one.begin + timedelta(days=31)).replace(day=1)
    month = asked.within(Period(one.begin, after - timedelta(days=1)))
    orders = ChartCell(number(one.value or 0), month.people("sale"))
    return [ChartCell(_name(one.begin), is_number=False), orders, ChartCell(""), ChartCell("")]


def _expected_row(month: ForecastMonth) -> list[ChartCell]:
    naive = number(round(month.naive_orders, 1)) if month.naive_orders is not None else ""
    orders = ChartCell(number(round(month.orders or 0, 1)))
    return [
        ChartCell(f"{_name(month.month)}, expected", is_number=False),
        orders,
        ChartCell(_range(month)),
        ChartCell(naive),
    ]


def _in_words(month: ForecastMonth, forecast: Forecast) -> str:
    says = f"{_name(month.month)}: {number(round(month.orders or 0, 1))} orders ({_range(month)})"
    if month.revenue is None:
        return says
    return f"{says}, {written_number(float(month.revenue), Unit.MONEY, forecast.currency)}"


def _range(month: ForecastMonth) -> str:
    return f"{number(round(month.orders_low or 0, 1))} to {number(round(month.orders_high or 0, 1))}"


def _name(month: date | None) -> str:
    return str(format_date(month, "MMM y", locale=LOCALE)) if month else ""
