"""What `tend check` says of the runs that are under way, and of the journeys that have changed under them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from sqlalchemy import Connection

from flows.runtime.definitions.definition import Definition, Definitions
from flows.runtime.maps.stored_map import places_of
from flows.runtime.move_guess import guess_move
from flows.runtime.replay_check import ReplayResult
from models.journeys.maps.difference import compare_maps
from models.journeys.versions import current_versions
from models.playbook.tasks import TaskKinds
from models.wording import counted


@dataclass(frozen=True)
class JourneyChange:
    """How a journey differs from the version in force."""

    sentences: tuple[str, ...] = ()
    move: str = ""
    """A guess of what it may say of its open runs."""


def changed_journeys(connection: Connection, definitions: Definitions, kinds: TaskKinds) -> dict[str, JourneyChange]:
    """Each journey whose code has changed."""
    found = {}
    for name, version in current_versions(connection).items():
        definition = definitions.get(name)
        if definition is not None and definition.problem is None and definition.version != version.version:
            now = places_of(definition, definitions, kinds)
            sentences = compare_maps(version.places, now).sentences
            found[name] = JourneyChange(sentences, guess_move(version.places, now))
    return found


def show_open_runs(
    console: Console,
    definitions: Definitions,
    results: Sequence[ReplayResult],
    changes: Mapping[str, JourneyChange],
) -> None:
    """Print for each journey how many open runs fit it, what becomes of the others, and what has changed."""
    shown = [one for one in results if _has_runs(one) or one.journey in changes]
    for result in shown:
        sign = "[red]✗[/]" if result.mismatches else "[green]✓[/]"
        fit = counted(result.matching, "open run")
        console.print(f"{sign} {result.journey}: {fit} {'fits' if result.matching == 1 else 'fit'}")
        for line in _lines(definitions.get(result.journey), result, changes.get(result.journey)):
            console.print(f"    {escape(line)}", soft_wrap=True)
    if not any(_has_runs(one) for one in results):
        console.print("[green]✓[/] there are no open runs")


def _has_runs(result: ReplayResult) -> bool:
    return bool(result.matching or result.mismatches or result.ending)


def _lines(definition: Definition | None, result: ReplayResult, change: JourneyChange | None) -> Iterator[str]:
    if result.moved:
        yield f"{result.moved:,} of them are moved to the new code"
    if result.staying:
        yield f"{result.staying:,} of them stay on the version that they were begun with"
    if result.ending:
        yield f"{counted(result.ending, 'open run')} that do not fit end when they would go on"
    for step, runs in result.passed_by.items():
        yield f"{step} will not happen for {counted(runs, 'contact')}, who are past its place"
    if definition is not None and definition.is_draining and not _has_runs(result):
        yield "it is drained: nobody is on it any more, and its file can be deleted"
    for (step, reason), runs in result.mismatches.items():
        yield f"{counted(runs, 'open run')} at '{step}' would get stuck: {reason}"
    if change is not None:
        yield from (f"changed: {sentence}" for sentence in change.sentences)
        if result.mismatches:
            yield f"its @journey may say what they do, such as open_runs=stay(), or by a guess: {change.move}"
