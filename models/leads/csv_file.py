"""Reads a CSV file in parts, as rows of texts; a file that cannot be used is refused before anything is stored."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from models.values.custom_field import quote_value

ROWS_AT_ONCE = 1_000
SEPARATORS = ",;\t|"
EXTRA_VALUES = "values beyond the last column"
"""The name under which a row keeps what it has more than the header."""


class InvalidCsvFile(ValueError):
    """A file that cannot be imported: what was found, what was expected, what to do."""


@dataclass(frozen=True)
class CsvLayout:
    """What a file looks like."""

    columns: tuple[str, ...]
    rows: int
    separator: str

    def column_list(self) -> str:
        """The columns as a sentence lists them."""
        return ", ".join(quote_value(column) for column in self.columns if column)


def inspect_csv(path: Path) -> CsvLayout:
    """The shape of a file, after making sure that it can be read to its end; InvalidCsvFile if it cannot."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _layout(path, file)
    except UnicodeDecodeError as error:
        found = ascii(error.object[error.start : error.start + 1])[1:]
        sentence = (
            f"{path} is not in UTF-8: {found} was found. Save it as UTF-8 (in Excel: CSV UTF-8), import it again."
        )
        raise InvalidCsvFile(sentence) from None
    except OSError as error:
        raise InvalidCsvFile(f"{path} cannot be read ({error.strerror}): name a CSV file that is there.") from None


def _layout(path: Path, file: Any) -> CsvLayout:
    first = next((line for line in file if line.strip()), "")
    if not first:
        raise InvalidCsvFile(
            f"{path} is empty: a line with the names of the columns was expected, and a row for each lead."
        )
    separator = max(SEPARATORS, key=first.count)
    file.seek(0)
    lines = csv.reader(file, delimiter=separator, strict=True)
    try:
        columns = next(line for line in lines if line)
        rows = sum(1 for line in lines if line)
    except csv.Error as error:
        where = f"{path}, line {lines.line_num}"
        raise InvalidCsvFile(f"{where}: this is not CSV ({error}). Look for a quote that is not closed.") from None
    return CsvLayout(tuple(columns), rows, separator)


def read_rows(path: Path) -> Iterator[list[dict[str, Any]]]:
    """The rows in parts of ROWS_AT_ONCE, by column. What is too much is under EXTRA_VALUES; what is lacking is left
    out.
    """
    longer: list[list[str]] = []

    def keep(values: list[str]) -> None:
        longer.append(values)

    # The reader in Python keeps rows that do not fit the header; the one in C ends at the first of them.
    with pd.read_csv(
        path,
        sep=inspect_csv(path).separator,
        engine="python",
        encoding="utf-8-sig",
        dtype=str,
        keep_default_na=False,
        index_col=False,
        on_bad_lines=keep,
        chunksize=ROWS_AT_ONCE,
    ) as parts:
        for part in parts:
            names = [str(name) for name in part.columns]
            beyond = [dict(zip(names, row, strict=False)) | {EXTRA_VALUES: row[len(names) :]} for row in longer]
            longer.clear()
            yield [_given_values(row) for row in part.to_dict("records")] + beyond


def _given_values(row: dict[Any, Any]) -> dict[str, Any]:
    """A row without the columns that have neither name nor value, and without what a short row lacks."""
    nameless = {name for name, value in row.items() if str(name).startswith("Unnamed: ") and not value}
    return {str(name): value for name, value in row.items() if isinstance(value, str) and name not in nameless}
