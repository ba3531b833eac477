"""The SQL of a turn: lock due runs and read their history, attach the events that resume them, write steps, runs and
messages.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from flows.runtime.contract.ask import Paused, ResumingEvent, Turn
from flows.runtime.definitions.definition import Definitions
from flows.runtime.definitions.run import Run
from flows.runtime.maps.request_places import request_places
from flows.runtime.run_start import start_runs
from models import RunStatus
from models.database import psycopg_connection, to_json
from models.journeys.runs import ALREADY_ANSWERED, MAY_END, go_on_at_once, store_runs
from models.mail.queue import queue_messages
from models.playbook import current_playbook
from models.tables.event import BY_BOT
from models.tasks.close import close_tasks
from models.tasks.requests import answer_of_ended_runs, ask_again
from models.tasks.undo import REPORT_OF_RUN

COLUMNS = "id, contact_id, started_at, waiting_for, asked_at, history, version"

CLAIM = f"""
-- Due runs that nobody else holds, soonest first. Of those due at one moment the order is made afterwards: sorting all
-- of them for each batch would take longer than the batch.
WITH due AS (
    SELECT {COLUMNS}, resume_at FROM journey_run
    WHERE journey = %s AND status = 'waiting' AND resume_at <= %s AND NOT {REPORT_OF_RUN}
    ORDER BY resume_at LIMIT %s
    FOR NO KEY UPDATE SKIP LOCKED)
SELECT {COLUMNS} FROM due ORDER BY resume_at, id
"""

RELOAD = f"SELECT {COLUMNS} FROM journey_run WHERE id = ANY(%s) ORDER BY resume_at, id"

EVENTS = f"""
-- What resumed these runs, and what is stored of their contacts but not yet reacted to, which is little at any time.
-- Not joined to the claim: a run that is resumed between being seen and being locked would come without its event.
SELECT r.id, true, e.id AS event, e.name, e.topic, e.data
FROM journey_run r JOIN event e ON e.id = r.resumed_by WHERE r.id = ANY(%(runs)s)
UNION ALL
-- It answers as it would for react: in time, which a report on a task that is still open always is.
SELECT r.id, r.resumed_by IS NULL AND NOT e.is_history AND (e.at <= r.resume_at OR e.name = 'task_done')
             AND r.waiting_events && ARRAY[e.name, e.name || ':' || e.topic]::text[] AND NOT {ALREADY_ANSWERED},
       e.id, e.name, e.topic, e.data
FROM event e JOIN journey_run r ON r.contact_id = e.contact_id
WHERE e.reacted_at IS NULL AND r.id = ANY(%(runs)s) AND NOT {BY_BOT} AND {MAY_END}
ORDER BY event
"""

COPY_STEPS = "COPY step (run_id, number, verb, name, answer, fact, at) FROM STDIN"


def claim_runs(connection: Connection, journey: str, now: datetime, limit: int) -> list[Run]:
    """Lock up to `limit` due runs and fetch them with their history."""
    return _fetch(connection, CLAIM, (journey, now, limit))


def reload_runs(connection: Connection, runs: Iterable[Run]) -> list[Run]:
    """Read runs that this turn has locked once more, as they were before it changed them."""
    return _fetch(connection, RELOAD, ([run.id for run in runs],))


def _fetch(connection: Connection, query: str, values: tuple[Any, ...]) -> list[Run]:
    with psycopg_connection(connection).cursor(binary=True) as cursor:
        return [Run(*row) for row in cursor.execute(query, values).fetchall()]


def attach_events(connection: Connection, runs: Iterable[Run], endings: Mapping[str, str]) -> None:
    """Attach to each run the event that answers its waiting step.

    A run for which an event is an exit condition ends before any new step.
    """
    waiting = {run.id: run for run in runs if endings or run.asked_at is not None}
    if not waiting:
        return
    for run_id, answers, event_id, name, topic, data in psycopg_connection(connection).execute(
        EVENTS, {"runs": list(waiting)}
    ):
        run = waiting[run_id]
        ending = endings.get(name) or endings.get(f"{name}:{topic}")
        if ending:
            run.end(run.ending or ending)
        elif answers and run.event is None:
            run.event = ResumingEvent(event_id, name, topic, data)


def write_turn(turn: Turn, runs: Sequence[Run], definitions: Definitions) -> None:
    """Write steps, runs, messages and the runs that begin now."""
    _copy_steps(turn.connection, runs)
    store_runs(turn.connection, [_run_row(run) for run in runs], turn.now)
    queue_messages(turn.connection, turn.new_messages, turn.now)
    _close_tasks(turn, runs)
    for journey in {start.journey for start in turn.new_runs}:
        starts = [(start.contact_id, start.key) for start in turn.new_runs if start.journey == journey]
        started = start_runs(turn.connection, definitions[journey], starts, turn.now)
        if started < len(starts):
            _go_on(turn, definitions, journey, [contact for contact, _ in starts])


def _go_on(turn: Turn, definitions: Definitions, journey: str, contacts: Sequence[int]) -> None:
    """Who is put on a journey in which they wait for a call has the call now, not when the wait is over."""
    kinds = current_playbook(turn.connection).tasks.all_kinds
    places = request_places(definitions, kinds).going_on_in(journey)
    if places["steps"]:
        go_on_at_once(turn.connection, contacts, places, turn.now)


def _close_tasks(turn: Turn, runs: Iterable[Run]) -> None:
    """Close the tasks that no run waits for any more. Who asked again and was not answered in time asks once more."""
    given_up = [run.id for run in runs if _task_timed_out(run)]
    ended = [run.id for run in runs if run.status is RunStatus.ENDED and run.id not in set(given_up)]
    close_tasks(turn.connection, [*given_up, *ended], turn.now)
    ask_again(turn.connection, given_up, turn.now)
    answer_of_ended_runs(turn.connection, ended, turn.now)


def _copy_steps(connection: Connection, runs: Iterable[Run]) -> None:
    with psycopg_connection(connection).cursor() as cursor, cursor.copy(COPY_STEPS) as copy:
        for run in runs:
            for number, (verb, name, answered, at) in enumerate(run.new_steps, len(run.history) + 1):
                answer = None if answered.value is None else to_json(answered.value)
                fact = None if answered.fact is None else to_json(answered.fact)
                copy.write_row((run.id, number, verb, name, answer, fact, at))


def _run_row(run: Run) -> dict[str, Any]:
    pause = run.pause or Paused(None)
    return {
        "id": run.id,
        "status": run.status,
        "resume_at": pause.resume_at,
        "waiting_for": run.waiting_for,
        "asked_at": run.asked_at,
        "events": "\x1f".join(pause.events) or None,
        "steps": len(run.history) + len(run.new_steps),
        "added": run.new_history(),
        "moved": run.moved_history(),
        "version": run.version,
        "keeps": run.keeps_event,
        "ending": run.ending if run.status is RunStatus.ENDED else None,
        "reason": run.stuck_reason,
    }


def _task_timed_out(run: Run) -> bool:
    """Whether a task's `within` passed without an outcome, so that the task must be closed."""
    return bool(run.new_steps) and run.new_steps[0][0] == "task" and run.new_steps[0][2].value is None
