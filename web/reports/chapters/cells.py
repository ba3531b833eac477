"""Cells of the tables of chapters: how each kind of value reads, and what it opens."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from models.kpi.definitions import Unit
from models.kpi.definitions.kpi import Ratio, Term, Total, WeeklyTotal
from models.kpi.interval import SMALL, share_interval
from models.kpi.read import KpiValue
from models.kpi.read.written import written, written_interval, written_money, written_share
from models.tables.kpi import KpiName
from models.wording import DASH, full_date, number
from web.frame.moments import moment_text
from web.frame.words import label
from web.frame.xlsx_response import ColumnKind
from web.reports.chapters.chapter import LinkedWords, TableCell
from web.reports.numbers import NOT_HALF_YET, NOTHING_TO_DIVIDE_BY

KINDS = {
    Unit.SHARE: ColumnKind.SHARE,
    Unit.MONEY: ColumnKind.MONEY,
    Unit.MONEY_PER_DAY: ColumnKind.MONEY,
    Unit.SECONDS: ColumnKind.DURATION,
    Unit.DAYS: ColumnKind.NUMBER,
    Unit.PER_WEEK: ColumnKind.NUMBER,
    Unit.EQUIVALENTS: ColumnKind.NUMBER,
}
"""How a download writes the values of a unit."""


def definition_of(kpi: KpiName) -> str:
    """The address of a KPI's definition."""
    return f"/reports/definitions#{kpi.value}"


def text_cell(says: str, *, opens: str = "", beside: str = "") -> TableCell:
    """Words."""
    return TableCell(value=says, says=says, opens=opens, beside=[LinkedWords(beside)] if beside else ())


def name_cell(name: str, *, opens: str = "") -> TableCell:
    """A name of code, such as a journey's, in words; downloads have it as it is."""
    return TableCell(value=name, says=label(name), opens=opens)


def day_cell(day: date, *, opens: str = "") -> TableCell:
    """A day."""
    return TableCell(value=day, says=full_date(day), opens=opens)


def moment_cell(at: datetime, zone: ZoneInfo, *, opens: str = "") -> TableCell:
    """A moment by the clock of a time zone."""
    return TableCell(value=at, says=moment_text(at, zone.key), opens=opens)


def count_cell(count: int, opens: str = "") -> TableCell:
    """A count and the people behind it; nobody stands behind none."""
    return TableCell(value=count, says=number(count), opens=opens if count else "")


def share_cell(count: int, whole: int, *, opens: str = "", opens_whole: str = "") -> TableCell:
    """A part of a whole, with its interval, and the people behind both."""
    interval = share_interval(count, whole)
    if interval is None:
        return TableCell(value=None, says=DASH, about=NOTHING_TO_DIVIDE_BY, n=whole)
    share = count / whole
    return TableCell(
        value=share,
        says=written_share(share),
        about=f"95% interval: {written_share(interval.low)} to {written_share(interval.high)}",
        is_small=whole < SMALL,
        n=whole,
        low=interval.low,
        high=interval.high,
        beside=_part_of(count, whole, opens, opens_whole),
    )


def number_cell(value: float | None, *, about: str = "") -> TableCell:
    """A number with one decimal at the most; a dash where there is none, and why."""
    says = DASH if value is None else number(round(value, 1))
    return TableCell(value=value, says=says, about=about if value is None else "")


def money_cell(amount: float | Decimal | None, currency: str, *, opens: str = "") -> TableCell:
    """Money in its currency."""
    if amount is None:
        return TableCell(value=None, says=DASH)
    return TableCell(value=round(amount, 2), says=written_money(float(amount), currency), opens=opens if amount else "")


def kpi_cell(value: KpiValue, opens: Callable[[Term, str], str]) -> TableCell:
    """A KPI with its interval. `opens` gives the address of the people behind a term, in a currency."""
    return TableCell(
        value=_held(value.value, value.unit),
        says=written(value),
        about=_about(value),
        is_small=value.is_small,
        n=value.n,
        low=_held(value.low, value.unit),
        high=_held(value.high, value.unit),
        opens=_opens_itself(value, opens),
        beside=_beside(value, opens),
    )


def _held(value: float | None, unit: Unit) -> Any:
    """As a download has it."""
    return timedelta(seconds=value) if unit is Unit.SECONDS and value is not None else value


def _about(value: KpiValue) -> str:
    if value.not_recorded is not None:
        return value.not_recorded.in_words()
    if value.value is None:
        return NOT_HALF_YET if value.n else NOTHING_TO_DIVIDE_BY
    interval = written_interval(value)
    return f"95% interval: {interval}; n = {number(value.n)}" if interval else ""


def _how(value: KpiValue) -> Any:
    return value.definition.readings()[value.reading]


def _opens_itself(value: KpiValue, opens: Callable[[Term, str], str]) -> str:
    """A value that is a sum of one thing opens those whom it counts."""
    match _how(value):
        case Total(of=(term,)) | WeeklyTotal(of=(term,)) if value.value:
            return opens(term, value.currency)
    return ""


def _beside(value: KpiValue, opens: Callable[[Term, str], str]) -> list[LinkedWords]:
    """`67 of 100`, each with the people behind it."""
    how = _how(value)
    if not isinstance(how, Ratio) or value.unit is not Unit.SHARE or not value.denominator:
        return []
    of = [opens(part[0], "") if len(part) == 1 else "" for part in (how.numerator, how.denominator)]
    return _part_of(int(value.numerator or 0), int(value.denominator), *of)


def _part_of(count: int, whole: int, opens: str, opens_whole: str) -> list[LinkedWords]:
    return [
        LinkedWords(number(count), opens if count else ""),
        LinkedWords(" of "),
        LinkedWords(number(whole), opens_whole if whole else ""),
    ]
