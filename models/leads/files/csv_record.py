"""Splits lines of a CSV file into records, so that a broken one does not take the following ones with it. Pure."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

LONGEST_RECORD = 1 << 20
"""Letters after which a quote that was opened is taken to be one that nobody closes."""
LONGEST_FIELD = 1 << 28
csv.field_size_limit(LONGEST_FIELD)


class _NotClosed(csv.Error):
    """A quote that is not closed for so long that it never will be."""


@dataclass(frozen=True, slots=True)
class CsvRecord:
    """One row; what cannot be split is one line as it stands in the file, and broken."""

    values: Sequence[str]
    text: str = ""
    is_broken: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in it, as in the blank lines and rows of bare separators that Excel leaves."""
        return not self.is_broken and not any(value.strip() for value in self.values)


class _Lines:
    """The lines of a file, with those of the record that is being read."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines
        self.returned: deque[str] = deque()
        self.record: list[str] = []
        self.length = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.length > LONGEST_RECORD and len(self.record) > 1:
            raise _NotClosed
        line = self.returned.popleft() if self.returned else next(self.lines)
        self.record.append(line)
        self.length += len(line)
        return line

    def begin_record(self) -> None:
        """What was read is a record."""
        self.record = []
        self.length = 0

    def give_back(self, lines: Sequence[str]) -> None:
        """These lines were no part of it."""
        self.returned.extendleft(reversed(lines))


def read_records(lines: Iterator[str], separator: str, columns: int | None = None) -> Iterator[CsvRecord]:
    """The records of a file. With the number of columns, lines that break the rules are read if they then have it.

    A quote that is not closed where a separator or the end of the line follows breaks its line alone, and so does one
    that is closed nowhere: the next line begins a new record.
    """
    source = _Lines(iter(lines))
    reader = _reader(source, separator, strict=True)
    while True:
        source.begin_record()
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error:
            first, *others = source.record
            source.give_back(others)
            # The reader remembers half a record.
            reader = _reader(source, separator, strict=True)
            yield _mended(first, separator, columns)
        else:
            yield CsvRecord(values)


def _reader(lines: Iterable[str], separator: str, **how: Any) -> Iterator[list[str]]:
    # Some programs put a blank after each separator, before a quote as well.
    return csv.reader(lines, delimiter=separator, skipinitialspace=True, **how)


BACKSLASHES: dict[str, Any] = {"escapechar": "\\", "doublequote": False}
LOOSE_QUOTES: tuple[dict[str, Any], ...] = ({"quoting": csv.QUOTE_NONE}, {})
"""How other programs write quotes: as letters like any other, or closed in mid-text."""


def _mended(line: str, separator: str, columns: int | None) -> CsvRecord:
    """A line that is not CSV to the letter, read in the first way that gives as many values as there are columns."""
    for way in (BACKSLASHES, *LOOSE_QUOTES) if '\\"' in line else LOOSE_QUOTES:
        try:
            [values] = _reader([line], separator, **way)
        except (csv.Error, ValueError):
            continue
        # A last value with a line end was opened by a quote and not closed.
        if len(values) == columns and not values[-1].endswith(("\r", "\n")):
            return CsvRecord([_without_quotes(value) for value in values])
    return CsvRecord((), text=line.rstrip("\r\n"), is_broken=True)


def _without_quotes(value: str) -> str:
    value = value.strip()
    return value[1:-1].replace('""', '"') if len(value) > 1 and value[0] == value[-1] == '"' else value
