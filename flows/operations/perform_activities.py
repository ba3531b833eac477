"""Perform the activities that journeys call, each as a Prefect task with retries."""

import asyncio
import inspect
import logging
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from prefect import task
from prefect.context import FlowRunContext
from prefect.states import Completed, State
from sqlalchemy import Connection, Row, text
from sqlalchemy.exc import DataError

from flows.private_flow import flow
from flows.runtime.definitions.activity import load_activity
from models.access.private_errors import ForeignError, with_private_errors
from models.database import engine, to_json
from models.events.emit import emit_from
from models.stop_request import is_stop_requested

log = logging.getLogger("tend.clock")

CLAIM = text("""
-- The row stays locked while the activity runs; if this process dies, another one can claim it at once.
SELECT id, contact_id, name, arguments FROM activity WHERE finished_at IS NULL
ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
""")

ACTIVITY_DONE = """
SELECT 'activity_done', done.id::text, done.contact_id, 'activity', 'activity:' || done.id, CAST(:data AS jsonb),
       CAST(:now AS timestamptz)
FROM done
"""

FINISH = text(f"""
WITH done AS (
    UPDATE activity SET finished_at = :now, result = CAST(:result AS jsonb), error = :error
    WHERE id = :id RETURNING id, contact_id
)
{emit_from(ACTIVITY_DONE)}
""")

MAX_CONCURRENT = 8
"""Activities of one flow run that work at the same time, each on a connection of its own."""

POLL_SECONDS = 1.0
"""Seconds between checks for new activities, while others run or wait for their next try."""


@flow(name="perform-activities", flow_run_name="perform what is open")
async def perform_activities() -> State[Any]:
    """Perform the activities that journeys call, such as looking up a company.

    Each activity is a task run with the retries that its code names. When all tries fail, the journey
    gets ActivityFailed. A slow activity delays no other: those that are called meanwhile are performed beside it.
    """
    ended: Counter[str] = Counter()
    working: set[asyncio.Task[str]] = set()
    try:
        while not is_stop_requested() and (working := working | await _start_claimed(MAX_CONCURRENT - len(working))):
            done, working = await asyncio.wait(working, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            ended.update(one.result() for one in done)
    finally:
        await _release(working)
    return Completed(message=f"{ended['done']} done, {ended['failed']} failed")


async def _start_claimed(at_most: int) -> set[asyncio.Task[str]]:
    """Claim and start up to `at_most` activities that no process works on."""
    started: set[asyncio.Task[str]] = set()
    while len(started) < at_most and (claimed := await asyncio.to_thread(_claim)):
        started.add(asyncio.create_task(_perform(*claimed)))
    return started


async def _release(working: set[asyncio.Task[str]]) -> None:
    """Cancel what this process will not finish; the locks end with the connections."""
    for one in working:
        one.cancel()
    await asyncio.gather(*working, return_exceptions=True)


def _claim() -> tuple[Connection, Row[Any]] | None:
    connection = engine().connect()
    try:
        row = connection.execute(CLAIM).one_or_none()
    except BaseException:
        connection.close()
        raise
    if row is None:
        connection.close()
        return None
    return connection, row


async def _perform(connection: Connection, row: Row[Any]) -> str:
    """Perform one activity and store its result; returns `done` or `failed`."""
    try:
        answer = await _run_activity(row)
        return await asyncio.to_thread(_finish, connection, row.id, answer)
    finally:
        await asyncio.to_thread(connection.close)


async def _run_activity(row: Row[Any]) -> dict[str, Any]:
    """The result, as {"result": ...}, or why the last try failed, as {"failed": ...}."""
    try:
        function = load_activity(row.name)
        if FlowRunContext.get() is None:
            return {"result": await _call_with_retries(function, row.arguments)}
        run: Any = task(
            _as_async(function),
            name=function.__name__,
            task_run_name=lambda: _task_run_name(row),
            retries=function.retries.max_retries,
            retry_delay_seconds=function.retries.delay.total_seconds(),
            persist_result=False,
        )
        return {"result": await run(*row.arguments)}
    except Exception as error:
        return {"failed": error.text if isinstance(error, ForeignError) else f"{type(error).__name__}: {error}"}


async def _call_with_retries(function: Any, arguments: Sequence[Any]) -> Any:
    """While Prefect is away: the same tries without a task run."""
    call = _as_async(function)
    for _ in range(function.retries.max_retries):
        try:
            return await call(*arguments)
        except Exception as error:
            log.warning("The activity %s failed and is tried again: %s", function.__name__, type(error).__name__)
            await asyncio.sleep(function.retries.delay.total_seconds())
    return await call(*arguments)


def _task_run_name(row: Row[Any]) -> str:
    """`look_up for contact 12`; what it is called with may be an address."""
    return f"{row.name.rpartition(':')[2]} for contact {row.contact_id}"


def _as_async(function: Any) -> Any:
    """The activity as a coroutine function, whose errors tell Prefect no address; a sync one runs in a thread."""

    async def call(*arguments: Any) -> Any:
        if inspect.iscoroutinefunction(function):
            return await function(*arguments)
        return await asyncio.to_thread(function, *arguments)

    call.__name__ = function.__name__
    return with_private_errors(call)


def _finish(connection: Connection, activity_id: int, answer: dict[str, Any]) -> str:
    try:
        with connection.begin_nested():
            _write(connection, activity_id, answer)
    except (DataError, TypeError) as error:
        reason = str(error).strip().splitlines()[0]
        answer = {"failed": f"its result cannot be stored as JSON in Postgres: {reason}"}
        _write(connection, activity_id, answer)
    connection.commit()
    return "failed" if "failed" in answer else "done"


def _write(connection: Connection, activity_id: int, answer: dict[str, Any]) -> None:
    connection.execute(
        FINISH,
        {
            "id": activity_id,
            "result": to_json(answer.get("result")),
            "error": answer.get("failed"),
            "data": to_json(answer),
            "now": datetime.now(UTC),
        },
    )
