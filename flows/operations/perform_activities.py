"""Activities: what journeys asked to have done outside, each as a Prefect task with retries."""

import asyncio
import inspect
from typing import Any

from prefect import flow, task
from prefect.states import Completed, State
from sqlalchemy import Connection, text

from flows.runtime.activity import named
from models.database import engine, to_json

CLAIM = text("""
-- Held by its row's lock for as long as the work takes: if this process dies, another one can take it at once.
SELECT id, contact_id, name, arguments FROM activity WHERE finished_at IS NULL
ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
""")

FINISH = text("""
WITH done AS (
    UPDATE activity SET finished_at = now(), result = CAST(:result AS jsonb), error = :error
    WHERE id = :id RETURNING id, contact_id
)
INSERT INTO event (name, topic, contact_id, source, key, data, at)
SELECT 'activity_done', done.id::text, done.contact_id, 'activity', 'activity:' || done.id, CAST(:data AS jsonb), now()
FROM done ON CONFLICT (key) DO NOTHING
""")

AT_ONCE = 10
"""Activities of one flow run that work at the same time, each on a connection of its own."""


@flow(name="perform-activities", flow_run_name="perform activities")
async def perform_activities() -> State[Any]:
    """Do what journeys asked to have done outside the database, such as looking up a company.

    Each activity is a task run with the retries that its code names. When all fail, the journey is told so.
    """
    done = await asyncio.gather(*(_work() for _ in range(AT_ONCE)))
    succeeded, failed = (sum(column) for column in zip(*done, strict=True))
    return Completed(message=f"{succeeded} done, {failed} failed")


async def _work() -> tuple[int, int]:
    """Take one activity after another until none is left."""
    succeeded = failed = 0
    while (worked := await _perform_one()) is not None:
        succeeded += worked
        failed += not worked
    return succeeded, failed


async def _perform_one() -> bool | None:
    """Whether the next activity succeeded; None when there is none."""
    connection = await asyncio.to_thread(engine().connect)
    try:
        row = (await asyncio.to_thread(connection.execute, CLAIM)).one_or_none()
        if row is None:
            return None
        answer = await _answer(row.name, row.arguments)
        await asyncio.to_thread(_finish, connection, row.id, answer)
        return "failed" not in answer
    finally:
        await asyncio.to_thread(connection.close)


def _finish(connection: Connection, activity_id: int, answer: dict[str, Any]) -> None:
    connection.execute(
        FINISH,
        {
            "id": activity_id,
            "result": to_json(answer.get("result")),
            "error": answer.get("failed"),
            "data": to_json(answer),
        },
    )
    connection.commit()


async def _answer(name: str, arguments: list[Any]) -> dict[str, Any]:
    """The result, or why the last try failed."""
    try:
        function = named(name)
        run: Any = task(
            _async(function),
            name=function.__name__,
            retries=function.retries.times,
            retry_delay_seconds=function.retries.pause.total_seconds(),
            persist_result=False,
        )
        return {"result": await run(*arguments)}
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"}


def _async(function: Any) -> Any:
    """Activities may be sync; those run in a thread."""
    if inspect.iscoroutinefunction(function):
        return function

    async def call(*arguments: Any) -> Any:
        return await asyncio.to_thread(function, *arguments)

    call.__name__ = function.__name__
    return call
