"""What the README shows is what there is: its journey, its map, its commands, its code."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
import typer

from deployments.command_line import app
from flows.runtime.draw import draw
from flows.runtime.flowchart import mermaid
from flows.runtime.prefect_flow import JourneyFlow, discover

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_it_begins_with_the_journey_as_it_is() -> None:
    assert blocks("python")[0] == (ROOT / "flows/journeys/lead_qualification.py").read_text()


def test_the_map_is_drawn_from_that_journey() -> None:
    assert blocks("mermaid") == [mermaid(draw(discover()["lead_qualification"]))]


@pytest.mark.parametrize("number", range(1, len(blocks("python"))))
def test_its_code_runs(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType(f"readme_{number}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(blocks("python")[number], "README.md", "exec"), vars(module))
    for flow in vars(module).values():
        if isinstance(flow, JourneyFlow):
            assert not list(draw(flow.definition).problems)


def test_its_commands_are_there() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    named = set(re.findall(r"\./tend ([a-z-]+)", README))
    assert named <= set(commands)
    assert set(commands) - named <= {"version"}


def test_its_folders_and_links_are_there() -> None:
    folders = re.findall(r"^\| `([a-z/]+/)`", README, re.MULTILINE)
    links = re.findall(r"\]\(([a-z/]+\.md)\)", README)
    assert not [path for path in [*folders, *links] if not (ROOT / path).exists()]
