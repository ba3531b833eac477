"""A file of a journey that Python cannot load: the other journeys go on, and whom it concerns is not lost."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import flows.journeys
from flows.runtime.prefect_flow import discover, journey_flows, unloadable_files
from flows.runtime.virtual_time import run_due
from models.database import engine
from models.journeys.runs import retry_runs
from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.story import Story
from web.health.health import check_services

HEAD = "from flows.runtime import journey\n"
STARTS = '@journey(starts_on="form_submitted:spring-sale", ends_on={"order_placed": "bought"})\n'
MENDED = f"{HEAD}{STARTS}async def spring_sale(j):\n    return 'over'\n"
BROKEN = f"from flows.journeys.lead_qualification import TALK_FORMS\n{MENDED}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of a company's own journeys, beside the shipped ones."""
    found = tmp_path / "flows" / "journeys"
    found.mkdir(parents=True)
    monkeypatch.setattr(flows.journeys, "__path__", [*flows.journeys.__path__, str(found)])
    discover.cache_clear()
    yield found
    discover.cache_clear()


def test_the_others_are_there_and_the_broken_one_is_named(folder: Path) -> None:
    shipped = len(journey_flows())
    (folder / "spring_sale.py").write_text(BROKEN)
    assert len(journey_flows()) == shipped + 1
    [broken] = unloadable_files()
    assert str(broken).startswith("flows/journeys/spring_sale.py, line 1: ImportError: cannot import name 'TALK_FORMS'")


def test_a_file_that_cannot_even_be_read_takes_no_other_down(folder: Path) -> None:
    (folder / "nothing.py").write_text("async def nothing(j:\n")
    assert "lead_qualification" in discover()
    assert "Its journeys are started for nobody" in str(unloadable_files()[0])


def test_whoever_starts_it_is_stuck_with_the_reason_and_goes_on_when_it_is_mended(
    folder: Path, database_url: str
) -> None:
    apply_playbook()
    (folder / "spring_sale.py").write_text(BROKEN)
    story = Story(discover())
    ana = story.contact()
    story.happens("form_submitted", "spring-sale", contact=ana)
    [(run, status, reason)] = rows("SELECT id, status, stuck_reason FROM journey_run WHERE journey = 'spring_sale'")
    assert (status, "cannot import name 'TALK_FORMS'" in reason, "Mend the file" in reason) == ("stuck", True, True)
    journeys = check_services(datetime.now(UTC))["journeys"]
    assert (journeys.status, "./tend check" in journeys.says) == ("down", True)

    (folder / "spring_sale.py").write_text(MENDED)
    discover.cache_clear()
    with engine().begin() as connection:
        retry_runs(connection, [run], story.now)
    run_due(discover(), story.now)
    assert ("spring_sale", "over") in story.runs(ana)
    assert check_services(datetime.now(UTC))["journeys"].status == "up"
