"""Before a changed journey goes live: whether all open runs fit the new code, and what becomes of those that do not."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from flows.runtime.definitions.definition import Definition, Definitions
from flows.runtime.definitions.open_runs import EndWith
from flows.runtime.definitions.run import Run
from flows.runtime.kept_versions import by_version, moves_for
from models.database import psycopg_connection

BATCH = 1000

OPEN_RUNS = """
-- Open runs of a journey, a batch at a time.
SELECT id, contact_id, started_at, waiting_for, asked_at, history, version FROM journey_run
WHERE journey = %s AND ended_at IS NULL AND id > %s ORDER BY id LIMIT %s
"""

OPEN_RUN_COUNTS = "SELECT journey, count(*) FROM journey_run WHERE ended_at IS NULL GROUP BY journey"

GONE = "the journey is no longer in flows/journeys"


@dataclass(frozen=True)
class ReplayResult:
    """How the open runs of one journey fit its code."""

    journey: str
    matching: int
    """All that can go on: by the new code, moved to it, or by the version that they were begun with."""
    mismatches: dict[tuple[str, str], int]
    """(step that the run waits at, why it does not fit) -> runs that would get stuck."""
    moved: int = 0
    """Of those that match: they are moved as the journey's `move` says."""
    staying: int = 0
    """Of those that match: they stay on the version that they were begun with."""
    ending: int = 0
    """Runs that do not fit and end as the journey's `end_with` says."""
    passed_by: dict[str, int] = field(default_factory=dict)
    """New step -> contacts who are past its place, for whom it will not happen."""


def replay_open_runs(
    connection: Connection, definitions: Definitions, only: Collection[str] | None = None
) -> Iterator[ReplayResult]:
    """Replay every open run up to the step it waits at; nothing is written. `only`: of these journeys."""
    for definition in definitions.values():
        if only is None or definition.name in only:
            yield _replay_runs(connection, definition)
    open_runs = dict(psycopg_connection(connection).execute(OPEN_RUN_COUNTS).fetchall())
    for gone in sorted(set(open_runs) - set(definitions)):
        yield ReplayResult(gone, 0, {("any step", GONE): open_runs[gone]})


@dataclass
class _Counts:
    matching: int = 0
    moved: int = 0
    staying: int = 0
    ending: int = 0
    mismatches: Counter[tuple[str, str]] = field(default_factory=Counter)
    passed_by: Counter[str] = field(default_factory=Counter)

    def count(self, definition: Definition, by: Definition, run: Run) -> None:
        """Replay a run by the definition that it goes on by, and count what became of it."""
        waiting_for = run.waiting_for
        run.moves = moves_for(by, run)
        reason = _mismatch(run, by)
        if reason is None:
            self.matching += 1
            self.moved += run.moves is not None
            self.staying += by is not definition
            self.passed_by.update(set(run.passed_by))
        elif isinstance(definition.open_runs, EndWith) and run.version != definition.version:
            self.ending += 1
        else:
            self.mismatches[waiting_for, reason] += 1


def _replay_runs(connection: Connection, definition: Definition) -> ReplayResult:
    found = _Counts()
    for batch in _open_runs(connection, definition.name):
        for by, runs in by_version(connection, definition, batch, to_deploy=True):
            for run in runs:
                found.count(definition, by, run)
    return ReplayResult(
        definition.name,
        found.matching,
        dict(found.mismatches),
        found.moved,
        found.staying,
        found.ending,
        dict(found.passed_by),
    )


def _open_runs(connection: Connection, journey: str) -> Iterator[list[Run]]:
    last = 0
    while rows := psycopg_connection(connection).execute(OPEN_RUNS, (journey, last, BATCH)).fetchall():
        last = rows[-1][0]
        yield [Run(*row) for row in rows]


def _mismatch(run: Run, definition: Definition) -> str | None:
    """Why a run would get stuck; None when it fits. The step that it waits at is not answered."""
    waiting_for, run.asked_at = run.waiting_for if run.asked_at else None, None
    if waiting_for is not None and run.moves is not None:
        waiting_for = run.moves.move_waiting(waiting_for)
    now = datetime.now(UTC)
    ask: Any = run.advance(definition.make_coroutine, now)
    while ask is not None and waiting_for not in (None, ask.name):
        answered = run.answer_in_passing(ask)
        if answered is None:
            break
        run.passed_by.append(f"{ask.verb} {ask.name}")
        ask = run.advance(definition.make_coroutine, now, answered.value)
    run.close()
    if run.stuck_reason:
        # Without the run's id, so that runs that do not fit for the same reason are counted together.
        return run.stuck_reason.replace(f"Run {run.id}: ", "", 1)
    if waiting_for is not None and (ask is None or ask.name != waiting_for):
        return f"it waits at '{waiting_for}', the code now says '{ask.name if ask is not None else 'the end'}'"
    return None
