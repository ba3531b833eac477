"""`tend check`: what ops are told before a deployment, and the exit code that stops it."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import flows.journeys
from deployments.commands.check import check
from flows.runtime.definitions.definition import Definition
from flows.runtime.prefect_flow import discover
from tests.support.playbook import apply_playbook
from tests.support.story import Story


@pytest.fixture
def story(database_url: str) -> Story:
    """The shipped journeys, with one contact waiting for the first call."""
    apply_playbook()
    story = Story(discover())
    story.start("lead_qualification", story.contact())
    return story


def checked() -> tuple[int, str]:
    said = StringIO()
    return check(Console(file=said, width=200)), said.getvalue()


def test_open_runs_that_fit_are_counted_and_let_the_deployment_pass(story: Story) -> None:
    code, said = checked()
    assert code == 0
    assert "✓ lead_qualification: 1 open run fits" in said


def test_journeys_without_open_runs_are_not_listed(story: Story) -> None:
    _, said = checked()
    assert "✓ welcome" not in said
    story.write("UPDATE journey_run SET ended_at = now(), status = 'ended', ending = 'over'")
    _, said = checked()
    assert "there are no open runs" in said


def test_a_run_that_would_be_stuck_is_named_with_its_step_and_stops_the_deployment(story: Story) -> None:
    story.write("UPDATE journey_run SET waiting_for = 'old name'")
    code, said = checked()
    assert code == 1
    assert "1 open run at 'old name' would get stuck: it waits at 'old name', the code now says 'first call'" in said


def test_it_shows_what_a_repeated_request_does_at_each_place(story: Story) -> None:
    _, said = checked()
    [line] = [line for line in said.splitlines() if "a week after the first call" in line]
    assert "goes on at once; the task that comes next shows it" in line


def test_requests_that_would_be_lost_stop_the_deployment(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(discover(), "unclaimed_request")
    code, said = checked()
    assert code == 1
    assert "✗ J501 No journey takes requests that come while others are under way" in said


def test_a_keyword_by_its_old_name_is_shown_with_the_new_one(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    async def spring(j: Any) -> str:
        await j.add_points(5, why="spring")
        return "done"

    monkeypatch.setitem(discover(), "spring", Definition("spring", spring))
    code, said = checked()
    assert code == 0
    assert "! tests/runtime/test_check.py:" in said
    assert "add_points(why=...) is now add_points(reason=...)." in said


def test_events_that_start_two_journeys_are_named_and_stop_nothing(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def our_support(j: Any) -> str:
        return "answered"

    _, said = checked()
    assert "gets the mails and tasks of each" not in said
    monkeypatch.setitem(discover(), "ours", Definition("ours", our_support, starts_on=("form_submitted:support",)))
    monkeypatch.setitem(discover(), "orders", Definition("orders", our_support, starts_on=("cancel_requested:late",)))
    code, said = checked()
    assert code == 0
    said = " ".join(said.split())
    assert "! J314 form_submitted:support starts 2 journeys: Ours, Support request." in said
    assert "! J314 cancel_requested:late starts 2 journeys: Cancel request, Orders." in said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('@journey(trigger="x")\nasync def broken(j): ...\n', "2: J001 TypeError: journey() got an unexpected keyword"),
        ("async def broken(j)\n    pass\n", "2: J001 SyntaxError: expected ':'"),
        ("from flows.runtime import jurney\n", "2: J001 ImportError: cannot import name 'jurney'"),
    ],
)
def test_a_file_that_python_cannot_load_is_named_with_its_line_and_the_rest_is_checked(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, said: str
) -> None:
    folder = tmp_path / "flows" / "journeys"
    folder.mkdir(parents=True)
    (folder / "broken_journey.py").write_text("from flows.runtime import journey\n" + source)
    monkeypatch.setattr(flows.journeys, "__path__", [*flows.journeys.__path__, str(folder)])
    discover.cache_clear()
    code, checks = checked()
    discover.cache_clear()
    assert code == 1
    assert f"flows/journeys/broken_journey.py:{said}" in " ".join(checks.split())
    assert "✓ lead_qualification: 1 open run fits" in checks
