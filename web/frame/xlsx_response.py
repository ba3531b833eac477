"""Tables as workbooks to download: made row by row in little memory, and what looks like a formula stays text."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from tempfile import TemporaryDirectory, TemporaryFile
from threading import BoundedSemaphore
from typing import IO, Any
from zoneinfo import ZoneInfo

from fastapi import HTTPException
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_576
"""What a sheet can hold, its heading included."""
LONGEST_TEXT = 32_767
LONGEST_NAME = 31
LARGEST_EXACT = 10**15
"""Spreadsheets keep fifteen digits of a number; a longer one is text."""
FIRST_DAY = date(1900, 3, 1)
"""Before it, spreadsheets do not agree on the day."""
WIDEST, NARROWEST = 60, 9
WIDEST_HEADING = 16
"""A longer one has several lines."""
LINE_HEIGHT = 15
"""In points."""
MOST_LINES = 20
WIDEST_PAPER = 200
"""So many letters beside each other can still be read on paper."""
A4 = 9
"""As spreadsheets number sizes of paper."""
SENT_AT_ONCE = 256 * 1024

TOO_MANY = (
    "The table {name} has more rows than a sheet can hold ({most:,} with its heading). "
    "Take a shorter period or one team, or the same table as CSV, which has no such end."
)
BUSY = "Other workbooks are being made right now. Try again in a minute, or take the table as CSV."
AT_ONCE = BoundedSemaphore(2)
"""A large workbook keeps a core busy for a while: pages come first."""
PATIENCE_SECONDS = 20


class ColumnKind(StrEnum):
    """How the values of a column are written."""

    PLAIN = "plain"
    """As they come: whole numbers, days, moments and texts."""
    NUMBER = "number"
    """With two decimals unless it is whole."""
    SHARE = "share"
    """0.25 reads 25.0%."""
    MONEY = "money"
    DURATION = "duration"
    """A timedelta, as hours, minutes and seconds."""


@dataclass(frozen=True)
class SheetColumn:
    """One column of a sheet."""

    heading: str
    kind: ColumnKind = ColumnKind.PLAIN
    width: int = 0
    """In characters; 0: by the heading."""


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook. Rows are read once, as they are written."""

    name: str
    columns: Sequence[SheetColumn]
    rows: Iterable[Sequence[Any]] = field(repr=False)


NUMBER_FORMATS = {
    ColumnKind.NUMBER: "#,##0.00",
    ColumnKind.SHARE: "0.0%",
    ColumnKind.MONEY: "#,##0.00",
    ColumnKind.DURATION: "[h]:mm:ss",
}


def xlsx_response(name: str, sheets: Sequence[Sheet], zone: str) -> StreamingResponse:
    """A download called `name`.xlsx. Moments are written by the clock of a time zone, as spreadsheets know none.

    422 for a table with more rows than a sheet can hold; 503 while too many others are made.
    """
    if not AT_ONCE.acquire(timeout=PATIENCE_SECONDS):
        raise HTTPException(503, BUSY, {"retry-after": "60"})
    file = TemporaryFile()  # noqa: SIM115, it is closed when all of it was sent
    try:
        write_workbook(file, sheets, zone)
    except BaseException:
        file.close()
        raise
    finally:
        AT_ONCE.release()
    headers = {"content-disposition": f'attachment; filename="{name}.xlsx"', "content-length": str(file.tell())}
    return _FileResponse(file, headers)


class _FileResponse(StreamingResponse):
    """Sends a file, and closes it also when whoever asked has gone away."""

    def __init__(self, file: IO[bytes], headers: dict[str, str]) -> None:
        self._file = file
        super().__init__(_parts(file), media_type=MEDIA_TYPE, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


def write_workbook(file: IO[bytes], sheets: Sequence[Sheet], zone: str) -> None:
    """Write the sheets, and stand at the end of the file."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    # The rows lie in files of their own until they are packed. A folder of their own leaves none behind after an error.
    with TemporaryDirectory() as folder, Workbook(file, options | {"tmpdir": folder}) as workbook:
        for sheet in sheets:
            _SheetWriter(workbook, sheet, ZoneInfo(zone)).write()
    file.seek(0, 2)


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while part := file.read(SENT_AT_ONCE):
        yield part


class _SheetWriter:
    """Writes one sheet from its heading down."""

    def __init__(self, workbook: Workbook, sheet: Sheet, zone: ZoneInfo) -> None:
        self._sheet = sheet
        self._zone = zone
        self._into: Worksheet = workbook.add_worksheet(sheet_name(sheet.name))
        self._widths = [column.width or _width(column.heading) for column in sheet.columns]
        self._heading = workbook.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self._day = workbook.add_format({"num_format": "yyyy-mm-dd", "valign": "top"})
        self._moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "valign": "top"})
        self._text = workbook.add_format({"text_wrap": True, "valign": "top"})
        self._whole = workbook.add_format({"num_format": "#,##0", "valign": "top"})
        self._formats: list[Format | None] = [
            workbook.add_format({"num_format": NUMBER_FORMATS[column.kind], "valign": "top"})
            if column.kind in NUMBER_FORMATS
            else None
            for column in sheet.columns
        ]

    def write(self) -> None:
        """The heading, which stays in sight, and all rows."""
        self._set_height(0, [column.heading for column in self._sheet.columns], room=3)
        for place, (column, width) in enumerate(zip(self._sheet.columns, self._widths, strict=True)):
            self._into.set_column(place, place, width)
            self._into.write_string(0, place, column.heading, self._heading)
        self._into.freeze_panes(1, 1)
        self._prepare_paper()
        last = 0
        for last, row in enumerate(self._sheet.rows, start=1):
            if last >= MOST_ROWS:
                raise HTTPException(422, TOO_MANY.format(name=self._sheet.name, most=MOST_ROWS))
            self._set_height(last, row)
            for place, value in enumerate(row):
                self._write(last, place, value)
        if last:
            self._into.autofilter(0, 0, last, len(self._sheet.columns) - 1)

    def _prepare_paper(self) -> None:
        """The heading and the first column on each page, and all columns beside each other where they can be read."""
        self._into.set_landscape()
        self._into.set_paper(A4)
        self._into.repeat_rows(0)
        self._into.repeat_columns(0)
        if sum(self._widths) <= WIDEST_PAPER:
            self._into.fit_to_pages(1, 0)

    def _set_height(self, row: int, values: Sequence[Any], room: int = 0) -> None:
        """Not every spreadsheet finds out by itself how many lines a text has."""
        lines = max(
            (
                math.ceil(len(value) / max(1, width - room))
                for value, width in zip(values, self._widths, strict=False)
                if isinstance(value, str)
            ),
            default=1,
        )
        if lines > 1:
            self._into.set_row(row, LINE_HEIGHT * min(lines, MOST_LINES))

    def _write(self, row: int, place: int, value: Any) -> None:
        write: Callable[..., Any] = self._into.write_number
        match value:
            case None | "":
                return
            case bool():
                self._into.write_boolean(row, place, value)
            case int() if abs(value) < LARGEST_EXACT:
                write(row, place, value, self._format(place, value))
            case float() | Decimal():
                if math.isfinite(value):
                    write(row, place, float(value), self._format(place, value))
            case timedelta():
                write(row, place, value / timedelta(days=1), self._formats[place])
            case datetime() if value.date() >= FIRST_DAY and value.year < 9999:
                self._into.write_datetime(row, place, _local(value, self._zone), self._moment)
            case date() if not isinstance(value, datetime) and value >= FIRST_DAY:
                self._into.write_datetime(row, place, value, self._day)
            case _:
                self._into.write_string(row, place, cell_text(value), self._text)

    def _format(self, place: int, value: float | Decimal) -> Format | None:
        """No format of spreadsheets leaves out decimals of whole numbers alone: they have one of their own."""
        if self._sheet.columns[place].kind is ColumnKind.NUMBER and value == int(value):
            return self._whole
        return self._formats[place]


def sheet_name(name: str) -> str:
    """A name that every spreadsheet takes for a sheet."""
    kept = "".join(" " if character in "[]:*?/\\" else character for character in name)
    return kept.strip("' ")[:LONGEST_NAME] or "Sheet"


def cell_text(value: Any) -> str:
    """What a cell can hold: no half of a character, and not longer than Excel reads."""
    text = value.isoformat() if isinstance(value, date) else str(value)
    return text.encode(errors="replace").decode()[:LONGEST_TEXT]


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    """Without its zone, and without what is smaller than a second."""
    local = at.astimezone(zone) if at.tzinfo else at
    return local.replace(tzinfo=None, microsecond=0)


def _width(heading: str) -> int:
    """With room for the arrow of the filter."""
    longest_word = max((len(word) for word in heading.split()), default=0)
    return min(WIDEST, max(NARROWEST, longest_word + 3, min(len(heading), WIDEST_HEADING) + 3))
