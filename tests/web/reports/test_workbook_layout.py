"""How a workbook looks when it is opened and printed: heading in sight, filters, widths, heights, paper."""

import io
import zipfile
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest

from web.frame.xlsx_response import (
    LINE_HEIGHT,
    NARROWEST,
    WIDEST,
    WIDEST_PAPER,
    ColumnKind,
    Sheet,
    SheetColumn,
    write_workbook,
)

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LONG = "so many words that they need some lines in a cell that is not as wide as all of them together"


def parts(*sheets: Sheet) -> dict[str, ElementTree.Element]:
    """Name in the file -> its content."""
    file = io.BytesIO()
    write_workbook(file, sheets, "UTC")
    with zipfile.ZipFile(file) as archive:
        return {name: ElementTree.fromstring(archive.read(name)) for name in archive.namelist() if "xml" in name}


def sheet(*columns: SheetColumn, rows: int = 3, value: object = 1) -> ElementTree.Element:
    """The one sheet of a workbook with so many rows."""
    made = Sheet("Numbers", columns, [[value] * len(columns)] * rows)
    return parts(made)["xl/worksheets/sheet1.xml"]


def widths(made: ElementTree.Element, count: int) -> list[float]:
    found = [0.0] * count
    for column in made.iter(f"{MAIN}col"):
        for place in range(int(column.get("min", 0)), int(column.get("max", 0)) + 1):
            found[place - 1] = float(column.get("width", 0))
    return found


def test_heading_and_first_column_stay_in_sight_and_every_column_has_a_filter() -> None:
    made = sheet(*(SheetColumn(f"Column {number}") for number in range(4)), rows=7)
    pane = next(made.iter(f"{MAIN}pane"))
    assert (pane.get("xSplit"), pane.get("ySplit"), pane.get("state")) == ("1", "1", "frozen")
    assert next(made.iter(f"{MAIN}autoFilter")).get("ref") == "A1:D8"


def test_a_table_without_rows_has_no_filter_over_nothing() -> None:
    assert list(sheet(SheetColumn("Leads"), rows=0).iter(f"{MAIN}autoFilter")) == []


def test_columns_are_as_wide_as_their_headings_need_within_bounds() -> None:
    headings = ["n", "Opportunities", "A heading of several words that breaks into lines", "x" * 100]
    made = sheet(*(SheetColumn(heading) for heading in headings), SheetColumn("Day", width=19))
    short, word, broken, endless, given = widths(made, 5)
    assert short == pytest.approx(NARROWEST, abs=1)
    assert word >= len("Opportunities") + 3
    assert broken < len(headings[2])
    assert endless == pytest.approx(WIDEST, abs=1)
    assert given == pytest.approx(19, abs=1)


def test_rows_are_as_high_as_their_longest_text() -> None:
    made = sheet(SheetColumn("About", width=30), rows=1, value=LONG)
    [_, row] = made.iter(f"{MAIN}row")
    assert float(row.get("ht", 0)) >= LINE_HEIGHT * len(LONG) // 30
    [_, flat] = sheet(SheetColumn("About", width=120), rows=1, value=LONG).iter(f"{MAIN}row")
    assert flat.get("ht") is None


def test_what_fits_is_printed_beside_each_other_on_a4_with_its_heading_on_each_page() -> None:
    made = parts(Sheet("Few", [SheetColumn("Leads")] * 5, [[1] * 5] * 200))
    few = made["xl/worksheets/sheet1.xml"]
    setup = next(few.iter(f"{MAIN}pageSetup"))
    assert (setup.get("orientation"), setup.get("paperSize"), setup.get("fitToHeight")) == ("landscape", "9", "0")
    names = {name.get("name"): name.text for name in made["xl/workbook.xml"].iter(f"{MAIN}definedName")}
    assert names["_xlnm.Print_Titles"] == "Few!$A:$A,Few!$1:$1"


def test_what_is_too_wide_to_be_read_on_one_page_keeps_its_size() -> None:
    columns = [SheetColumn("Column", width=WIDEST_PAPER // 10)] * 11
    assert next(sheet(*columns).iter(f"{MAIN}pageSetup")).get("fitToHeight") is None


def test_shares_money_and_lengths_are_numbers_with_a_format() -> None:
    columns = [SheetColumn(kind, kind) for kind in ColumnKind]
    values = [3, 2.5, 0.25, 1234.5, timedelta(hours=30)]
    made = parts(Sheet("Kinds", columns, [values, [date(2026, 3, 1), 2, 1, 0, timedelta(0)]]))
    styles = made["xl/styles.xml"]
    formats = {one.get("numFmtId"): one.get("formatCode") for one in styles.iter(f"{MAIN}numFmt")}
    used = [one.get("numFmtId") for one in next(styles.iter(f"{MAIN}cellXfs"))]
    [_, first, second] = [
        [formats.get(str(used[int(cell.get("s", 0))]), used[int(cell.get("s", 0))]) for cell in row]
        for row in made["xl/worksheets/sheet1.xml"].iter(f"{MAIN}row")
    ]
    assert first == ["0", "#,##0.00", "0.0%", "#,##0.00", "[h]:mm:ss"]
    # Of a number that is whole no decimals are shown, and days are days.
    assert second[:2] == ["yyyy-mm-dd", "#,##0"]
