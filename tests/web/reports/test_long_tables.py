"""Long tables of chapters: a page shows the first rows, downloads have all, and what is secondary is folded."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

from tests.support.kpi_tables import a_run
from tests.support.playbook import apply_playbook
from tests.support.web_pages import browser
from web.reports.chapters.chapter import DataTable, TableCell, TableColumn

FIRST_RUN = datetime(2026, 3, 1, 5, 40, tzinfo=UTC)
RUNS = 20


def shown(path: str) -> str:
    answer = browser().get(path)
    assert answer.status_code == 200
    return unescape(answer.text)


def nights() -> None:
    apply_playbook()
    for night in range(RUNS):
        a_run(FIRST_RUN + timedelta(days=night))


def test_a_page_shows_the_first_rows_and_all_of_them_when_asked(database_url: str) -> None:
    nights()
    page = shown("/reports/runs")
    assert ">20 Mar 2026" in page
    assert ">1 Mar 2026" not in page
    [address] = re.findall(r'href="(/reports/runs\?[^"]*all=runs)#runs">All 20<', page)
    whole = shown(address)
    assert ">1 Mar 2026" in whole
    assert "All 20" not in whole


def test_other_days_are_chosen_with_all_rows_still_shown(database_url: str) -> None:
    nights()
    assert "all=runs" in shown("/reports/runs?from=2026-03-01&to=2026-03-20&all=runs").split('aria-label="Days"')[1]


def test_downloads_have_all_rows(database_url: str) -> None:
    nights()
    lines = browser().get("/reports/runs.csv?table=runs&from=2026-03-01&to=2026-03-20").text.strip().splitlines()
    assert len(lines) == 1 + RUNS


def test_columns_without_any_number_are_left_out_and_named(database_url: str) -> None:
    columns = [TableColumn(heading=heading) for heading in ("Source", "Leads", "Spend")]
    rows = [[TableCell(value=value, says=str(value)) for value in ("website", 0, None)] for _ in range(2)]
    table = DataTable(name="sources", title="Sources", columns=columns, rows=rows)
    assert table.is_shown == [True, True, False]
    assert table.left_out == ["Spend"]


def test_a_table_that_is_folded_says_how_much_is_in_it(database_url: str) -> None:
    apply_playbook()
    a_run(FIRST_RUN)
    assert re.search(
        r"<details [^>]*id=\"measures\">\s*<summary><h2>Measures</h2> <span[^>]*>\d+ lines<",
        shown("/reports/definitions"),
    )


def test_a_link_to_a_definition_leads_into_what_is_folded_so_that_browsers_open_it(database_url: str) -> None:
    apply_playbook()
    a_run(FIRST_RUN)
    assert re.search(
        r"<details[^>]*>\s*<summary>[^<]*</summary>\s*<dl[^>]* id=\"open_rate\"", shown("/reports/definitions")
    )
