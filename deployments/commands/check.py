"""`tend check` and `tend map`: what is wrong with the journeys, who would be stuck in them, and what they look like."""

import os

from rich.console import Console

from deployments.commands.unknown_names import find_unknown_names
from deployments.stack.command_error import CommandError
from deployments.stack.database_address import database_address
from flows.runtime.flowchart import render_mermaid
from flows.runtime.journey_map import build_map
from flows.runtime.prefect_flow import discover
from flows.runtime.replay_check import ReplayResult, find_problems, replay_open_runs
from models.database import engine


def check(console: Console) -> int:
    """Say what does not fit; gives 1 when something does not, for use before a deployment."""
    maps = [build_map(definition) for definition in discover().values()]
    wrong = [*find_problems(discover(), maps), *find_unknown_names(maps)]
    _show_problems(console, wrong)
    address, is_up = database_address()
    if not is_up:
        console.print("The database is down, so no open runs were looked at; ./tend up starts it.")
        return int(bool(wrong))
    os.environ["TEND_DATABASE_URL"] = address
    with engine().connect() as connection:
        fits = list(replay_open_runs(connection, discover()))
    for fit in fits:
        _show_result(console, fit)
    return int(bool(wrong) or any(fit.mismatches for fit in fits))


def _show_problems(console: Console, wrong: list[str]) -> None:
    for problem in wrong:
        console.print(f"[red]✗[/] {problem}")
    if not wrong:
        console.print(f"[green]✓[/] every path of {len(discover())} journeys leads to an ending")


def _show_result(console: Console, fit: ReplayResult) -> None:
    sign = "[red]✗[/]" if fit.mismatches else "[green]✓[/]"
    console.print(f"{sign} {fit.journey}: {fit.matching:,} open runs fit")
    for (step, reason), runs in fit.mismatches.items():
        console.print(f"    {runs:,} at '{step}': {reason}")


def render_map(journey: str) -> str:
    """The map of a journey as a Mermaid flowchart. CommandError for a journey that nobody has written."""
    if journey not in discover():
        raise CommandError(f"There is no journey '{journey}'. There are: {', '.join(sorted(discover()))}.")
    return render_mermaid(build_map(discover()[journey]))
