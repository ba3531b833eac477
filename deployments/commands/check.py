"""`tend check` and `tend map`: problems of the journeys, open runs that would get stuck in them, and their maps."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from deployments.commands.findings import OutputFormat, github_line, json_document, print_text
from deployments.commands.open_runs import JourneyChange, changed_journeys, show_open_runs
from deployments.stack.database_address import database_address
from flows.runtime.checks.all_rules import find_findings, look_at
from flows.runtime.checks.finding import Finding, Severity
from flows.runtime.checks.rule import Checked
from flows.runtime.maps.request_places import RequestPlaces
from flows.runtime.prefect_flow import discover, unloadable_files
from flows.runtime.replay_check import ReplayResult, replay_open_runs
from models.database import engine
from models.journeys.versions import has_versions
from models.playbook import BadPlaybook, load
from models.playbook.reading.file import playbook_file
from models.playbook.tasks import TaskKinds
from models.wording import counted

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
    open_runs = _replay(checked.kinds)
    if output is OutputFormat.TEXT:
        _show_open_runs(console, open_runs)
    findings += [finding for fit in open_runs.fits for finding in _misfits(fit)]
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


@dataclass(frozen=True)
class _OpenRuns:
    """How the open runs fit, and which journeys have changed; or why that was not looked at."""

    fits: Sequence[ReplayResult] = ()
    changes: Mapping[str, JourneyChange] = field(default_factory=dict)
    unknown: str = ""


def _replay(kinds: TaskKinds) -> _OpenRuns:
    address, is_up = database_address()
    if not is_up:
        return _OpenRuns(unknown="The database is down, so no open runs were checked. ./tend up starts it.")
    os.environ["TEND_DATABASE_URL"] = address
    with engine().connect() as connection:
        if not has_versions(connection):
            return _OpenRuns(unknown="The database is older than this code: ./tend up migrates it, and checks.")
        fits = list(replay_open_runs(connection, discover()))
        return _OpenRuns(fits, changed_journeys(connection, discover(), kinds))


def _show_open_runs(console: Console, open_runs: _OpenRuns) -> None:
    if open_runs.unknown:
        console.print(open_runs.unknown)
    else:
        show_open_runs(console, discover(), open_runs.fits, open_runs.changes)


def _misfits(fit: ReplayResult) -> Iterator[Finding]:
    for (step, reason), runs in fit.mismatches.items():
        message = f"{counted(runs, 'open run')} at '{step}' would get stuck: {reason}"
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
