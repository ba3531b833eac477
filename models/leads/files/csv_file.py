"""Reads a CSV file in parts, as rows of texts: as spreadsheets and other programs really write it.

What is wrong with one row stays with that row. A file is refused, before anything is stored, only where nothing in it
can be a lead.
"""

import codecs
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from models.leads.files.csv_record import read_records
from models.values.code_page import OF_SEVERAL_BYTES, bytes_by, code_page_name, code_page_of
from models.values.readers.bad_value import quote_value

ROWS_AT_ONCE = 1_000
SEPARATORS = ",;\t|"
EXTRA_VALUES = "values beyond the last column"
"""The name under which a row keeps what it has more than the header."""
BROKEN = "the line as it stands in the file"
"""The name under which a line is kept that is no row."""
ROWS_LOOKED_AT = 50
"""How many rows show which separator a file has."""
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""What a file begins with that says its encoding, the longer ones first."""


class InvalidCsvFile(ValueError):
    """A file that cannot be imported: what was found, what was expected, what to do."""


@dataclass(frozen=True)
class CsvLayout:
    """What a file looks like."""

    columns: tuple[str, ...]
    rows: int
    separator: str
    encoding: str
    errors: str = "strict"
    """How bytes are read that are not of this encoding, as codecs call it."""
    header: int = 0
    """How many records stand before the first row: the names of the columns, and what Excel says before them."""
    remarks: tuple[str, ...] = ()
    """How something was read that can be read in several ways, a sentence each."""

    def column_list(self) -> str:
        """The columns as a sentence lists them."""
        return ", ".join(quote_value(column) for column in self.columns if column)

    def open(self, path: Path) -> TextIO:
        """The file as text; line ends as they are."""
        return path.open(encoding=self.encoding, errors=self.errors, newline="")


def inspect_csv(path: Path, country: str = "US") -> CsvLayout:
    """The shape of a file, after reading it to its end; InvalidCsvFile if it cannot be read.

    A file that is not in UTF-8 is read in the encoding in which Excel saves it in this country.
    """
    try:
        encoding, errors, remarks = _encoding(path, country)
        with path.open(encoding=encoding, errors=errors, newline="") as file:
            return _layout(path, file, encoding, errors, remarks)
    except UnicodeError:
        expected = f"UTF-8, UTF-16 or {code_page_name(code_page_of(country))} was expected"
        sentence = f"The encoding of {path} cannot be told: {expected}. Save it as UTF-8 (in Excel: CSV UTF-8)."
        raise InvalidCsvFile(f"{sentence} Then import it again.") from None
    except OSError as error:
        raise InvalidCsvFile(f"{path} cannot be read ({error.strerror}): name a CSV file that is there.") from None


def _encoding(path: Path, country: str) -> tuple[str, str, list[str]]:
    """The encoding of a file, how to read what is not of it, and a remark on that."""
    with path.open("rb") as file:
        begin = file.read(4_096)
    for mark, encoding in MARKS.items():
        if begin.startswith(mark):
            return encoding, "strict", []
    for zeros, encoding in ((begin[1::2], "utf-16-le"), (begin[0::2], "utf-16-be")):
        if zeros and zeros.count(0) > len(zeros) * 0.8:
            return encoding, "strict", []
    if _is_utf_8(path):
        return "utf-8-sig", "strict", []
    page = code_page_of(country)
    remark = f"What is not in UTF-8 was read as {code_page_name(page)}, in which Excel saves CSV in {country}."
    return (page, "strict", [remark]) if page in OF_SEVERAL_BYTES else ("utf-8-sig", bytes_by(page), [remark])


def _is_utf_8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _layout(path: Path, file: TextIO, encoding: str, errors: str, remarks: list[str]) -> CsvLayout:
    separator, header = _separator(path, file)
    file.seek(0)
    records = (record for record in read_records(file, separator) if not record.is_empty)
    columns = [name.strip() for name in list(islice(records, header))[-1].values]
    rows = sum(1 for _ in records)
    twice = [name for name, count in Counter(filter(None, columns)).items() if count > 1]
    remarks += [
        f"The column {quote_value(name)} is there more than once: of each row the first that is filled in counts."
        for name in twice
    ]
    return CsvLayout(tuple(columns), rows, separator, encoding, errors, header, tuple(remarks))


def _separator(path: Path, file: TextIO) -> tuple[str, int]:
    """The separator of a file, and how many records go up to its header.

    A first line such as `sep=;` says it, as Excel writes it. Else it is what splits the rows as it splits the header.
    """
    lines = (line for line in file if line.strip(" \t\r\n\0"))
    first = next(lines, "")
    if not first.strip(SEPARATORS + '\r\n"'):
        raise InvalidCsvFile(
            f"{path} is empty: a line with the names of the columns was expected, and a row for each lead."
        )
    said = first.strip('\r\n" ')
    if said[:4].lower() == "sep=" and len(said) == 5:
        return said[4], 2
    sample = [first, *islice(lines, ROWS_LOOKED_AT)]
    return max(SEPARATORS, key=lambda separator: _fit(sample, separator)), 1


def _fit(sample: Sequence[str], separator: str) -> tuple[int, bool, int]:
    """How many records are split as the first is, whether no blank follows a separator, and in how many parts."""
    records = [record.values for record in read_records(iter(sample), separator) if not record.is_empty]
    parts = len(records[0]) if records else 0
    has_blanks = separator + " " in sample[0]
    alike = sum(len(values) == parts for values in records)
    return (alike, not has_blanks, parts) if parts > 1 else (0, False, 0)


def read_rows(path: Path, layout: CsvLayout | None = None) -> Iterator[list[dict[str, Any]]]:
    """The rows in parts of ROWS_AT_ONCE, by column.

    Of columns of the same name the first that is filled in counts; the others are under their name with a number. What
    is too much is under EXTRA_VALUES; what is lacking is left out; a line that is no row is under BROKEN alone.
    """
    layout = layout or inspect_csv(path)
    names = _plain_names(layout.columns)
    with layout.open(path) as file:
        records = (record for record in read_records(file, layout.separator, len(names)) if not record.is_empty)
        rows = (
            {BROKEN: record.text} if record.is_broken else _row(layout.columns, names, record.values)
            for record in islice(records, layout.header, None)
        )
        while part := list(islice(rows, ROWS_AT_ONCE)):
            yield part


def _plain_names(columns: Sequence[str]) -> list[str]:
    """A name for each column that no other has: `Email (2)` for the second Email, `Unnamed: 3` for one without."""
    seen: Counter[str] = Counter()
    names = []
    for number, column in enumerate(columns):
        seen[column] += 1
        numbered = f"{column} ({seen[column]})" if seen[column] > 1 else column
        names.append(numbered if column else f"Unnamed: {number}")
    return names


def _row(columns: Sequence[str], names: Sequence[str], values: Sequence[str]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column, name, value in zip(columns, names, values, strict=False):
        if column and name != column and value and not row.get(column):
            row[column], value = value, row.get(column, "")
        if value or name == column:
            row[name] = value
    if any(extra := list(values[len(names) :])):
        row[EXTRA_VALUES] = extra
    return row
