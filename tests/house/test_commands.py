"""The command line: what its help shows, and what answers to the names of 0.1.0."""

import sys

import pytest
import typer
from typer.testing import CliRunner

from deployments.command_line import RENAMED, app, main

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command line in this process; its exit code."""
    monkeypatch.setattr(sys, "argv", ["tend", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_an_old_spelling_still_answers_and_says_the_new_one(
    old: str, new: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, old, "--help") == 0
    printed = capsys.readouterr()
    assert f"Usage: tend {new}" in printed.out
    assert printed.err == f"./tend {old} is called ./tend {new} now; the old name still works.\n"


def test_the_help_shows_every_command_once_and_no_old_spelling() -> None:
    shown = CliRunner().invoke(app, ["--help"], prog_name="tend", env={"COLUMNS": "200"}).output
    listed = [words[1] for line in shown.splitlines() if len(words := line.split()) > 2 and words[1] in COMMANDS]
    assert sorted(listed) == sorted(COMMANDS)
    assert not [old for old in RENAMED if old in shown]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_says_what_it_is_for(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    assert not [option.name for option in command.params if not getattr(option, "help", None)]


def test_an_unknown_command_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "score") == 2
    assert "No such command" in capsys.readouterr().err
