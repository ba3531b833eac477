"""`tend demo --remove`: takes the demo away, with all that is in its installation and nothing else."""

import sys
from pathlib import Path

import typer
from rich.console import Console

from deployments.demo.installation import delete_installation, is_there, lock_demo
from deployments.stack.command_error import CommandError
from deployments.stack.paths import HOME

QUESTION = (
    "The demo goes with its contacts, mails, journeys, model and Prefect, and with what was entered on its own pages. "
    "Your own installation is not touched. Take the demo away?"
)


def remove_demo(console: Console, *, without_asking: bool, home: Path = HOME) -> None:
    """Take it away, after asking. Where there is none, say so; CommandError when nobody can be asked."""
    with lock_demo(home):
        if not is_there(home):
            console.print("There is no demo here: nothing to take away.")
            return
        if not without_asking:
            _ask()
        delete_installation(home)
        console.print("The demo is gone. [bold]./tend demo[/] plays it again.")


def _ask() -> None:
    if not sys.stdin.isatty():
        raise CommandError("Whether to take the demo away is asked in a terminal; say --yes where there is none.")
    if not typer.confirm(QUESTION):
        raise CommandError("The demo stays.")
