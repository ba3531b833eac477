"""Before a changed journey goes live: whether all open runs fit the new code."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from flows.runtime.definitions.definition import Definition, Definitions
from flows.runtime.definitions.run import Run
from models.database import psycopg_connection

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
