"""The statements of a turn: claiming runs with their history, and writing down what they did."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Connection

from flows.runtime.ask import Paused
from flows.runtime.rows import driver
from flows.runtime.run import Run
from flows.runtime.starting import start_runs
from models import RunStatus
from models.database import to_json

if TYPE_CHECKING:
    from flows.runtime.turn import Turn

CLAIM = """
-- Due runs that nobody else holds, soonest first, with the event that woke them.
SELECT r.id, r.contact_id, r.started_at, r.waiting_for, r.asked_at,
       CASE WHEN e.id IS NOT NULL
            THEN jsonb_build_object('id', e.id, 'name', e.name, 'topic', e.topic, 'data', e.data) END
FROM journey_run r LEFT JOIN event e ON e.id = r.woken_by
WHERE r.journey = %s AND r.status = 'waiting' AND r.wake_at <= %s
ORDER BY r.wake_at LIMIT %s
FOR NO KEY UPDATE OF r SKIP LOCKED
"""

HISTORY = """
-- One row per run: Postgres and orjson pass a whole history faster than the driver passes its rows.
SELECT run_id, json_agg(json_build_array(verb, name, answer, extract(epoch FROM at)) ORDER BY number)::text
FROM step WHERE run_id = ANY(%s) GROUP BY run_id
"""

UNREACTED = """
-- Events that are stored but not yet reacted to; there are few at any time.
SELECT contact_id, name, topic FROM event WHERE reacted_at IS NULL ORDER BY id
"""

COPY_STEPS = "COPY step (run_id, number, verb, name, answer, fact, at) FROM STDIN"

WRITE_RUNS = """
UPDATE journey_run r
SET status = n.status, wake_at = n.wake_at, waiting_for = n.waiting_for, asked_at = n.asked_at,
    waiting_events = string_to_array(n.events, E'\\n'), steps = n.steps,
    -- A run that got stuck before it took the answer in keeps it for the next try.
    woken_by = CASE WHEN n.status = 'stuck' AND n.asked_at IS NOT NULL THEN r.woken_by END,
    ending = n.ending, stuck_because = n.because, ended_at = CASE WHEN n.ending IS NOT NULL THEN %s END
FROM json_to_recordset(%s)
     AS n (id bigint, status text, wake_at timestamptz, waiting_for text, asked_at timestamptz, events text, steps int,
           ending text, because text)
WHERE r.id = n.id
"""

WRITE_MESSAGES = """
INSERT INTO message (key, contact_id, run_id, task_id, kind, template, to_address, data, queued_at)
SELECT n.*, %s
FROM json_to_recordset(%s)
     AS n (key text, contact_id bigint, run_id bigint, task_id bigint, kind text, template text, to_address text,
           data jsonb)
ON CONFLICT (key) DO NOTHING
"""

CLOSE_TASKS = """
-- Tasks that no run waits for any more: it went on without them, or it ended.
UPDATE task t SET closed_at = %s
FROM journey_run r
WHERE r.id = t.run_id AND r.id = ANY(%s) AND t.done_at IS NULL AND t.closed_at IS NULL
  AND (r.status = 'ended' OR t.number <= r.steps)
"""


def claim(connection: Connection, journey: str, now: datetime, limit: int) -> list[Run]:
    """Lock up to `limit` due runs and fetch their history."""
    with driver(connection).cursor(binary=True) as cursor:
        runs = {row[0]: Run(*row) for row in cursor.execute(CLAIM, (journey, now, limit)).fetchall()}
        if runs:
            for run_id, history in cursor.execute(HISTORY, (list(runs),)).fetchall():
                runs[run_id].history = orjson.loads(history)
    return list(runs.values())


def unreacted(connection: Connection, endings: Mapping[str, str]) -> dict[int, str]:
    """Contact -> ending, for the events in `endings` that nobody has reacted to yet."""
    met: dict[int, str] = {}
    for contact_id, name, topic in driver(connection).execute(UNREACTED):
        ending = endings.get(name) or endings.get(f"{name}:{topic}")
        if ending:
            met.setdefault(contact_id, ending)
    return met


def write(turn: "Turn", runs: Sequence[Run]) -> None:
    """Write steps, runs, messages and the runs that begin now."""
    with driver(turn.connection).cursor() as cursor:
        _write_steps(cursor, runs)
        cursor.execute(WRITE_RUNS, (turn.now, to_json([_run_row(run) for run in runs])))
        if turn.messages:
            cursor.execute(WRITE_MESSAGES, (turn.now, to_json(turn.messages)))
        without_task = [run.id for run in runs if run.status is RunStatus.ENDED or _went_on_from_task(run)]
        if without_task:
            cursor.execute(CLOSE_TASKS, (turn.now, without_task))
    for journey in {start.journey for start in turn.starts}:
        starts = [(start.contact_id, start.key) for start in turn.starts if start.journey == journey]
        start_runs(turn.connection, turn.definitions[journey], starts, turn.now)


def _write_steps(cursor: Any, runs: Iterable[Run]) -> None:
    with cursor.copy(COPY_STEPS) as copy:
        for run in runs:
            for number, (verb, name, answered, at) in enumerate(run.new_steps, len(run.history) + 1):
                answer = None if answered.value is None else to_json(answered.value)
                fact = None if answered.fact is None else to_json(answered.fact)
                copy.write_row((run.id, number, verb, name, answer, fact, at))


def _run_row(run: Run) -> dict[str, Any]:
    pause = run.pause if run.status is RunStatus.WAITING and run.pause else Paused(None)
    return {
        "id": run.id,
        "status": run.status,
        "wake_at": pause.wake_at,
        "waiting_for": run.waiting_for,
        "asked_at": run.asked_at,
        "events": "\n".join(pause.events) or None,
        "steps": len(run.history) + len(run.new_steps),
        "ending": run.ending if run.status is RunStatus.ENDED else None,
        "because": run.stuck_because,
    }


def _went_on_from_task(run: Run) -> bool:
    """It stopped waiting for a task because its time was up."""
    return bool(run.new_steps) and run.new_steps[0][0] == "task" and run.new_steps[0][2].value is None
