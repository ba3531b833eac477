"""What the README shows is what there is: its journey, its map, its commands, its code."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
import typer

from deployments.command_line import app
from flows.runtime.flowchart import render_mermaid
from flows.runtime.journey_map import build_map
from flows.runtime.prefect_flow import JourneyFlow, discover
from models.playbook import Playbook, load
from tests.support.paths import ROOT
from tests.support.playbook import SHIPPED

README = (ROOT / "README.md").read_text()

EXAMPLES_PEOPLE = """teams:
  - {name: Coast, reps: [{name: John, email: john@example.com}, {name: Sarah, email: sarah@example.com}]}
  - {name: Inland, reps: [{name: Mike, email: mike@example.com}]}
  - {name: Dealers, partner: true, reps: [{name: Ann, email: ann@partner.example.com}]}
"""
"""Whom the README's examples name."""

EVERYBODY = "  - {name: everybody, members: [john@example.com, sarah@example.com, mike@example.com]}\n"


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_it_begins_with_the_journey_as_it_is() -> None:
    assert blocks("python")[0] == (ROOT / "flows/journeys/lead_qualification.py").read_text()


def test_the_map_is_drawn_from_that_journey() -> None:
    assert blocks("mermaid") == [render_mermaid(build_map(discover()["lead_qualification"]))]


@pytest.mark.parametrize("number", range(1, len(blocks("python"))))
def test_its_code_runs(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType(f"readme_{number}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(blocks("python")[number], "README.md", "exec"), vars(module))
    for flow in vars(module).values():
        if isinstance(flow, JourneyFlow):
            assert not list(build_map(flow.definition).problems)


def test_its_commands_are_there() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    named = set(re.findall(r"\./tend ([a-z-]+)", README))
    assert named <= set(commands)
    assert set(commands) - named <= {"version"}


def test_its_folders_and_links_are_there() -> None:
    folders = re.findall(r"^\| `([a-z/]+/)`", README, re.MULTILINE)
    links = re.findall(r"\]\(([a-z/]+\.md)\)", README)
    assert not [path for path in [*folders, *links] if not (ROOT / path).exists()]


def with_sections(playbook: str, sections: str) -> str:
    """A playbook in which the sections of an example stand for its own."""
    for name in re.findall(r"^(\w+):", sections, re.MULTILINE):
        playbook = re.sub(rf"^{name}:.*?(?=^\S|\Z)", "", playbook, flags=re.DOTALL | re.MULTILINE)
    return f"{playbook}\n{sections}"


def playbook_with(sections: str, folder: Path) -> Playbook:
    """The shipped playbook with an example of the README in it."""
    written = folder / "playbook.yaml"
    written.write_text(with_sections(SHIPPED.read_text(), sections))
    return load(written)


def test_its_scores_are_accepted(tmp_path: Path) -> None:
    scoring = playbook_with(blocks("yaml")[0], tmp_path).scoring
    assert [rule.name for rule in scoring.rules] == ["decides alone", "pricing page", "large order"]
    assert [threshold.name for threshold in scoring.thresholds] == ["hot", "cold"]


def test_its_routers_are_accepted(tmp_path: Path) -> None:
    example = blocks("yaml")[1].replace("routing:\n", f"{EVERYBODY}routing:\n")
    playbook = playbook_with(EXAMPLES_PEOPLE + example, tmp_path)
    assert [router.name for router in playbook.routers] == ["california", "partners", "everybody"]
    assert [rule.router for rule in playbook.routing.rules] == ["california", "partners", "everybody"]


def test_its_rules_for_mail_are_accepted(tmp_path: Path) -> None:
    mail = playbook_with(blocks("yaml")[2], tmp_path).mail
    assert [cap.mails for cap in mail.caps] == [1, 4]
    assert mail.warm_up is not None
    assert mail.reply_domain == "reply.example.com"


def test_all_its_playbook_is_looked_at() -> None:
    assert len(blocks("yaml")) == 3
