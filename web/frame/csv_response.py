"""Tables as CSV downloads: sent while they are made, and safe to open in a spreadsheet."""

import csv
import io
import math
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

from fastapi.responses import StreamingResponse
from sqlalchemy import Executable

from models.database import engine
from web.frame.downloads.made_ahead import made_ahead

ROWS_AT_ONCE = 1_000
# Spreadsheets run what begins so as a formula, whoever wrote it: http://owasp.org/www-community/attacks/CSV_Injection
# The wide ones are read as the others where people write Japanese or Chinese.
FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
# Phone numbers, which programs dial as they stand.
PHONE_NUMBER = re.compile(r"\+[0-9]{7,15}")


def csv_of_query(
    name: str, statement: Executable, values: dict[str, Any], headings: dict[str, str]
) -> StreamingResponse:
    """All rows of a statement, read as they are sent. `headings` says which columns, and what each is called."""
    return csv_response(name, headings.values(), rows_of_query(statement, values, list(headings)))


def csv_response(name: str, headings: Iterable[str], rows: Iterator[Sequence[Any]]) -> StreamingResponse:
    """A download called `name`.csv."""
    # The first row is read here: what goes wrong with the query is still an error page then, and not half a file.
    first = list(_first_row(rows))
    lines = made_ahead(_lines(chain([list(headings)], first, rows)))
    disposition = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=disposition)


def rows_of_query(statement: Executable, values: dict[str, Any], columns: list[str]) -> Iterator[Sequence[Any]]:
    """These columns of all rows of a statement, on a connection of its own for as long as they are read."""
    with engine().connect() as connection:
        streaming = connection.execution_options(yield_per=ROWS_AT_ONCE)
        with closing(streaming.execute(statement, values)) as result:
            for row in result.mappings():
                yield [row[column] for column in columns]


def escape_formula(value: Any) -> str:
    """A value as a cell that no spreadsheet takes for a formula: an apostrophe goes before what looks like one.

    Numbers stay numbers, however they are written; a length of time is its seconds.
    """
    match value:
        case None:
            return ""
        case int() | float() | Decimal():
            return str(value) if math.isfinite(value) else ""
        case timedelta():
            return f"{Decimal(value // timedelta(microseconds=1)).scaleb(-6).normalize():f}"
        case datetime():
            return value.isoformat()
    text = str(value)
    return f"'{text}" if FORMULA.match(text) and not PHONE_NUMBER.fullmatch(text) else text


def _first_row(rows: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    for row in rows:
        yield row
        return


def _lines(rows: Iterable[Sequence[Any]]) -> Generator[bytes, None, None]:
    """Parts of a file. It begins with the mark by which spreadsheets know UTF-8."""
    text = io.StringIO("\ufeff")
    text.seek(1)
    writer = csv.writer(text, lineterminator="\r\n")
    for number, row in enumerate(rows, start=1):
        writer.writerow(escape_formula(value) for value in row)
        if number % ROWS_AT_ONCE == 0:
            yield _drain(text)
    yield _drain(text)


def _drain(text: io.StringIO) -> bytes:
    """What was written since the last time."""
    part = text.getvalue().encode(errors="replace")
    text.seek(0)
    text.truncate()
    return part
