"""Dry runs of imports: they say what the import would do, to the row, and nothing stays of it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from prefect.states import State
from rich.console import Console
from sqlalchemy import text

from deployments.commands.import_leads import import_with_progress
from deployments.commands.import_opportunities import import_deals_with_progress
from deployments.commands.import_spend import import_spend
from flows.operations.leads.import_leads import SourceName, import_leads
from flows.operations.leads.import_opportunities import (
    OpportunityImportResult,
    import_opportunities,
    import_opportunity_file,
    rehearse_opportunities,
)
from models.database import engine
from models.leads.files.csv_file import ROWS_AT_ONCE
from models.leads.imports.lead_import import ImportResult, begin_import, import_file
from models.leads.imports.lead_rehearsal import LeadRehearsal
from tests.support.mail.outbox import NOON
from tests.support.playbook import apply_playbook
from tests.support.web_pages import a_contact

HEAD = "email,phone,first name,company"
DEALS = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value"


@pytest.fixture(autouse=True)
def known(database_url: str) -> int:
    """A contact whom files may know."""
    apply_playbook()
    return a_contact(email="ana@example.com")


def a_file(folder: Path, *lines: str) -> Path:
    path = folder / "file.csv"
    path.write_text("\n".join(lines))
    return path


def stored() -> dict[str, int]:
    """Table -> how many rows it has, of all tables."""
    tables = text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    with engine().connect() as connection:
        names = [name for (name,) in connection.execute(tables) if name != "alembic_version"]
        return {name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in names}


def rehearsed(path: Path) -> tuple[ImportResult, LeadRehearsal]:
    rehearsal = LeadRehearsal(start := begin_import(path, "csv"))
    return sum((rehearsal.store(part, NOON) for part in start.parts()), ImportResult()), rehearsal


MIXED = (
    "ana@example.com,,Ana,Acme",
    "ben@example.com,,Ben,Brick",
    "ben@example.com,,Ben,Brick & Sons",
    "ben@example.com,,Ben,Brick",
    "no address,,Cat,",
    ",+1 207 555 0140,Dan,",
)


def test_a_dry_run_says_what_the_import_then_does_and_nothing_stays(tmp_path: Path, known: int) -> None:
    path, before = a_file(tmp_path, HEAD, *MIXED), stored()

    total, rehearsal = rehearsed(path)

    assert stored() == before
    assert total == sum(import_file(path, "csv"), ImportResult())
    assert [(row.outcome, row.contact_id) for row in rehearsal.plan.first] == [
        ("joins a known contact", known),
        ("a new contact", None),
        ("joins a row before it", None),
        ("imported before", None),
        ("rejected", None),
        ("a new contact", None),
    ]
    assert rehearsed(path)[0].seen_before == 5


def test_people_and_rows_are_known_again_over_the_parts_of_a_file(tmp_path: Path) -> None:
    many = [f"person{number}@example.com,,," for number in range(ROWS_AT_ONCE)]
    path = a_file(tmp_path, HEAD, *many, many[0], "person1@example.com,,,Acme", "new@example.com,,,")

    total, _ = rehearsed(path)

    assert total == sum(import_file(path, "csv"), ImportResult())
    assert (total.created, total.enriched, total.seen_before) == (ROWS_AT_ONCE + 1, 1, 1)


def test_why_rows_would_be_rejected_is_counted_without_what_stands_in_them(tmp_path: Path) -> None:
    path = a_file(tmp_path, HEAD, "no address,,Ann,", "neither this,,Ben,", "cat@example.com,,Cat,")

    (reason,) = rehearsed(path)[1].plan.why()

    assert reason.startswith("2 rows: ")
    assert "no address" not in reason


DEAL_ROWS = (
    "A1,Moses Frase,GTXPro,Isdom,Won,20-10-2016,01-03-2017,1054",
    "A2,Moses Frase,GTXPro,Isdom,Engaging,20-10-2016,,",
    "A1,Moses Frase,GTXPro,Isdom,Won,20-10-2016,01-03-2017,1054",
    "A3,Moses Frase,GTXPro,Isdom,Won,no day,01-03-2017,1054",
)


def test_a_dry_run_of_deals_does_all_and_takes_it_back(tmp_path: Path) -> None:
    path, before = a_file(tmp_path, DEALS, *DEAL_ROWS), stored()

    total, start = rehearse_opportunities(path, "csv")

    assert stored() == before
    assert total == import_opportunity_file(path, "csv")
    assert [row.outcome for row in start.plan.first] == ["a new deal", "a new deal", "imported before", "rejected"]
    assert isinstance(total, OpportunityImportResult)


def printed(command: Any, *given: Any, **asked: Any) -> str:
    console = Console(record=True, width=200)
    command(*given, console, **asked)
    return console.export_text()


def test_the_command_shows_the_first_rows_and_says_that_nothing_was_stored(tmp_path: Path, known: int) -> None:
    before = stored()
    leads = printed(import_with_progress, a_file(tmp_path, HEAD, *MIXED), "csv", None, dry_run=True)
    deals = printed(import_deals_with_progress, a_file(tmp_path, DEALS, *DEAL_ROWS), "csv", (), dry_run=True)
    spend = a_file(tmp_path, "source,month,amount", "Fair,2026-09,100", "Website,2026-09,50")
    costs = printed(import_spend, spend, None, dry_run=True)

    assert stored() == before
    for said in (leads, deals, costs):
        assert "Nothing was stored: this was a dry run." in said
    assert f"/contacts/{known}" in leads
    assert "ben@example.com, Ben, Brick & Sons" in leads
    assert "2 months of a source would be new, 0 would be replaced." in costs


def message(state: State[Any]) -> str:
    return state.message or ""


def test_the_forms_in_prefect_begin_as_a_dry_run(tmp_path: Path) -> None:
    before = stored()
    csv = SourceName["csv"]
    leads = asyncio.run(import_leads.fn(a_file(tmp_path, HEAD, *MIXED), csv))
    deals = asyncio.run(import_opportunities.fn(a_file(tmp_path, DEALS, *DEAL_ROWS), csv))
    assert stored() == before
    assert message(leads).startswith("Would be 6 rows, 2 new, 2 about known contacts, 1 imported before, 1 rejected")
    assert message(deals).startswith("Would be 4 rows, 2 new")

    asyncio.run(import_leads.fn(a_file(tmp_path, HEAD, *MIXED), csv, dry_run=False))
    assert stored()["contact"] == before["contact"] + 2
