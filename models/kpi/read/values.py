"""KPIs of a question: of everybody, of each member of a dimension, of each team, and over time."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import Connection, text

from models.kpi.definitions import KPIS, Kpi, Reading, Unit
from models.kpi.definitions.compute import Computed, Number, compute, compute_kept, compute_wait
from models.kpi.definitions.kpi import How, Kept, MedianWait, Term, Velocity
from models.kpi.definitions.recording import recordings
from models.kpi.period import Period, calendar_months
from models.kpi.read.kept import read_kept
from models.kpi.read.question import KpiValue, Question
from models.kpi.read.recorded import Recorded, read_recorded
from models.kpi.read.requests import read_response_waits
from models.kpi.read.sums import Cut, Found, Step, read_sums
from models.kpi.read.waits import read_days_waits
from models.tables.kpi import Dimension, KpiName

BY_CURRENCY = (Unit.MONEY, Unit.MONEY_PER_DAY)


def read_values(
    connection: Connection,
    question: Question,
    dimension: Dimension = Dimension.ALL,
    *,
    kpis: Collection[KpiName] = tuple(KpiName),
) -> list[KpiValue]:
    """Every KPI in each of its readings: of everybody, or of each member of a dimension.

    Of people each has a value, also who did nothing. KPIs that a dimension does not have, such as the open rate of a
    person, are left out. Money has one value a currency.
    """
    return _read(connection, question, Cut(dimension), kpis)


def read_teams(
    connection: Connection, question: Question, *, kpis: Collection[KpiName] = tuple(KpiName)
) -> list[KpiValue]:
    """The same of each team; `member` is its number."""
    return _read(connection, question, Cut(by_team=True), kpis)


def read_series(
    connection: Connection,
    question: Question,
    kpi: KpiName,
    step: Step = "day",
    *,
    dimension: Dimension = Dimension.ALL,
) -> list[KpiValue]:
    """One KPI over the period, a value for each step and reading in the order of time; the steps without anything too.

    `begin` is the first day of each step. KPIs that are no sums, such as medians, have none.
    """
    return read_all_series(connection, question, [kpi], step, dimension=dimension)


def read_all_series(
    connection: Connection,
    question: Question,
    kpis: Collection[KpiName],
    step: Step = "day",
    *,
    dimension: Dimension = Dimension.ALL,
) -> list[KpiValue]:
    """The same of several KPIs at once, for as many statements as one takes."""
    cut = Cut(dimension, step=step)
    definitions = [kpi for kpi in KPIS if kpi.name in kpis and _has(kpi, question, cut)]
    readings = [(kpi, reading, how) for kpi in definitions for reading, how in kpi.readings().items() if how.terms]
    found = read_sums(connection, question, {term for _, _, how in readings for term in how.terms}, cut)
    members = _members(connection, question, cut, found) or [""]
    by_member = _by_member(found)
    recorded = _recorded(connection, question, definitions)
    return [
        _unless_missing(value, recorded, how, part.last)
        for begin, part in steps(question.period, step)
        for member in members
        for kpi, reading, how in readings
        for value in _sum_values(kpi, reading, how, by_member[member, begin], part.weeks, member, begin)
    ]


def is_sum(kpi: Kpi) -> bool:
    """Whether its main reading is made of sums over days, as series are."""
    return bool(kpi.readings()[kpi.main_reading].terms)


def steps(period: Period, step: Step) -> Iterator[tuple[date, Period]]:
    """The days, weeks (from Monday), months or quarters of a period: the first day of each, and what of it is in it."""
    begin = step_of(period.first, step)
    while begin <= period.last:
        after = next_step(begin, step)
        yield begin, Period(max(begin, period.first), min(after - timedelta(days=1), period.last))
        begin = after


def step_of(day: date, step: Step) -> date:
    """The first day of the step that a day is in."""
    match step:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return calendar_months(day, 3).first


def next_step(begin: date, step: Step) -> date:
    """The first day of the step after."""
    match step:
        case "day" | "week":
            return begin + timedelta(days=1 if step == "day" else 7)
        case "month":
            return step_of(begin + timedelta(days=31), "month")
        case "quarter":
            return calendar_months(begin, 3).last + timedelta(days=1)


def _read(connection: Connection, question: Question, cut: Cut, kpis: Collection[KpiName]) -> list[KpiValue]:
    definitions = [kpi for kpi in KPIS if kpi.name in kpis and _has(kpi, question, cut)]
    terms = {term for kpi in definitions for how in kpi.readings().values() for term in how.terms}
    found = read_sums(connection, question, terms, cut)
    members = _members(connection, question, cut, found)
    by_member = _by_member(found)
    recorded = _recorded(connection, question, definitions)
    values = []
    for kpi in definitions:
        for reading, how in kpi.readings().items():
            of_kpi: list[KpiValue] = []
            if isinstance(how, MedianWait | Kept):
                computed = _computed(connection, question, how, cut)
                of_kpi += [
                    _value(kpi, reading, member, computed.get(member, Computed(value=None))) for member in members
                ]
            else:
                for member in members:
                    sums = by_member[member, None]
                    of_kpi += _sum_values(kpi, reading, how, sums, question.period.weeks, member)
            values += [_unless_missing(value, recorded, how, question.period.last) for value in of_kpi]
    return values


def _recorded(connection: Connection, question: Question, definitions: Collection[Kpi]) -> Recorded:
    hows = [how for kpi in definitions for how in kpi.readings().values()]
    return read_recorded(connection, {one for how in hows for one in recordings(how)}, question.known_at)


def _unless_missing(value: KpiValue, recorded: Recorded, how: How, until: date) -> KpiValue:
    """No value of what the business did not record by then: 0 would be taken for a fact, and so would 100%."""
    missing = recorded.missing(how, value.reading, until)
    if missing is None or (isinstance(how, MedianWait) and value.value is not None):
        return value
    return replace(value, value=None, numerator=None, denominator=None, low=None, high=None, n=0, not_recorded=missing)


def _has(kpi: Kpi, question: Question, cut: Cut) -> bool:
    """Mails are nobody's and of no team: journeys send them."""
    is_of_mails = any(term.table == "kpi_message" for how in kpi.readings().values() for term in how.terms)
    has_journeys = cut.dimension in (Dimension.ALL, Dimension.JOURNEY) and not cut.by_team and not question.team_id
    return has_journeys or not is_of_mails


def _members(connection: Connection, question: Question, cut: Cut, found: Found) -> list[str]:
    """Whoever has a number, and of people and teams everybody."""
    if cut.by_team:
        everybody = "SELECT CAST(id AS text) FROM team WHERE :team_id = 0 OR id = :team_id"
    elif cut.dimension is Dimension.PERSON:
        everybody = "SELECT CAST(id AS text) FROM rep WHERE :team_id = 0 OR team_id = :team_id"
    else:
        return [""] if cut.dimension is Dimension.ALL else sorted({cell.member for cell in found})
    people = connection.execute(text(everybody), {"team_id": question.team_id}).scalars()
    return sorted({cell.member for cell in found} | set(people), key=int)


def _by_member(found: Found) -> dict[tuple[str, date | None], dict[str, dict[Term, Number]]]:
    """(member, step) -> their sums by currency."""
    by_member: dict[tuple[str, date | None], dict[str, dict[Term, Number]]] = defaultdict(dict)
    for cell, sums in found.items():
        by_member[cell.member, cell.begin][cell.currency] = sums
    return by_member


def _sum_values(
    kpi: Kpi,
    reading: Reading,
    how: How,
    sums: Mapping[str, Mapping[Term, Number]],
    weeks: float,
    member: str,
    begin: date | None = None,
) -> Iterator[KpiValue]:
    for currency, of_currency in _by_currency(kpi.unit, how, sums):
        computed = compute(how, of_currency, kpi.unit, weeks)
        yield _value(kpi, reading, member, computed, currency, begin)


def _by_currency(
    unit: Unit, how: How, sums: Mapping[str, Mapping[Term, Number]]
) -> Iterator[tuple[str, Mapping[Term, Number]]]:
    """What is counted is counted over all currencies; money stays apart."""
    wanted = {term.unsigned for term in how.terms}
    together: dict[Term, Number] = {}
    for of_currency in sums.values():
        for term in wanted & of_currency.keys():
            together[term] = together.get(term, 0) + of_currency[term]  # type: ignore[operator]  # all are of one type
    if unit not in BY_CURRENCY:
        yield "", together
        return
    money = [term.unsigned for term in how.terms if term.column == "amount"]
    currencies = sorted(name for name, of_currency in sums.items() if any(term in of_currency for term in money))
    for currency in currencies or [""]:
        own = sums.get(currency, {})
        is_velocity = isinstance(how, Velocity)
        yield currency, (together | {term: own.get(term, 0) for term in money}) if is_velocity else own


def _computed(connection: Connection, question: Question, how: MedianWait | Kept, cut: Cut) -> dict[str, Computed]:
    """By member: what is no sum of days."""
    if isinstance(how, Kept):
        return {
            member: compute_kept(at_beginning, lost)
            for member, (at_beginning, lost) in read_kept(connection, question, how, cut).items()
        }
    is_response = how.begin == "request"
    waits = (
        read_response_waits(connection, question, [how.goal], cut)[how.goal]
        if is_response
        else read_days_waits(connection, question, how, cut)
    )
    return {
        member: compute_wait(of_member.happened, of_member.waiting, is_cut=not is_response)
        for member, of_member in waits.items()
    }


def _value(
    kpi: Kpi, reading: Reading, member: str, computed: Computed, currency: str = "", begin: date | None = None
) -> KpiValue:
    return KpiValue(
        kpi=kpi.name,
        reading=reading,
        member=member,
        value=computed.value,
        numerator=computed.numerator,
        denominator=computed.denominator,
        low=computed.low,
        high=computed.high,
        n=computed.n,
        currency=currency,
        begin=begin,
    )
