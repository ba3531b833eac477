"""The clock: does each duty the moment there is work for it, and otherwise sleeps until the next due moment.

It listens to Postgres, where triggers tell of new events, runs, messages and tasks. Several clocks on several machines
share the work, because whatever they claim is locked. With Postgres or Prefect away it waits and tries again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import Connection

from models.database import CLOCK_LIVES, TIME_BY_HAND, engine, url

log = logging.getLogger("tend.clock")

ALIVE = f"SELECT pg_advisory_lock_shared({CLOCK_LIVES})"
MAY_WORK = f"SELECT pg_try_advisory_lock_shared({TIME_BY_HAND})"
REST = f"SELECT pg_advisory_unlock_shared({TIME_BY_HAND})"

LOOK_AGAIN = timedelta(seconds=60)
"""The longest sleep, should a notification ever be lost."""

LONGEST_PAUSE = 30.0
"""Seconds between tries when a duty keeps failing."""


@dataclass(frozen=True)
class Duty:
    """Something that the clock keeps doing."""

    name: str
    next_due: Callable[[Connection], datetime | None]
    """The moment at which there is work; None when there is none in sight."""
    perform: Callable[[], Awaitable[Any]]
    at_most_every: timedelta = timedelta(0)
    """Work that comes faster is done together."""


class News:
    """Wakes everybody who waits, each time something changed in the database."""

    def __init__(self) -> None:
        self.next = asyncio.Event()

    def arrived(self) -> None:
        """Something changed."""
        self.next.set()
        self.next = asyncio.Event()


async def run(duties: Sequence[Duty]) -> None:
    """Do all duties until cancelled."""
    news = News()
    async with asyncio.TaskGroup() as group:
        group.create_task(_listen(news))
        for duty in duties:
            group.create_task(keep(duty, news))


async def _listen(news: News) -> None:
    """Pass notifications on; after a lost connection look at everything once."""
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(url(), autocommit=True) as connection:
                await connection.execute(ALIVE)
                await connection.execute("LISTEN tend")
                news.arrived()
                async for _ in connection.notifies():
                    news.arrived()
        except psycopg.OperationalError as error:
            log.warning("Postgres is away, trying again in a second: %s", str(error).strip().splitlines()[0])
            await asyncio.sleep(1)


async def keep(duty: Duty, news: News) -> None:
    """Do one duty whenever it is due. A failure is logged and tried again after growing pauses."""
    failures = 0
    while True:
        heard = news.next
        try:
            seconds = await asyncio.to_thread(_seconds_until_due, duty)
            if seconds > 0:
                await _sleep(seconds, heard)
            else:
                await _perform(duty)
            failures = 0
        except Exception as error:
            failures += 1
            pause = min(2.0**failures / 2, LONGEST_PAUSE)
            log.warning("%s failed, trying again in %.0f s: %s: %s", duty.name, pause, type(error).__name__, error)
            await asyncio.sleep(pause)


def _seconds_until_due(duty: Duty) -> float:
    with engine().connect() as connection:
        due = duty.next_due(connection)
    if due is None:
        return LOOK_AGAIN.total_seconds()
    return (due - datetime.now(UTC)).total_seconds()


async def _sleep(seconds: float, heard: asyncio.Event) -> None:
    """Until the moment comes or news does."""
    try:
        await asyncio.wait_for(heard.wait(), min(seconds, LOOK_AGAIN.total_seconds()))
    except TimeoutError:
        return


async def _perform(duty: Duty) -> None:
    """Once, and not again before `at_most_every` has passed since this began."""
    began = asyncio.get_running_loop().time()
    async with _allowed() as allowed:
        if allowed:
            await duty.perform()
    rest = duty.at_most_every.total_seconds() if allowed else 1.0
    await asyncio.sleep(max(0.0, began + rest - asyncio.get_running_loop().time()))


@asynccontextmanager
async def _allowed() -> Any:
    """Whether clocks may work now; while one does, nobody can begin to move time by hand."""
    connection = await asyncio.to_thread(engine().connect)
    try:
        allowed = (await asyncio.to_thread(connection.exec_driver_sql, MAY_WORK)).scalar()
        await asyncio.to_thread(connection.commit)
        try:
            yield allowed
        finally:
            if allowed:
                await asyncio.to_thread(connection.exec_driver_sql, REST)
                await asyncio.to_thread(connection.commit)
    finally:
        await asyncio.to_thread(connection.close)
