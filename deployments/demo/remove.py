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
EARLIER = (
    "Your own installation holds {} contacts of a demo that an earlier version played there. They go with their mails "
    "and tasks; whoever came in another way as well stays. Take them away?"
)


def remove_demo(console: Console, *, without_asking: bool, home: Path = HOME) -> None:
    """Take it away, after asking. Where there is none, say so; CommandError when nobody can be asked."""
    with lock_demo(home):
        if not is_there(home):
            console.print("There is no demo here: nothing to take away.")
            return
        _ask(QUESTION, without_asking)
        delete_installation(home)
        console.print("The demo is gone. [bold]./tend demo[/] plays it again.")


def remove_earlier_demo(console: Console, *, without_asking: bool) -> None:
    """Take away what an earlier version's demo left in the installation's own database, if that can be asked now."""
    from deployments.demo.earlier_demo import delete_earlier_demo, find_earlier_demo, use_own_database
    from models.database import engine

    if not use_own_database():
        return
    with engine().connect() as connection:
        found = find_earlier_demo(connection)
    if found:
        _ask(EARLIER.format(f"{len(found):,}"), without_asking)
        console.print(f"{delete_earlier_demo():,} contacts of the earlier demo are gone from your installation.")


def _ask(question: str, without_asking: bool) -> None:
    if without_asking:
        return
    if not sys.stdin.isatty():
        raise CommandError("Whether to take the demo away is asked in a terminal; say --yes where there is none.")
    if not typer.confirm(question):
        raise CommandError("Nothing was taken away.")
