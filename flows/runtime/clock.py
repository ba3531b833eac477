"""The clock: runs each job as soon as it has work, and otherwise sleeps until the next due moment.

It listens for notifications, which triggers in Postgres send for new events, runs, messages and tasks. Several clocks,
on several machines too, share the work: the rows that one of them works on are locked. While Postgres cannot be
reached, it waits and tries again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import Connection

from models.database import CLOCK_ALIVE_LOCK, CLOCK_LOCKS, VIRTUAL_TIME_LOCK, connection_options, database_url, engine
from models.session_check import require_own_session
from models.stop_request import is_stop_requested, request_stop

log = logging.getLogger("tend.clock")

MARK_ALIVE = f"SELECT pg_advisory_lock_shared({CLOCK_ALIVE_LOCK})"
MARK_THIS_ALIVE = f"SELECT pg_advisory_lock({CLOCK_LOCKS}, %s)"
TRY_WORK_LOCK = f"SELECT pg_try_advisory_lock_shared({VIRTUAL_TIME_LOCK})"
RELEASE_WORK_LOCK = f"SELECT pg_advisory_unlock_shared({VIRTUAL_TIME_LOCK})"

MAX_SLEEP = timedelta(seconds=60)
"""The longest sleep, should a notification ever be lost."""

MAX_RETRY_DELAY = 30.0
"""The longest pause, in seconds, before a job that failed is tried again."""


GRACE = timedelta(seconds=4)
"""What jobs have to come to an end when the clock is told to stop; then they are cancelled."""


Perform = Callable[[], Awaitable[Any]]


@dataclass(frozen=True)
class Job:
    """Work that the clock does whenever it is due."""

    name: str
    next_due: Callable[[Connection], datetime | None]
    """The moment at which there is work; None when there is none in sight."""
    perform: Perform
    min_interval: timedelta = timedelta(0)
    """Between the starts of two runs; what becomes due in between is done together."""


class ChangeSignal:
    """Ends the sleep of all jobs: something has changed in the database (a Postgres notification came), or all end."""

    def __init__(self) -> None:
        self.next_change = asyncio.Event()
        self.stop = asyncio.Event()

    def set(self) -> None:
        """End the sleep of all jobs."""
        self.next_change.set()
        self.next_change = asyncio.Event()

    def end(self) -> None:
        """Let every job end: now if it sleeps, else as soon as its work can be left."""
        request_stop()
        self.stop.set()
        self.set()


async def run_jobs(jobs: Sequence[Job], signal: ChangeSignal | None = None, number: int = 0) -> None:
    """Run all jobs until cancelled, or until the signal ends them: what still works after GRACE is cancelled.

    `number` is that of this clock, by which others see in Postgres that it lives.
    """
    signal = signal or ChangeSignal()
    async with asyncio.TaskGroup() as group:
        working = [group.create_task(run_job(job, signal)) for job in jobs]
        listening = group.create_task(_listen(signal, number))
        await signal.stop.wait()
        _, late = await asyncio.wait(working, timeout=GRACE.total_seconds())
        for one in (listening, *late):
            one.cancel()


async def _listen(signal: ChangeSignal, number: int) -> None:
    """Pass notifications on. After a lost connection all jobs look for work once, as some may have been missed.

    Raises SharedSession behind a pooler, where none would ever come.
    """
    while True:
        try:
            await asyncio.to_thread(require_own_session, database_url())
            connecting = psycopg.AsyncConnection.connect(database_url(), autocommit=True, **connection_options())
            async with await connecting as connection:
                await connection.execute(MARK_ALIVE)
                await connection.execute(MARK_THIS_ALIVE, [number])
                await connection.execute("LISTEN tend")
                signal.set()
                async for _ in connection.notifies():
                    signal.set()
        except psycopg.OperationalError as error:
            log.warning("Postgres is away, trying again in a second: %s", str(error).strip().splitlines()[0])
            await asyncio.sleep(1)


async def run_job(job: Job, signal: ChangeSignal) -> None:
    """Run one job whenever it is due. A failure is logged and tried again; the pause doubles up to MAX_RETRY_DELAY."""
    failures = 0
    while not signal.stop.is_set():
        change = signal.next_change
        try:
            seconds = await asyncio.to_thread(_seconds_until_due, job)
            if seconds > 0:
                await _sleep(min(seconds, MAX_SLEEP.total_seconds()), change)
            else:
                await _sleep(await _perform(job), signal.stop)
            failures = 0
        except Exception as error:
            failures += 1
            pause = min(2.0**failures / 2, MAX_RETRY_DELAY)
            log.warning("%s failed, trying again in %.0f s: %s: %s", job.name, pause, type(error).__name__, error)
            await _sleep(pause, signal.stop)


def _seconds_until_due(job: Job) -> float:
    with engine().connect() as connection:
        due = job.next_due(connection)
    if due is None:
        return MAX_SLEEP.total_seconds()
    return (due - datetime.now(UTC)).total_seconds()


async def _sleep(seconds: float, until: asyncio.Event) -> None:
    """Sleep, but no longer than until the event."""
    with suppress(TimeoutError):
        await asyncio.wait_for(until.wait(), seconds)


async def _perform(job: Job) -> float:
    """Run the job once; gives the seconds that are left until it may begin again."""
    began = asyncio.get_running_loop().time()
    async with _may_work() as allowed:
        if allowed and not is_stop_requested():
            await job.perform()
    rest = job.min_interval.total_seconds() if allowed else 1.0
    return max(0.0, began + rest - asyncio.get_running_loop().time())


@asynccontextmanager
async def _may_work() -> Any:
    """Whether clocks may work now: not while somebody moves time by hand, which cannot begin while a clock works."""
    connection = await asyncio.to_thread(engine().connect)
    try:
        allowed = (await asyncio.to_thread(connection.exec_driver_sql, TRY_WORK_LOCK)).scalar()
        await asyncio.to_thread(connection.commit)
        try:
            yield allowed
        finally:
            if allowed:
                await asyncio.to_thread(connection.exec_driver_sql, RELEASE_WORK_LOCK)
                await asyncio.to_thread(connection.commit)
    finally:
        await asyncio.to_thread(connection.close)
