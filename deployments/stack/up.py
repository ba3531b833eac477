"""`tend up`: starts the whole stack in this terminal and keeps it running until Ctrl-C or `tend down`."""

import asyncio
import contextlib
import os
from collections.abc import Coroutine
from typing import Any

import psutil
from rich.console import Console

from deployments.stack.command_error import CommandError
from deployments.stack.paths import empty_temp_folder, make_state
from deployments.stack.ports import check_port
from deployments.stack.progress import Progress
from deployments.stack.settings import Addresses
from deployments.stack.stack import Stack
from deployments.stack.stack_record import (
    StackRecord,
    delete_record,
    end_leftover_processes,
    lock_stack,
    read_record,
    record_process,
    write_record,
)
from deployments.stack.supervisor import Supervisor, on_signals

# What a killed supervisor left is ended within five seconds, and its ports are free then.
LOCK_SECONDS, PORT_SECONDS = 20.0, 15.0


def up(addresses: Addresses, *, allow_stuck: bool = False) -> None:
    """Run the stack until told to end; CommandError when it runs already or cannot start.

    `allow_stuck`: whether open runs may get stuck in journeys that have changed.
    """
    addresses.check()
    make_state()
    with lock_stack(patience=LOCK_SECONDS) as ours:
        before = read_record()
        if not ours:
            raise CommandError(_runs_already(before))
        if before:
            end_leftover_processes(before)
        empty_temp_folder()
        # A taken port of Prefect is no reason to be without pages: it joins when the port is free.
        check_port(addresses.host, addresses.port, "--port", patience=PORT_SECONDS if before else 0.0)
        asyncio.run(_run(addresses, Progress(Console()), allow_stuck=allow_stuck))


async def _run(addresses: Addresses, progress: Progress, *, allow_stuck: bool) -> None:
    notes: dict[str, str] = {}
    supervisor = Supervisor(progress.say, lambda: _write(supervisor, addresses, notes))
    told_to_end = asyncio.Event()
    on_signals(lambda: supervisor.end_now() if told_to_end.is_set() else told_to_end.set())
    _write(supervisor, addresses, notes)
    try:
        await _run_unless(told_to_end, Stack(addresses, supervisor, progress, notes, allow_stuck=allow_stuck).run())
    finally:
        told_to_end.set()
        with progress.step("ending (Ctrl-C again: at once)", "everything has ended"):
            await supervisor.end_all()
        delete_record()


async def _run_unless(event: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do it, or leave off when the event comes first."""
    doing, event_comes = asyncio.create_task(work), asyncio.create_task(event.wait())
    await asyncio.wait([doing, event_comes], return_when=asyncio.FIRST_COMPLETED)
    done = doing.done()
    doing.cancel()
    event_comes.cancel()
    await asyncio.wait([doing, event_comes])
    if done:
        doing.result()


def _write(supervisor: Supervisor, addresses: Addresses, notes: dict[str, str]) -> None:
    """Record what runs. On a full disk the stack goes on, and what was recorded last stays."""
    children = [record_process(child.name, child.pid, child.restarts) for child in supervisor.children if child.pid]
    ours = record_process("up", os.getpid())
    with contextlib.suppress(OSError, psutil.NoSuchProcess):
        write_record(StackRecord(ours, addresses.web, addresses.prefect, children, addresses.is_open_to_others, notes))


def _runs_already(record: StackRecord | None) -> str:
    if record is None or record.supervisor.process() is None:
        return "Tend is starting or ending in another terminal right now: try again in a few seconds."
    where = f" at {record.web}, Prefect at {record.prefect}"
    return f"Tend already runs in this checkout{where}: ./tend status shows it, ./tend down ends it."
