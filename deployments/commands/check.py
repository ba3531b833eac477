"""`tend check` and `tend map`: what is wrong with the journeys, who would be stuck in them, and what they look like."""

import os

from rich.console import Console

from deployments.commands.check_names import wrong_names
from deployments.stack.database_address import database_address
from deployments.stack.refusal import Refusal
from flows.runtime.flowchart import mermaid
from flows.runtime.journey_map import draw
from flows.runtime.prefect_flow import discover
from flows.runtime.replay_check import Fit, problems, rehearse
from models.database import engine


def check(console: Console) -> int:
    """Say what does not fit; gives 1 when something does not, for use before a deployment."""
    maps = [draw(definition) for definition in discover().values()]
    wrong = [*problems(discover(), maps), *wrong_names(maps)]
    _show_problems(console, wrong)
    address, is_up = database_address()
    if not is_up:
        console.print("The database is down, so no open runs were looked at; ./tend up starts it.")
        return int(bool(wrong))
    os.environ["TEND_DATABASE_URL"] = address
    with engine().connect() as connection:
        fits = list(rehearse(connection, discover()))
    for fit in fits:
        _show_fit(console, fit)
    return int(bool(wrong) or any(fit.misfits for fit in fits))


def _show_problems(console: Console, wrong: list[str]) -> None:
    for problem in wrong:
        console.print(f"[red]✗[/] {problem}")
    if not wrong:
        console.print(f"[green]✓[/] every path of {len(discover())} journeys leads to an ending")


def _show_fit(console: Console, fit: Fit) -> None:
    sign = "[red]✗[/]" if fit.misfits else "[green]✓[/]"
    console.print(f"{sign} {fit.journey}: {fit.fits:,} open runs fit")
    for (step, why), runs in fit.misfits.items():
        console.print(f"    {runs:,} at '{step}': {why}")


def map_of(journey: str) -> str:
    """The map of a journey as a Mermaid flowchart. Refusal for a journey that nobody has written."""
    if journey not in discover():
        raise Refusal(f"There is no journey '{journey}'. There are: {', '.join(sorted(discover()))}.")
    return mermaid(draw(discover()[journey]))
