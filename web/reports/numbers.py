"""A KPI's value as pages show it: how it reads, what chance leaves open, and the people behind it."""

from collections.abc import Callable
from dataclasses import dataclass

from models.kpi.definitions import Reading, Unit
from models.kpi.definitions.kpi import How, Kept, MedianWait, Ratio, Term, Total, Velocity
from models.kpi.interval import SMALL
from models.kpi.read import KpiValue
from models.kpi.read.written import written, written_interval
from models.tables.kpi import Dimension
from models.wording import number
from web.reports.links import people_of
from web.reports.query import ReportRequest

People = Callable[[Term, str], str]
"""Term and currency -> the address of those whom it counts."""

READINGS = {Reading.PERIOD: "by period", Reading.COHORT: "by cohort"}
READINGS_IN_WORDS = {
    Reading.PERIOD: "What happened in these days, whenever it began",
    Reading.COHORT: "What has become so far of those who began in these days",
}
OF_FEW = f"Of fewer than {SMALL}: chance weighs heavily."
NOTHING_TO_DIVIDE_BY = "Nothing to divide by in these days, so there is no number."
NOT_HALF_YET = "Fewer than half have come so far, so the median is still to come."


@dataclass(frozen=True)
class PartOfNumber:
    """One of the counts that a number is made of."""

    says: str
    opens: str
    """The people counted; empty where there is no list."""


@dataclass(frozen=True, kw_only=True)
class ShownNumber:
    """A value on a page."""

    value: KpiValue
    says: str
    opens: str
    """The people counted in it."""
    parts: tuple[PartOfNumber, ...]
    """Numerator and denominator, where it has both."""
    about: str
    """What is said when it is pointed at: its range, of how many, or why there is none."""
    reading: str
    reading_in_words: str
    is_small: bool


def shown_number(asked: ReportRequest, value: KpiValue, dimension: Dimension = Dimension.ALL) -> ShownNumber:
    """A value of everybody, or of a member of a dimension, with the way to the people behind it."""
    how = value.definition.readings()[value.reading]
    top, bottom = _terms(how)
    people = people_of(asked, dimension, value.member)
    return ShownNumber(
        value=value,
        says=written(value),
        opens=people(top[0], value.currency) if top and value.value else "",
        parts=_parts(value, how, top, bottom, people),
        about=_about(value, how),
        reading=_reading(value, how),
        reading_in_words=READINGS_IN_WORDS[value.reading],
        is_small=value.is_small,
    )


def _terms(how: How) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    """What stands above the line and below it; for a wait those who have come, and all who wait or have waited."""
    match how:
        case Ratio():
            return how.numerator, how.denominator
        case MedianWait(begin="request"):
            return (Term("kpi_daily", how.goal, "count"),), (Term("kpi_daily", "request", "count"),)
        case MedianWait():
            return (Term("kpi_cohort", how.begin, "after", how.goal),), (Term("kpi_daily", how.begin, "count"),)
        case Velocity():
            return (how.won,), ()
        case Kept():
            return (), ()
        case Total():
            return how.of, ()


def _parts(
    value: KpiValue, how: How, top: tuple[Term, ...], bottom: tuple[Term, ...], people: People
) -> tuple[PartOfNumber, ...]:
    """Only of counts of people: days and money that are divided are no lists."""
    is_of_counts = isinstance(how, MedianWait) or value.unit is Unit.SHARE
    if not is_of_counts or value.numerator is None or not value.denominator:
        return ()
    numbers = ((value.numerator, top), (value.denominator, bottom))
    return tuple(
        PartOfNumber(number(round(count, 2)), people(terms[0], "") if len(terms) == 1 and count else "")
        for count, terms in numbers
    )


def _reading(value: KpiValue, how: How) -> str:
    """Of times it is said which middle they are."""
    if isinstance(how, MedianWait):
        return f"median, {READINGS[value.reading]}"
    is_mean = isinstance(how, Ratio) and value.unit in (Unit.DAYS, Unit.SECONDS)
    return f"mean, {READINGS[value.reading]}" if is_mean else READINGS[value.reading]


def _about(value: KpiValue, how: How) -> str:
    if value.not_recorded is not None:
        return value.not_recorded.in_words()
    if value.value is None:
        return NOT_HALF_YET if isinstance(how, MedianWait) and value.n else NOTHING_TO_DIVIDE_BY
    interval = written_interval(value)
    range_text = f"{interval} at 95% confidence." if interval else ""
    return " ".join(part for part in (range_text, OF_FEW if value.is_small else "") if part)
