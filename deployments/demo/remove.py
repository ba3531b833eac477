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


def remove_all_demos(console: Console, *, without_asking: bool) -> None:
    """Take away the demo, and what an earlier version's left; say so where there is neither.

    Asks before. Raises CommandError when nobody can be asked, or the answer is no.
    """
    found = remove_demo(console, without_asking=without_asking)
    if not remove_earlier_demo(console, without_asking=without_asking) and not found:
        console.print("There is no demo here: nothing to take away.")


def remove_demo(console: Console, *, without_asking: bool, home: Path = HOME) -> bool:
    """Take away the demo's installation; False where there is none."""
    with lock_demo(home):
        if not is_there(home):
            return False
        _ask(QUESTION, without_asking)
        delete_installation(home)
        console.print("The demo is gone. [bold]./tend demo[/] plays it again.")
        return True


def remove_earlier_demo(console: Console, *, without_asking: bool) -> bool:
    """Take away what the demo of version 0.1.0 left in the installation's own database; False where nothing is found.

    While that database is down nothing is found in it.
    """
    from deployments.demo.earlier_demo import delete_earlier_demo, find_earlier_demo, use_own_database
    from models.database import engine

    if not use_own_database():
        return False
    with engine().connect() as connection:
        found = find_earlier_demo(connection)
    if not found:
        return False
    _ask(EARLIER.format(f"{len(found):,}"), without_asking)
    console.print(f"{delete_earlier_demo():,} contacts of the earlier demo are gone from your installation.")
    return True


def _ask(question: str, without_asking: bool) -> None:
    if without_asking:
        return
    if not sys.stdin.isatty():
        raise CommandError("Whether to take the demo away is asked in a terminal; say --yes where there is none.")
    if not typer.confirm(question):
        raise CommandError("Nothing was taken away.")
