"""`tend up`: starts the whole stack in this terminal and keeps it running until Ctrl-C or `tend down`."""

import asyncio
import os
from collections.abc import Coroutine
from typing import Any

from rich.console import Console

from deployments.stack.paths import empty_scratch, make_state
from deployments.stack.ports import check_port
from deployments.stack.progress import Progress
from deployments.stack.record import (
    Record,
    end_leftovers,
    forget_record,
    read_record,
    recorded,
    the_only_stack,
    write_record,
)
from deployments.stack.refusal import Refusal
from deployments.stack.settings import Addresses
from deployments.stack.stack import Stack
from deployments.stack.supervisor import Supervisor, on_signals


def up(addresses: Addresses) -> None:
    """Run the stack until told to end; Refusal when it runs already or cannot start."""
    make_state()
    with the_only_stack() as ours:
        before = read_record()
        if not ours:
            raise Refusal(_runs_already(before))
        if before:
            end_leftovers(before)
        empty_scratch()
        check_port(addresses.host, addresses.port, "--port")
        check_port("127.0.0.1", addresses.prefect_port, "--prefect-port")
        asyncio.run(_run(addresses, Progress(Console())))


async def _run(addresses: Addresses, progress: Progress) -> None:
    supervisor = Supervisor(progress.say, lambda: _write(supervisor, addresses))
    told_to_end = asyncio.Event()
    on_signals(lambda: supervisor.hasten() if told_to_end.is_set() else told_to_end.set())
    _write(supervisor, addresses)
    try:
        if await _unless(told_to_end, Stack(addresses, supervisor, progress).start()):
            progress.up(addresses)
            await _unless(told_to_end, supervisor.broken())
    finally:
        told_to_end.set()
        with progress.step("ending (Ctrl-C again: at once)", "everything has ended"):
            await supervisor.end_all()
        forget_record()


async def _unless(event: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do it, or leave off when the event comes first; returns whether it was done."""
    doing, event_comes = asyncio.create_task(work), asyncio.create_task(event.wait())
    await asyncio.wait([doing, event_comes], return_when=asyncio.FIRST_COMPLETED)
    done = doing.done()
    doing.cancel()
    event_comes.cancel()
    await asyncio.wait([doing, event_comes])
    if done:
        doing.result()
    return done


def _write(supervisor: Supervisor, addresses: Addresses) -> None:
    children = [recorded(child.name, child.pid, child.restarts) for child in supervisor.children if child.pid]
    write_record(Record(recorded("up", os.getpid()), addresses.web, addresses.prefect, children))


def _runs_already(record: Record | None) -> str:
    where = f" at {record.web}, Prefect at {record.prefect}" if record else ""
    return f"Tend already runs in this checkout{where}: ./tend status shows it, ./tend down ends it."
