"""`tend check` and `tend map`: problems of the journeys, open runs that would get stuck in them, and their maps."""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from deployments.commands.findings import OutputFormat, github_line, json_document, print_text
from deployments.stack.database_address import database_address
from flows.runtime.checks.all_rules import find_findings, look_at
from flows.runtime.checks.finding import Finding, Severity
from flows.runtime.checks.rule import Checked
from flows.runtime.maps.request_places import RequestPlaces
from flows.runtime.prefect_flow import discover, unloadable_files
from flows.runtime.replay_check import ReplayResult, replay_open_runs
from models.database import engine
from models.playbook import BadPlaybook, load
from models.playbook.reading.file import playbook_file

OPEN_RUNS = "J601"
"""The code of open runs that do not fit; they are of the database, so no rule of the code finds them."""


def check(console: Console, output: OutputFormat = OutputFormat.TEXT) -> int:
    """Print every problem of journeys, mails and playbook, and how many open runs fit the code.

    Returns the exit code: 1 when anything is wrong, so that a deployment can stop on it. Formats for programs list the
    findings alone.
    """
    checked = _look_at_all()
    findings = find_findings(checked)
    if output is OutputFormat.TEXT:
        _show_findings(console, findings)
        if checked.requests is not None:
            _show_requests(console, checked.requests)
    fits = _replay()
    if output is OutputFormat.TEXT:
        _show_results(console, fits)
    findings += [finding for fit in fits or () for finding in _misfits(fit)]
    if output is OutputFormat.GITHUB:
        console.print("\n".join(map(github_line, findings)), markup=False, highlight=False, soft_wrap=True, end="")
        console.print()
    elif output is OutputFormat.JSON:
        console.print(json_document(findings), markup=False, highlight=False, soft_wrap=True)
    return int(any(one.severity is Severity.ERROR for one in findings))


def _look_at_all() -> Checked:
    try:
        playbook, problems = load(playbook_file()), ()
    except BadPlaybook as error:
        return look_at(discover(), None, playbook_problems=error.sentences, unloadable=unloadable_files())
    return look_at(discover(), playbook, playbook_problems=problems, unloadable=unloadable_files())


def _show_findings(console: Console, findings: Sequence[Finding]) -> None:
    print_text(console, findings)
    if not any(one.severity is Severity.ERROR for one in findings):
        console.print(
            f"[green]✓[/] {len(discover())} journeys: every path leads to an ending, all that they name exists, every "
            "mail can be written"
        )


def _replay() -> list[ReplayResult] | None:
    """How the open runs fit; None when the database is down."""
    address, is_up = database_address()
    if not is_up:
        return None
    os.environ["TEND_DATABASE_URL"] = address
    with engine().connect() as connection:
        return list(replay_open_runs(connection, discover()))


def _misfits(fit: ReplayResult) -> Iterator[Finding]:
    for (step, reason), runs in fit.mismatches.items():
        message = f"{_count(runs)} at '{step}' would get stuck: {reason}"
        yield Finding(OPEN_RUNS, Severity.ERROR, message, fit.journey)


def _show_requests(console: Console, requests: RequestPlaces) -> None:
    """What happens when somebody asks for a person again, at each place where a run can be."""
    effects: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for one in requests.effects():
        effects[one.journey, one.effect].append(one.place.title)
    console.print("  What happens when somebody asks for a person again, by the place of their run:")
    last = ""
    for (journey, effect), places in effects.items():
        if journey != last:
            console.print(f"  [bold]{journey}[/]")
        console.print(Padding(f"{effect}: [dim]{escape(', '.join(places))}[/]", (0, 0, 0, 4)))
        last = journey


def _show_results(console: Console, fits: Sequence[ReplayResult] | None) -> None:
    if fits is None:
        console.print("The database is down, so no open runs were checked. ./tend up starts it.")
        return
    for fit in fits:
        if fit.matching or fit.mismatches:
            _show_result(console, fit)
    if not any(fit.matching or fit.mismatches for fit in fits):
        console.print("[green]✓[/] there are no open runs")


def _show_result(console: Console, fit: ReplayResult) -> None:
    sign = "[red]✗[/]" if fit.mismatches else "[green]✓[/]"
    console.print(f"{sign} {fit.journey}: {_count(fit.matching)} {'fits' if fit.matching == 1 else 'fit'}")
    for (step, reason), runs in fit.mismatches.items():
        console.print(f"    {_count(runs)} at '{step}' would get stuck: {escape(reason)}")


def _count(runs: int) -> str:
    return f"{runs:,} open run{'' if runs == 1 else 's'}"
