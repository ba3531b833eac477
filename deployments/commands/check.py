"""`tend check` and `tend map`: problems of the journeys, open runs that would get stuck in them, and their maps."""

import os
import warnings
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from deployments.commands.open_fields import find_open_fields
from deployments.commands.unknown_names import find_unknown_names
from deployments.stack.command_error import CommandError
from deployments.stack.database_address import database_address
from flows.runtime.authoring.renamed_keyword import RenamedKeyword
from flows.runtime.definitions.definition import Definition, Definitions
from flows.runtime.maps.flowchart import render_mermaid
from flows.runtime.maps.journey_map import JourneyMap, build_map
from flows.runtime.maps.request_places import RequestPlaces, request_places
from flows.runtime.prefect_flow import discover, unloadable_files
from flows.runtime.replay_check import ReplayResult, find_problems, replay_open_runs
from models.database import engine
from models.playbook import BadPlaybook, load
from models.playbook.reading.file import playbook_file
from models.playbook.tasks import TaskKinds, own_kinds
from models.titles import title_of_journey


def check(console: Console) -> int:
    """Print every problem of journeys and playbook, and how many open runs fit the code.

    Returns the exit code: 1 when anything is wrong, so that a deployment can stop on it.
    """
    broken = [str(file) for file in unloadable_files()]
    kinds = _task_kinds()
    maps = _build_maps(console, kinds)
    places = request_places(discover(), kinds)
    wrong = [*broken, *find_problems(discover(), maps), *places.problems(), *find_unknown_names(maps)]
    _show_problems(console, wrong)
    for shared in _shared_triggers(discover()):
        console.print(f"[yellow]![/] {escape(shared)}")
    _show_open_fields(console, maps)
    _show_requests(console, places)
    address, is_up = database_address()
    if not is_up:
        console.print("The database is down, so no open runs were checked. ./tend up starts it.")
        return int(bool(wrong))
    os.environ["TEND_DATABASE_URL"] = address
    with engine().connect() as connection:
        fits = list(replay_open_runs(connection, discover()))
    for fit in fits:
        if fit.matching or fit.mismatches:
            _show_result(console, fit)
    if not any(fit.matching or fit.mismatches for fit in fits):
        console.print("[green]✓[/] there are no open runs")
    return int(bool(wrong) or any(fit.mismatches for fit in fits))


def _task_kinds() -> TaskKinds:
    # A playbook that cannot be read is among the problems.
    with suppress(BadPlaybook):
        return load(playbook_file()).tasks.all_kinds
    return own_kinds()


def _build_maps(console: Console, kinds: TaskKinds) -> list[JourneyMap]:
    """The maps of all journeys. Prints where they use keywords by their old names."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", RenamedKeyword)
        maps = [build_map(definition, kinds) for definition in discover().values() if definition.problem is None]
    places = (f"{one.filename.rpartition('/')[2]}, line {one.lineno}: {one.message}" for one in found)
    for place in dict.fromkeys(places):
        console.print(f"[yellow]![/] {escape(place)}")
    return maps


def _show_problems(console: Console, wrong: list[str]) -> None:
    for problem in wrong:
        console.print(f"[red]✗[/] {escape(problem)}")
    if not wrong:
        console.print(
            f"[green]✓[/] {len(discover())} journeys: every path leads to an ending, all that they name exists"
        )


def _shared_triggers(definitions: Definitions) -> Iterator[str]:
    """A sentence for each trigger that several journeys have, also where one is a part of the other."""
    triggers = sorted({pattern for one in definitions.values() for pattern in one.starts_on})
    for pattern in triggers:
        journeys = sorted(_title(one) for one in definitions.values() if _starts(one, pattern))
        if len(journeys) > 1:
            yield (
                f"{pattern} starts {len(journeys)} journeys: {', '.join(journeys)}. Whoever it comes from gets the "
                "mails and tasks of each. Take it out of starts_on where one is enough."
            )


def _starts(definition: Definition, pattern: str) -> bool:
    """Whether events of this pattern start it: it names them, or all of their name."""
    return bool({pattern, pattern.partition(":")[0]} & set(definition.starts_on))


def _title(definition: Definition) -> str:
    return definition.title or title_of_journey(definition.name)


def _show_open_fields(console: Console, maps: list[JourneyMap]) -> None:
    # A playbook that cannot be read is among the problems.
    with suppress(BadPlaybook):
        for sentence in find_open_fields(load(playbook_file()), maps):
            console.print(f"[yellow]![/] {escape(sentence)}")


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


def _show_result(console: Console, fit: ReplayResult) -> None:
    sign = "[red]✗[/]" if fit.mismatches else "[green]✓[/]"
    console.print(f"{sign} {fit.journey}: {_count(fit.matching)} {'fits' if fit.matching == 1 else 'fit'}")
    for (step, reason), runs in fit.mismatches.items():
        console.print(f"    {_count(runs)} at '{step}' would get stuck: {escape(reason)}")


def _count(runs: int) -> str:
    return f"{runs:,} open run{'' if runs == 1 else 's'}"


def render_map(journey: str) -> str:
    """The map of a journey as a Mermaid flowchart. CommandError for a journey that nobody has written."""
    if journey not in discover():
        raise CommandError(f"There is no journey '{journey}'. There are: {', '.join(sorted(discover()))}.")
    return render_mermaid(build_map(discover()[journey]))
