"""What a chapter is made of: words, charts and tables, the same for its page and for its downloads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from models.kpi.definitions import Kpi
from web.charts.figure import Figure
from web.charts.heat import HeatTable
from web.frame.xlsx_response import WIDEST, ColumnKind, Sheet, SheetColumn


@dataclass(frozen=True)
class LinkedWords:
    """Words, some of which open the people behind them."""

    says: str
    opens: str = ""


@dataclass(frozen=True, kw_only=True)
class TableCell:
    """One cell: its value as downloads have it, how it reads, and the people behind it."""

    value: Any
    says: str
    """How it reads on a page."""
    opens: str = ""
    """The address of the people behind it, or of another page."""
    about: str = ""
    """What it says when pointed at: its interval, or why it is empty."""
    is_small: bool = False
    """Of too few to go by: grey."""
    low: Any = None
    high: Any = None
    """The ends of its interval."""
    n: float | None = None
    """Of how many."""
    beside: Sequence["LinkedWords"] = ()
    """Small words below it."""


@dataclass(frozen=True, kw_only=True)
class TableColumn:
    """One column."""

    heading: str
    kind: ColumnKind = ColumnKind.PLAIN
    is_number: bool = True
    defined: str = ""
    """The KPI whose definition the heading leads to."""
    has_interval: bool = False
    """Downloads have three columns more: of how many, and from where to where it may be."""

    def sheet_columns(self, longest: int = 0) -> list[SheetColumn]:
        """As columns of a sheet, in which the longest text has so many letters."""
        width = min(WIDEST, longest + 2) if longest > len(self.heading) else 0
        column = SheetColumn(self.heading, self.kind, width)
        if not self.has_interval:
            return [column]
        edges = [SheetColumn(f"{self.heading}, {edge}", self.kind) for edge in ("low", "high")]
        return [column, SheetColumn(f"{self.heading}, of"), *edges]


@dataclass(frozen=True, kw_only=True)
class DataTable:
    """A table of a chapter, on its page and as a download."""

    name: str
    """Its part of the address of a download, such as `stages`."""
    title: str
    columns: Sequence[TableColumn]
    rows: Sequence[Sequence[TableCell]]
    """The first cell names the row."""
    about: str = ""
    """What it counts and by which day: stands above it."""
    note: str = ""
    """Stands below it."""
    empty: str = "Nothing was counted in these days."
    is_download: bool = False
    """Only a download: the page shows the same in another way."""
    more: LinkedWords | None = None
    """A link to all of what it shows a part of."""
    most: int = 0
    """So many rows a page shows until all are asked for; 0: all. Downloads have all."""
    is_folded: bool = False
    """Of less weight: a page shows its title, and the rest once it is opened."""

    def shown_rows(self, whole: str) -> Sequence[Sequence[TableCell]]:
        """Those that a page shows on which all rows of the table called `whole` are asked for."""
        return self.rows if whole == self.name or not self.most else self.rows[: self.most]

    @property
    def is_shown(self) -> list[bool]:
        """Of each column whether a page shows it: a KPI of which nobody has a number takes no room."""
        return [
            not number or any(row[number].value not in (None, "") for row in self.rows)
            for number, column in enumerate(self.columns)
        ]

    @property
    def left_out(self) -> list[str]:
        """The headings of those that it does not show."""
        return [column.heading for column, is_shown in zip(self.columns, self.is_shown, strict=True) if not is_shown]

    @property
    def has_links(self) -> bool:
        """Whether keyboards come into it anyway, and so can push a wide one sideways."""
        return any(cell.opens or any(words.opens for words in cell.beside) for row in self.rows for cell in row)

    def sheet(self) -> Sheet:
        """As a sheet of a workbook."""
        columns = [
            column
            for place, one in enumerate(self.columns)
            for column in one.sheet_columns(max((_length(row[place].value) for row in self.rows), default=0))
        ]
        return Sheet(self.title, columns, (list(self._values(row)) for row in self.rows))

    @property
    def headings(self) -> list[str]:
        """Of all columns of a download."""
        return [column.heading for one in self.columns for column in one.sheet_columns()]

    def values(self) -> Iterable[list[Any]]:
        """The rows of a download."""
        return (list(self._values(row)) for row in self.rows)

    def _values(self, row: Sequence[TableCell]) -> Iterable[Any]:
        for column, cell in zip(self.columns, row, strict=True):
            yield cell.value
            if column.has_interval:
                yield from (cell.n, cell.low, cell.high)


def _length(value: Any) -> int:
    """Of a text or a day, in letters; a moment has no fractions of seconds."""
    match value:
        case datetime():
            return len("2026-03-31 12:00:00")
        case str() | date():
            return len(str(value))
    return 0


@dataclass(frozen=True)
class Note:
    """A paragraph between tables."""

    says: str
    tone: str = ""
    """good, warn or bad."""


@dataclass(frozen=True)
class Tile:
    """A number that stands out, with what it is."""

    cell: TableCell
    says: str
    defined: str = ""


@dataclass(frozen=True)
class Tiles:
    """Some numbers beside each other."""

    tiles: Sequence[Tile]


@dataclass(frozen=True)
class Charts:
    """Charts beside each other; those that have nothing to show are left out."""

    charts: Sequence[Figure]


@dataclass(frozen=True)
class Definitions:
    """The definitions of some KPIs, under one heading."""

    title: str
    kpis: Sequence[Kpi]


Part = Definitions | Note | Tiles | Charts | HeatTable | DataTable


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """One page of the reports."""

    name: str
    """The last part of its address."""
    title: str
    lead: str
    """What it answers, and what its numbers go by."""
    parts: Sequence[Part] = field(default=())

    @property
    def tables(self) -> list[DataTable]:
        """What can be downloaded."""
        return [part for part in self.parts if isinstance(part, DataTable)]
