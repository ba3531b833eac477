"""The KPIs that stand on top of the first screen: value, the period before, and a small line of how it went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from models.kpi.definitions import DEFINITIONS
from models.kpi.definitions.kpi import Kept, MedianWait, Ratio
from models.kpi.period import Period
from models.kpi.read import KpiValue, Step, read_series, read_values
from models.kpi.read.change import KpiChange, change
from models.kpi.read.written import written
from models.tables.kpi import KpiName
from models.wording import full_date
from web.charts import Sparkline, sparkline
from web.reports.numbers import ShownNumber, shown_number
from web.reports.query import ReportRequest

HEADLINES = (
    KpiName.LEADS,
    KpiName.FOLLOW_UP_SHARE,
    KpiName.RESPONSE_TIME,
    KpiName.CONNECTION_RATE,
    KpiName.CLOSING_RATE,
    KpiName.TIME_TO_BUY,
    KpiName.ORDERS,
    KpiName.REVENUE,
)
DAYS_UP_TO = 45
SHARES_BY_DAY_UP_TO = 14
"""Shares of single days are of too few to show how it goes."""
WEEKS_UP_TO = 250


@dataclass(frozen=True, kw_only=True)
class Headline:
    """One KPI on top of the page."""

    name: str
    title: str
    definition: str
    number: ShownNumber
    others: tuple[ShownNumber, ...]
    """The other reading, or other currencies: never left out where there are any."""
    change: KpiChange | None
    spark: Sparkline | None


def read_headlines(connection: Connection, asked: ReportRequest) -> list[Headline]:
    """Each of them once, in this order."""
    now = _by_kpi(read_values(connection, asked.question, kpis=HEADLINES))
    earlier = period_before(asked)
    before = _by_kpi(read_values(connection, asked.within(earlier).question, kpis=HEADLINES)) if earlier else {}
    return [_headline(connection, asked, name, now[name], before.get(name, [])) for name in HEADLINES if now.get(name)]


def period_before(asked: ReportRequest) -> Period | None:
    """As many days before; None where not all of them were counted, so that nothing unlike is compared."""
    before = asked.period.before
    return before if asked.reported and asked.reported.first <= before.first else None


def step_of(period: Period) -> Step:
    """Days of short periods, weeks and months of longer ones."""
    return "day" if period.days <= DAYS_UP_TO else "week" if period.days <= WEEKS_UP_TO else "month"


def is_partial(asked: ReportRequest, begin: KpiValue) -> bool:
    """Whether the day, week or month that begins here is not over, or is cut off by the period."""
    if begin.begin is None:
        return False
    step = step_of(asked.period)
    length = {"day": 1, "week": 7, "month": 31}[step]
    return begin.begin + timedelta(days=length) > min(asked.today, asked.period.last + timedelta(days=1))


def was_counted(asked: ReportRequest, begin: KpiValue) -> bool:
    """Whether anything was counted yet in the day, week or month that begins here: what was not is no zero."""
    length = {"day": 1, "week": 7, "month": 31}[step_of(asked.period)]
    if begin.begin is None or asked.reported is None:
        return False
    return begin.begin + timedelta(days=length) > asked.reported.first


def _by_kpi(values: Sequence[KpiValue]) -> dict[KpiName, list[KpiValue]]:
    found: dict[KpiName, list[KpiValue]] = {}
    for value in values:
        found.setdefault(value.kpi, []).append(value)
    return found


def _headline(
    connection: Connection, asked: ReportRequest, name: KpiName, values: list[KpiValue], before: list[KpiValue]
) -> Headline:
    definition = DEFINITIONS[name]
    main, *others = sorted(values, key=lambda value: _order(asked, value))
    same = next((one for one in before if (one.reading, one.currency) == (main.reading, main.currency)), None)
    return Headline(
        name=name.value,
        title=definition.title,
        definition=definition.definition,
        number=shown_number(asked, main),
        others=tuple(shown_number(asked, other) for other in others),
        change=change(main, same) if same else None,
        spark=_spark(connection, asked, main),
    )


def _order(asked: ReportRequest, value: KpiValue) -> tuple[bool, bool, str]:
    """The main reading first, in the currency of the reports."""
    return value.reading is not value.definition.main_reading, value.currency != asked.currency, value.currency


def _spark(connection: Connection, asked: ReportRequest, main: KpiValue) -> Sparkline | None:
    question = asked.question
    how = main.definition.readings()[main.reading]
    if isinstance(how, MedianWait | Kept):
        return None
    step = step_of(question.period)
    if isinstance(how, Ratio) and step == "day" and question.period.days > SHARES_BY_DAY_UP_TO:
        step = "week"
    series = [
        one
        for one in read_series(connection, question, main.kpi, step)
        if one.reading is main.reading and (one.currency == main.currency or not one.currency)
    ]
    series = [one for one in series if was_counted(asked, one)]
    known = [one for one in series if one.value is not None]
    if len(known) < 2:
        return None
    highest = max(known, key=lambda one: one.value or 0)
    says = f"{main.definition.title} by {step}: the highest is {written(highest)}"
    if highest.begin:
        says += f" on {full_date(highest.begin)}"
    return sparkline([one.value for one in series], f"{says}, the last {written(series[-1])}.")
