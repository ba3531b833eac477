"""Reads the days of a column as its whole tells them: whether days or months come first, or a spreadsheet's numbers.
Pure.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from models.values.readers.bad_value import BadValue
from models.values.readers.day import LONGEST_DATE, read_date, year_last_numbers
from models.values.readers.moment import NO_MOMENT
from models.values.readers.number import plain

SERIAL = re.compile(r"(\d{5})(?:[.,]\d+)?")
SERIAL_BEGIN = date(1899, 12, 30)
"""Day 0 of spreadsheets, as they count since 1 March 1900."""
SERIALS = range(20_000, 80_000)
"""From 1954 to 2119."""
DAY_FIRST, MONTH_FIRST = "day first", "month first"
EXPECTED = "a date such as 2026-03-31"


@dataclass(frozen=True)
class DateColumn:
    """How the days of a column are to be read."""

    country: str
    order: str | None = None
    """DAY_FIRST or MONTH_FIRST, where its values show it; None: the country decides."""
    is_mixed: bool = False
    """Its values show both, so nothing settles what `03/04/2026` is."""
    unsettled: int = 0
    """Values that could be two days, and that nothing in the column settles."""

    def read(self, text: str) -> date | None:
        """The day that a value names, None for what programs write when there is none; BadValue if it is not clear."""
        if len(text) > LONGEST_DATE:
            raise BadValue(text, EXPECTED)
        words = " ".join(plain(text).split())
        if NO_MOMENT.fullmatch(words):
            return None
        if (found := SERIAL.fullmatch(words)) and int(found[1]) in SERIALS:
            return SERIAL_BEGIN + timedelta(days=int(found[1]))
        numbers = year_last_numbers(text)
        if numbers is None:
            return read_date(text, self.country)
        if self.is_mixed and _is_ambiguous(*numbers[:2]):
            raise BadValue(text, f"{EXPECTED} (the column has days before months and months before days)")
        return read_date(text, self.country) if self.order is None else self._ordered(text, *numbers)

    def _ordered(self, text: str, first: int, second: int, year: int) -> date:
        day, month = (first, second) if self.order == DAY_FIRST else (second, first)
        try:
            return date(year, month, day)
        except ValueError:
            raise BadValue(text, f"{EXPECTED}, or with the {self.order} as in all of the column") from None

    def remark(self, column: str) -> str | None:
        """A sentence about what the values themselves do not settle."""
        if self.is_mixed:
            return (
                f"Some values of the column {column} have the day first and some the month: those that could be both "
                "are kept for repair."
            )
        if self.unsettled and self.order is None:
            return (
                f"No value of the column {column} shows whether the day or the month comes first: they were read as in "
                f"{self.country}. If that is wrong, give the source the country of the file."
            )
        return None


class DateColumnEvidence:
    """Gathers what the values of a column show, one by one."""

    def __init__(self) -> None:
        self.day_first = self.month_first = self.unsettled = 0

    def see(self, text: str) -> None:
        """Look at a value."""
        numbers = year_last_numbers(text)
        if numbers is None:
            return
        first, second, _ = numbers
        if first > 12 >= second:
            self.day_first += 1
        elif second > 12 >= first:
            self.month_first += 1
        elif _is_ambiguous(first, second):
            self.unsettled += 1

    @property
    def settles(self) -> bool:
        """Whether some value shows the order."""
        return bool(self.day_first or self.month_first)


def decide(evidence: DateColumnEvidence, country: str, others: Iterable[DateColumnEvidence] = ()) -> DateColumn:
    """How to read a column; where its own values settle nothing, as the other columns of the file do."""
    chosen = evidence if evidence.settles else next((other for other in others if other.settles), evidence)
    if chosen.day_first and chosen.month_first:
        return DateColumn(country, is_mixed=True, unsettled=evidence.unsettled)
    order = DAY_FIRST if chosen.day_first else MONTH_FIRST if chosen.month_first else None
    return DateColumn(country, order, unsettled=evidence.unsettled)


def _is_ambiguous(first: int, second: int) -> bool:
    return first != second and 1 <= first <= 12 and 1 <= second <= 12
