"""Every table of the reports as CSV and as a workbook: typed, safe to open, and saying what was asked for."""

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest

from models import KpiDaily, KpiFact, KpiGoal, KpiRun
from tests.support.playbook import apply_playbook
from tests.support.reported_business import report_on_a_business
from tests.support.web_pages import TODAY, a_contact, a_rep, add, browser
from web.frame import xlsx_response
from web.frame.csv_response import escape_formula
from web.frame.xlsx_response import ColumnKind, Sheet, SheetColumn, cell_text, sheet_name, write_workbook
from web.reports.chapters.index import CHAPTER_READERS
from web.reports.downloads.kpi_tables import KPI_TABLES

NOW = datetime.now(UTC).replace(microsecond=0)
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
FIRST_DAY_OF_EXCEL = date(1899, 12, 30)
HOSTILE = ('=HYPERLINK("http://evil.example")', "+1", "-2", "@x", "\tA", "\rB", "\uff1d1", " =1+1")


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()
    add(KpiRun, known_at=NOW, first_day=TODAY, last_day=TODAY)


def csv_rows(path: str, **query: str) -> list[dict[str, str]]:
    answer = browser().get(path, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def workbook(path: str, **query: str) -> dict[str, list[list[Any]]]:
    """Sheet -> its rows: texts as str, numbers as float, empty cells as None."""
    answer = browser().get(path, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/vnd.openxmlformats")
    return read_workbook(answer.content)


def read_workbook(content: bytes) -> dict[str, list[list[Any]]]:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert parts.testzip() is None
        listed = ElementTree.fromstring(parts.read("xl/workbook.xml")).iter(f"{MAIN}sheet")
        return {
            str(one.get("name")): sheet_rows(ElementTree.fromstring(parts.read(f"xl/worksheets/sheet{number}.xml")))
            for number, one in enumerate(listed, start=1)
        }


def sheet_rows(sheet: ElementTree.Element) -> list[list[Any]]:
    """All rows, as long as the first one."""
    rows = [{place(cell): value(cell) for cell in row} for row in sheet.iter(f"{MAIN}row")]
    return [[row.get(number) for number in range(len(rows[0]))] for row in rows]


def place(cell: ElementTree.Element) -> int:
    """0 for column A."""
    letters = (cell.get("r") or "").rstrip("0123456789")
    return sum((ord(letter) - 64) * 26**power for power, letter in enumerate(reversed(letters))) - 1


def value(cell: ElementTree.Element) -> Any:
    assert cell.find(f"{MAIN}f") is None, "a formula"
    if cell.get("t") == "inlineStr":
        # What XML cannot hold is written so by spreadsheets.
        return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), "".join(cell.itertext()))
    number = cell.find(f"{MAIN}v")
    return float(number.text or 0) if number is not None else None


def written(*rows: tuple[Any, ...], kind: ColumnKind = ColumnKind.PLAIN) -> list[list[Any]]:
    file = io.BytesIO()
    columns = [SheetColumn(f"Column {n}", kind) for n in range(len(rows[0]))]
    write_workbook(file, [Sheet("Numbers", columns, rows)], "America/New_York")
    return read_workbook(file.getvalue())["Numbers"][1:]


def counted(count: int, **columns: Any) -> None:
    add(KpiDaily, **{"day": TODAY, "measure": "lead", "dimension": "all", "count": count, "known_from": NOW} | columns)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_lead_that_is_called_like_a_formula_stays_text_in_both_files(name: str) -> None:
    contact = a_contact(first_name=name, last_name=None, company=name)
    add(KpiFact, contact_id=contact, measure="lead", day=TODAY, at=NOW, known_from=NOW, source=name)
    counted(1)
    [line] = csv_rows("/reports/who.csv", measure="lead")
    assert (line["Source"], line["Source"][0]) == (f"'{name}", "'")
    [_, row] = workbook("/reports/who.xlsx", measure="lead")["People"]
    assert name in row


def test_the_same_query_gives_the_same_rows_as_csv_and_as_a_workbook() -> None:
    counted(3)
    counted(2, dimension="source", member="website", amount=Decimal("190.50"), currency="USD", value=1.5)
    counted(9, day=TODAY - timedelta(1))
    query = {"from": str(TODAY), "to": str(TODAY)}
    lines = csv_rows("/reports/kpi_daily.csv", **query)
    assert [line["count"] for line in lines] == ["3", "2"]
    heading, *rows = workbook("/reports/kpi_daily.xlsx", **query)["kpi_daily"]
    assert heading == list(lines[0])
    found = dict(zip(heading, rows[1], strict=True))
    assert (found["amount"], found["value"], found["member"]) == (190.5, 1.5, "website")
    assert found["day"] == (TODAY - FIRST_DAY_OF_EXCEL).days


def test_names_of_teams_and_people_stand_beside_their_numbers() -> None:
    rep = a_rep(name="Dee Marsh", email="dee@example.com")
    counted(4, dimension="person", member=str(rep))
    add(KpiGoal, first_day=TODAY, last_day=TODAY, kpi="leads", rep_id=rep, target=5, status="behind", known_from=NOW)
    assert [line["person"] for line in csv_rows("/reports/kpi_daily.csv")] == ["Dee Marsh"]
    assert [line["person"] for line in csv_rows("/reports/kpi_goal.csv")] == ["Dee Marsh"]


def test_as_known_on_gives_what_was_reported_then() -> None:
    yesterday = NOW - timedelta(days=1)
    add(KpiRun, known_at=yesterday, first_day=TODAY, last_day=TODAY)
    day = TODAY - timedelta(2)
    counted(5, day=day, known_from=yesterday, known_until=NOW)
    counted(7, day=day)
    asked = {"from": str(day), "to": str(TODAY)}
    assert [line["count"] for line in csv_rows("/reports/kpi_daily.csv", **asked)] == ["7"]
    then = {"as-known-on": str(TODAY - timedelta(1))}
    assert [line["count"] for line in csv_rows("/reports/kpi_daily.csv", **asked | then)] == ["5"]


def test_a_team_has_its_own_rows_alone() -> None:
    counted(5)
    query = {"team": "Inbound"}
    assert csv_rows("/reports/kpi_daily.csv", **query) == []


@pytest.mark.parametrize("name", [*KPI_TABLES, *CHAPTER_READERS])
def test_every_table_and_every_chapter_can_be_taken_as_both(name: str) -> None:
    report_on_a_business(weeks=3, a_day=2)
    sheets = workbook(f"/reports/{name}.xlsx")
    about = dict(row[:2] for row in sheets["About"] if len(row) > 1)
    assert about["Table"] == name
    assert about["Team"] == "all teams"
    lines = csv_rows(f"/reports/{name}.csv")
    first = next(iter(sheets.values()))
    assert len(first) - 1 == len(lines)


@pytest.mark.parametrize("name", CHAPTER_READERS)
def test_each_table_on_a_page_links_to_its_own_files(name: str) -> None:
    report_on_a_business(weeks=3, a_day=2)
    page = browser().get(f"/reports/{name}").text
    files = re.findall(rf'href="(/reports/{name}\.(?:csv|xlsx)\?[^"]*table=[^"]*)"', page)
    # It sends no mail and has nobody on a journey, so these have nothing to show.
    assert files or name in ("fields", "forecast", "goals", "journeys", "mails", "runs")
    for address in files:
        assert browser().get(address.replace("&amp;", "&")).status_code == 200, address


def test_values_are_typed_and_not_words() -> None:
    at = datetime(2026, 3, 2, 17, 30, 5, tzinfo=UTC)
    [row] = written((12, Decimal("1.25"), date(2026, 3, 2), at, timedelta(hours=36), True, None, "Ana", 10**17))
    day = (date(2026, 3, 2) - FIRST_DAY_OF_EXCEL).days
    assert row[:3] == [12, 1.25, day]
    assert row[3] == pytest.approx(day + (12 * 3600 + 30 * 60 + 5) / 86_400)  # by the clock of New York
    assert row[4:6] == [1.5, 1]
    assert row[6:] == [None, "Ana", str(10**17)]


@pytest.mark.parametrize(
    "odd", [float("nan"), float("inf"), Decimal("NaN"), "\ud83d", "x" * 40_000, "\x00\x0b", date(1850, 1, 1), 1e308]
)
def test_no_value_breaks_a_workbook(odd: Any) -> None:
    [row] = written((odd, "after"))
    assert row[-1] == "after"


def test_a_length_of_time_is_its_seconds_in_csv_and_numbers_stay_numbers() -> None:
    lengths = [
        escape_formula(one) for one in (timedelta(days=90), timedelta(seconds=1.5), -0.5, Decimal("-1E+3"), 1e-7)
    ]
    assert lengths == ["7776000", "1.5", "-0.5", "-1E+3", "1e-07"]
    assert [escape_formula(one) for one in (float("nan"), None)] == ["", ""]


def test_names_of_sheets_are_those_that_spreadsheets_take() -> None:
    assert sheet_name("Days: to [buy] / each? " + "x" * 40) == "Days  to  buy    each  xxxxxxxx"
    assert (sheet_name("'"), cell_text("a\ud83d")) == ("Sheet", "a?")


def test_more_rows_than_a_sheet_holds_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("web.frame.xlsx_response", "web.reports.downloads.downloads", "web.reports.who.people"):
        monkeypatch.setattr(f"{place}.MOST_ROWS", 3)
    for member in ("a", "b", "c"):
        counted(1, dimension="source", member=member)
    answer = browser().get("/reports/kpi_daily.xlsx")
    assert answer.status_code == 422
    assert "more than a sheet can hold" in answer.text
    assert len(csv_rows("/reports/kpi_daily.csv")) == 3


def test_a_workbook_is_not_begun_while_too_many_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_response, "PATIENCE_SECONDS", 0)
    for _ in range(2):
        assert xlsx_response.AT_ONCE.acquire(blocking=False)
    try:
        answer = browser().get("/reports/kpi_daily.xlsx")
    finally:
        for _ in range(2):
            xlsx_response.AT_ONCE.release()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert browser().get("/reports/kpi_daily.xlsx").status_code == 200


@pytest.mark.parametrize("name", ["kpi_everything", "contact", "kpi_run", "kpi_daily;drop table contact"])
def test_no_other_table_can_be_taken(name: str) -> None:
    answer = browser().get(f"/reports/{name}.csv")
    assert answer.status_code == 404
    assert "kpi_daily" in answer.text
    assert browser().get("/reports/funnel.csv?table=contact").status_code == 404


def test_files_are_for_ops_alone() -> None:
    for path in ("kpi_daily.csv", "kpi_daily.xlsx", "who.csv?measure=lead", "who?measure=lead", "funnel"):
        answer = browser("http://tend.example.com").get(f"/reports/{path}")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")
