"""Before a changed journey goes live: whether every path has an ending, and whether all open runs fit the new code."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from flows.runtime.authoring.source_check import find_slips
from flows.runtime.contract.arguments import too_far
from flows.runtime.contract.ask import HandOver
from flows.runtime.contract.errors import UnknownJourney
from flows.runtime.definitions.definition import Definition, Definitions, Reentry
from flows.runtime.definitions.journey import VERBS
from flows.runtime.definitions.run import Run
from flows.runtime.maps.journey_map import JourneyMap, build_map
from flows.runtime.verbs.start import StartStep
from flows.runtime.verbs.wait import WaitForStep, WaitStep
from models.database import psycopg_connection
from models.splits import Variants

BATCH = 1000

OPEN_RUNS = """
-- Open runs of a journey, a batch at a time.
SELECT id, contact_id, started_at, waiting_for, asked_at, history FROM journey_run
WHERE journey = %s AND ended_at IS NULL AND id > %s ORDER BY id LIMIT %s
"""

OPEN_RUN_COUNTS = "SELECT journey, count(*) FROM journey_run WHERE ended_at IS NULL GROUP BY journey"


@dataclass(frozen=True)
class ReplayResult:
    """How the open runs of one journey fit its code."""

    journey: str
    matching: int
    mismatches: dict[tuple[str, str], int]
    """(step that the run waits at, why it does not fit) -> runs."""


def find_problems(definitions: Definitions, maps: Sequence[JourneyMap] = ()) -> list[str]:
    """What is wrong with the journeys themselves. `maps`: their maps, where the caller has built them already."""
    maps = maps or [build_map(definition) for definition in definitions.values()]
    return [*(problem for found in maps for problem in _problems(found, definitions)), *_conflicting_split_tests(maps)]


def _problems(found: JourneyMap, definitions: Definitions) -> Iterator[str]:
    yield from map(str, found.problems)
    if found.name in definitions:
        yield from (f"{found.name}: {slip}" for slip in find_slips(definitions[found.name].body, VERBS))
    yield from _far_moments(found)
    yield from _unknown_starts(found, definitions)
    for ending in found.endings:
        if isinstance(ending, HandOver):
            yield from _wrong_hand_over(found.name, ending.journey, definitions)


def _far_moments(found: JourneyMap) -> Iterator[str]:
    """Waits until a moment that stands in the code and is too far ahead."""
    for place, ask in found.steps.items():
        until = ask.until if isinstance(ask, WaitStep | WaitForStep) else None
        if until is not None and (reason := too_far(place.title, until, datetime.now(UTC))):
            yield f"{found.name}: {reason}"


def _unknown_starts(found: JourneyMap, definitions: Definitions) -> Iterator[str]:
    for place, ask in found.steps.items():
        if isinstance(ask, StartStep) and ask.journey not in definitions:
            yield f"{found.name}: {place.title}: {UnknownJourney(ask.journey, sorted(definitions))}"


def _conflicting_split_tests(maps: Iterable[JourneyMap]) -> Iterator[str]:
    """A contact has one variant per split test, so a test has the same variants and weights in every journey."""
    first: dict[str, tuple[str, Variants]] = {}
    for found in maps:
        for test in found.split_tests:
            journey, known = first.setdefault(test.test, (found.name, test))
            if test != known:
                yield (
                    f"{found.name}: the split test '{test.test}' has the weights {dict(test.weights)}, but in "
                    f"{journey} it has {dict(known.weights)}. Write them once for both, or give one test another name."
                )


def _wrong_hand_over(name: str, target: str, definitions: Definitions) -> Iterator[str]:
    if target not in definitions:
        yield f"{name}: hands over to {target}, which is no journey. There are: {', '.join(sorted(definitions))}."
    elif definitions[target].reentry is Reentry.NEVER:
        yield (
            f"{name}: hands over to {target}, which a contact takes only once, so whoever has taken it would be on no "
            "journey. Let it be taken again (reentry='after_end'), or end otherwise."
        )


def replay_open_runs(connection: Connection, definitions: Definitions) -> Iterator[ReplayResult]:
    """Replay every open run up to the step it waits at; nothing is written."""
    for definition in definitions.values():
        yield _replay_runs(connection, definition)
    open_runs = dict(psycopg_connection(connection).execute(OPEN_RUN_COUNTS).fetchall())
    for gone in sorted(set(open_runs) - set(definitions)):
        yield ReplayResult(gone, 0, {("any step", "the journey is no longer in flows/journeys"): open_runs[gone]})


def _replay_runs(connection: Connection, definition: Definition) -> ReplayResult:
    fits, mismatches = 0, Counter[tuple[str, str]]()
    for run in _open_runs(connection, definition.name):
        waiting_for = run.waiting_for
        reason = _mismatch(run, definition)
        if reason is None:
            fits += 1
        else:
            mismatches[waiting_for, reason] += 1
    return ReplayResult(definition.name, fits, dict(mismatches))


def _open_runs(connection: Connection, journey: str) -> Iterator[Run]:
    last = 0
    while rows := psycopg_connection(connection).execute(OPEN_RUNS, (journey, last, BATCH)).fetchall():
        last = rows[-1][0]
        yield from (Run(*row) for row in rows)


def _mismatch(run: Run, definition: Definition) -> str | None:
    """Why a run would get stuck; None when it fits. The step that it waits at is not answered."""
    waiting_for, run.asked_at = run.waiting_for if run.asked_at else None, None
    now = datetime.now(UTC)
    ask: Any = run.advance(definition.make_coroutine, now)
    while (
        ask is not None and waiting_for not in (None, ask.name) and (answer := ask.answer_for_older_runs()) is not None
    ):
        ask = run.advance(definition.make_coroutine, now, answer)
    run.close()
    if run.stuck_reason:
        # Without the run's id, so that runs that do not fit for the same reason are counted together.
        return run.stuck_reason.removeprefix(f"Run {run.id}: ")
    if waiting_for is not None and (ask is None or ask.name != waiting_for):
        return f"it waits at '{waiting_for}', the code now says '{ask.name if ask is not None else 'the end'}'"
    return None
