"""How leads and orders went over the days, beside the period before."""

from sqlalchemy import Connection

from models.kpi.definitions import DEFINITIONS
from models.kpi.period import Period
from models.kpi.read import KpiValue, Step, read_series, steps
from models.kpi.read.written import written
from models.tables.kpi import KpiName
from models.wording import counted, full_date, short_day
from web.charts import AxisUnit, ChartCell, ChartTable, Figure, LegendEntry, TrendChart, TrendPoint, trend_chart
from web.reports.first_screen.headlines import is_partial, period_before, step_of, was_counted
from web.reports.links import people_of
from web.reports.query import ReportRequest

NOT_OVER = "The hollow point is a {step} that is not over."
TRENDS = (KpiName.LEADS, KpiName.ORDERS)


def read_trends(connection: Connection, asked: ReportRequest) -> list[TrendChart]:
    """A chart for each; none where there are fewer than two days."""
    drawn = (_trend(connection, asked, kpi) for kpi in TRENDS)
    return [chart for chart in drawn if chart]


def _trend(connection: Connection, asked: ReportRequest, name: KpiName) -> TrendChart | None:
    step = step_of(asked.period)
    whole_series = read_series(connection, asked.question, name, step)
    series = [one for one in whole_series if was_counted(asked, one)]
    if not series:
        return None
    earlier = period_before(asked)
    before = read_series(connection, asked.within(earlier).question, name, step) if earlier else []
    title = DEFINITIONS[name].title
    legend = [LegendEntry("line", str(asked.period))]
    if earlier:
        legend.append(LegendEntry("before", f"before: {earlier}"))
    values = [value.value or 0 for value in series]
    whole = counted(round(sum(values)), *_words(name))
    figure = Figure(
        title=f"{title} by {step}",
        description=f"{whole} in all; the most is {max(values):,.0f} in a {step}, the last {values[-1]:,.0f}.",
        table=ChartTable([step.capitalize(), title], [_row(asked, one, step) for one in series]),
        legend=legend,
        note=NOT_OVER.format(step=step) if is_partial(asked, series[-1]) else "",
    )
    return trend_chart(
        figure,
        [_point(asked, one, step) for one in series],
        AxisUnit.COUNT,
        before=[value.value for value in before][: len(series)],
    )


def _words(name: KpiName) -> tuple[str, str]:
    return ("lead", "leads") if name is KpiName.LEADS else ("order", "orders")


def _point(asked: ReportRequest, one: KpiValue, step: Step) -> TrendPoint:
    assert one.begin
    unfinished = is_partial(asked, one)
    says = f"{_day(one, step)}: {written(one)}" + (", not over" if unfinished else "")
    return TrendPoint(one.begin, one.value, says, is_partial=unfinished)


def _row(asked: ReportRequest, one: KpiValue, step: Step) -> list[ChartCell]:
    assert one.begin
    [term] = one.definition.readings()[one.reading].terms
    part = _part(asked, one, step)
    return [
        ChartCell(_day(one, step), is_number=False),
        ChartCell(written(one), people_of(asked.within(part))(term, "") if one.value else ""),
    ]


def _part(asked: ReportRequest, one: KpiValue, step: Step) -> Period:
    """What of the step is in the period."""
    return next(part for begin, part in steps(asked.period, step) if begin == one.begin)


def _day(one: KpiValue, step: Step) -> str:
    assert one.begin
    return short_day(one.begin) if step == "day" else f"from {full_date(one.begin)}"
