"""The documentation of the reports is that of the code: definitions, tables, views."""

import pytest
from sqlmodel import SQLModel

from docs.write_reports import DOCS, PAGES, TABLES, VIEWS_MARK, sections, written
from models.kpi.definitions import DEFINITIONS, KPIS
from models.kpi.views import VIEWS
from tests.house.documentation import Page


@pytest.mark.parametrize("page", PAGES)
def test_the_page_says_what_the_code_says(page: str) -> None:
    """After a change: `.venv/bin/python docs/write_reports.py`."""
    assert (DOCS / page).read_text(encoding="utf-8") == written(page)


def test_each_kpi_has_a_heading_that_links_can_name() -> None:
    anchors = Page(DOCS / "reports.md").anchors
    assert len(KPIS) == len(DEFINITIONS)
    assert {kpi.title.lower().replace(" ", "-") for kpi in KPIS} <= anchors


def test_every_table_of_the_reports_is_explained_column_by_column() -> None:
    text = sections()[TABLES]
    for name, table in SQLModel.metadata.tables.items():
        if name.startswith("kpi_"):
            part = text.partition(f"### {name}\n")[2].partition("\n### ")[0]
            assert [column.name for column in table.columns] == [
                line.split("`")[1] for line in part.splitlines() if line.startswith("| `")
            ]


def test_every_view_is_explained() -> None:
    assert all(f"### {view.name}\n" in sections()[VIEWS_MARK] for view in VIEWS)
