"""What sources and forms bring and cost, in both readings, and whether to keep, raise or cut a source."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from models.kpi.contribution.read.advice import Advice, Costs, OrderCost, OtherCosts, advise
from models.kpi.contribution.read.quality import UNKNOWN, Quality, WeekOfLeads, compare_quality
from models.kpi.contribution.read.share import sums_of
from models.kpi.contribution.read.source_metrics import COUNTS, OtherMoney, SourceMetrics
from models.kpi.interval import SMALL
from models.kpi.period import Period, calendar_months
from models.kpi.read.question import Question
from models.kpi.versions import as_known
from models.playbook import Playbook, current_playbook
from models.tables.kpi import Reading
from models.wording import money

ROWS = f"""
SELECT reading, source, form, currency, {sums_of(COUNTS)}, sum(spend) AS spend FROM kpi_source
WHERE month BETWEEN :first AND :last AND {{known}} GROUP BY reading, source, form, currency
"""

WEEKS = """
WITH came AS (
    SELECT date_trunc('week', day)::date AS week, member AS source, sum(count) AS leads FROM kpi_daily
    WHERE dimension = 'source' AND team_id = 0 AND measure = 'lead' AND day BETWEEN :first AND :last AND {known}
    GROUP BY 1, 2
), bought AS (
    SELECT date_trunc('week', day)::date AS week, member AS source, sum(count) AS customers FROM kpi_cohort
    WHERE dimension = 'source' AND team_id = 0 AND begin = 'lead' AND goal = 'customer'
      AND day BETWEEN :first AND :last AND {known}
    GROUP BY 1, 2
)
SELECT week, source, leads::int, coalesce(customers, 0)::int AS customers
FROM came LEFT JOIN bought USING (week, source)
"""


@dataclass(frozen=True, kw_only=True)
class FormLine:
    """The leads of one source that came by one form; the form is empty for those who filled in none."""

    source: str
    form: str
    cohort: SourceMetrics
    period: SourceMetrics


@dataclass(frozen=True, kw_only=True)
class SourceLine:
    """One source."""

    source: str
    cohort: SourceMetrics
    """What has become by now of the leads that came in these months, and what was spent in them."""
    period: SourceMetrics
    """What happened in these months, whenever the lead came."""
    before: SourceMetrics
    """The same by period, of as many months before."""
    quality: Quality
    advice: Advice
    forms: tuple[FormLine, ...]
    """The one with most leads first."""


@dataclass(frozen=True, kw_only=True)
class SourcesReading:
    """The chapter about sources. They are counted by whole months, as they are paid, and for all teams together."""

    months: Period
    """All of the months that the period of the question touches."""
    currency: str
    lines: tuple[SourceLine, ...]
    """The one with most leads first."""
    cohort: SourceMetrics
    """Of all sources."""
    period: SourceMetrics
    before: SourceMetrics
    remarks: tuple[str, ...]
    """What cannot be told or added, a sentence each."""


def read_sources(connection: Connection, question: Question) -> SourcesReading:
    """Every source that brought somebody, or cost something, in the months of the period."""
    playbook = current_playbook(connection)
    currency = playbook.report_currency
    months = _whole_months(question.period)
    rows, before = (_rows(connection, question, of, currency) for of in (months, _as_many_before(months)))
    weeks = _weeks(connection, question, months)
    cohort, period = (rows.get((reading, None, None), SourceMetrics()) for reading in (Reading.COHORT, Reading.PERIOD))
    limit = _order_cost(playbook, period)
    names = {source for _, source, _ in rows if source is not None}
    compared = sum(sum(leads for leads, _ in weeks.get(name, {}).values()) >= SMALL for name in names)
    lines = []
    for name in names:
        own = rows.get((Reading.COHORT, name, None), SourceMetrics())
        happened = rows.get((Reading.PERIOD, name, None), SourceMetrics())
        quality = compare_quality(_beside_others(weeks, name), compared) if own.leads >= SMALL else UNKNOWN
        lines.append(
            SourceLine(
                source=name,
                cohort=own,
                period=happened,
                before=before.get((Reading.PERIOD, name, None), SourceMetrics()),
                quality=quality,
                advice=advise(
                    Costs(own, _costs_of_others(rows, Reading.COHORT, name)),
                    Costs(happened, _costs_of_others(rows, Reading.PERIOD, name)),
                    quality,
                    limit,
                    currency,
                ),
                forms=tuple(_forms(rows, name)),
            )
        )
    lines.sort(key=lambda line: (-line.cohort.leads, -line.period.orders, line.source))
    return SourcesReading(
        months=months,
        currency=currency,
        lines=tuple(lines),
        cohort=cohort,
        period=period,
        before=before.get((Reading.PERIOD, None, None), SourceMetrics()),
        remarks=tuple(_remarks(lines, currency)),
    )


_Key = tuple[str, str | None, str | None]
"""(reading, source, form); None: all of them."""


def _rows(connection: Connection, question: Question, months: Period, currency: str) -> dict[_Key, SourceMetrics]:
    """Of every form, of every source, and of all."""
    found = connection.execute(
        text(ROWS.format(known=as_known(question.known_at))),
        {"first": months.first, "last": months.last, "known_at": question.known_at},
    ).mappings()
    groups: defaultdict[_Key, list[Mapping[str, Any]]] = defaultdict(list)
    for row in found:
        for source, form in ((row["source"], row["form"]), (row["source"], None), (None, None)):
            groups[row["reading"], source, form].append(dict(row))
    return {key: _metrics(of_key, currency) for key, of_key in groups.items()}


def _metrics(rows: Sequence[Mapping[str, Any]], currency: str) -> SourceMetrics:
    own = [row for row in rows if row["currency"] == currency]
    others: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["currency"] != currency:
            others[row["currency"]].append(row)
    # Counts stand in rows of the currency that the reports had when they were counted.
    counts: dict[str, int] = {name: sum(row[name] for row in rows) for name in COUNTS if name != "revenue"}
    return SourceMetrics(
        **counts,
        revenue=sum((row["revenue"] or Decimal(0) for row in own), Decimal(0)),
        spend=_spend(own),
        other_money={
            name: OtherMoney(sum((row["revenue"] or Decimal(0) for row in of), Decimal(0)), _spend(of))
            for name, of in sorted(others.items())
        },
    )


def _spend(rows: Sequence[Mapping[str, Any]]) -> Decimal | None:
    known = [row["spend"] for row in rows if row["spend"] is not None]
    return sum(known, Decimal(0)) if known else None


_Weeks = dict[str, dict[date, tuple[int, int]]]
"""Source -> week -> (leads, how many of them are customers)."""


def _weeks(connection: Connection, question: Question, months: Period) -> _Weeks:
    rows = connection.execute(
        text(WEEKS.format(known=as_known(question.known_at))),
        {"first": months.first, "last": months.last, "known_at": question.known_at},
    )
    found: _Weeks = defaultdict(dict)
    for row in rows:
        found[row.source][row.week] = (row.leads, row.customers)
    return found


def _beside_others(weeks: _Weeks, source: str) -> list[WeekOfLeads]:
    others: defaultdict[date, list[int]] = defaultdict(lambda: [0, 0])
    for name, of_source in weeks.items():
        for week, counts in of_source.items() if name != source else ():
            others[week] = [one + more for one, more in zip(others[week], counts, strict=True)]
    return [WeekOfLeads(*counts, *others[week]) for week, counts in sorted(weeks.get(source, {}).items())]


def _costs_of_others(rows: Mapping[_Key, SourceMetrics], reading: Reading, source: str) -> OtherCosts:
    others = [
        metrics
        for (of, name, form), metrics in rows.items()
        if of == reading and name not in (None, source) and form is None and metrics.spend is not None
    ]
    return OtherCosts(sum((one.spend or Decimal(0) for one in others), Decimal(0)), sum(one.orders for one in others))


def _order_cost(playbook: Playbook, period: SourceMetrics) -> OrderCost | None:
    if playbook.reports.cost_per_order is not None:
        return OrderCost(playbook.reports.cost_per_order, is_set=True)
    return OrderCost(period.revenue / period.orders, is_set=False) if period.orders and period.revenue > 0 else None


def _forms(rows: Mapping[_Key, SourceMetrics], source: str) -> Iterator[FormLine]:
    forms = {form for _, name, form in rows if name == source and form is not None}
    lines = [
        FormLine(
            source=source,
            form=form,
            cohort=rows.get((Reading.COHORT, source, form), SourceMetrics()),
            period=rows.get((Reading.PERIOD, source, form), SourceMetrics()),
        )
        for form in forms
    ]
    # What was spent on the source stands where there is no form.
    shown = [line for line in lines if line.form or line.cohort.leads or line.period.leads or line.period.orders]
    yield from sorted(shown, key=lambda line: (-line.cohort.leads, line.form))


def _remarks(lines: Sequence[SourceLine], currency: str) -> Iterator[str]:
    without = [line for line in lines if not line.cohort.leads and line.cohort.spend]
    for line in without:
        cost = money(line.cohort.spend or 0, currency)
        yield (
            f"{line.source} cost {cost}, and no lead of these months came from it. If its leads have another source, "
            "write that name in the playbook or the file."
        )
    for line in lines:
        for name, of in line.cohort.other_money.items():
            if of.spend is not None:
                yield _no_rate(f"What {line.source} cost, {money(of.spend, name)},", name, currency)
    apart = {name for line in lines for name, of in line.period.other_money.items() if of.revenue}
    for name in sorted(apart):
        yield _no_rate(f"Revenue in {name}", name, currency)


def _no_rate(what: str, name: str, currency: str) -> str:
    return f"{what} is not added up: the playbook has no rate from {name} to {currency} (reports: rates)."


def _whole_months(period: Period) -> Period:
    return Period(calendar_months(period.first).first, calendar_months(period.last).last)


def _as_many_before(months: Period) -> Period:
    count = (months.last.year - months.first.year) * 12 + months.last.month - months.first.month + 1
    first = months.first.year * 12 + months.first.month - 1 - count
    begin = date(max(1, first // 12), first % 12 + 1, 1)
    end_month = months.first.year * 12 + months.first.month - 2
    year, month = max(1, end_month // 12), end_month % 12 + 1
    return Period(begin, calendar_months(date(year, month, 1)).last)
