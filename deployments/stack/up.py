"""`tend up`: starts the whole stack in this terminal and keeps it running until Ctrl-C or `tend down`."""

import asyncio
import os
from collections.abc import Coroutine
from typing import Any

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


def up(addresses: Addresses) -> None:
    """Run the stack until told to end; CommandError when it runs already or cannot start."""
    addresses.check()
    make_state()
    with lock_stack() as ours:
        before = read_record()
        if not ours:
            raise CommandError(_runs_already(before))
        if before:
            end_leftover_processes(before)
        empty_temp_folder()
        check_port(addresses.host, addresses.port, "--port")
        check_port("127.0.0.1", addresses.prefect_port, "--prefect-port")
        asyncio.run(_run(addresses, Progress(Console())))


async def _run(addresses: Addresses, progress: Progress) -> None:
    supervisor = Supervisor(progress.say, lambda: _write(supervisor, addresses))
    told_to_end = asyncio.Event()
    on_signals(lambda: supervisor.end_now() if told_to_end.is_set() else told_to_end.set())
    _write(supervisor, addresses)
    try:
        if await _run_unless(told_to_end, Stack(addresses, supervisor, progress).start()):
            progress.up(addresses)
            await _run_unless(told_to_end, supervisor.wait_for_failure())
    finally:
        told_to_end.set()
        with progress.step("ending (Ctrl-C again: at once)", "everything has ended"):
            await supervisor.end_all()
        delete_record()


async def _run_unless(event: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
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
    children = [record_process(child.name, child.pid, child.restarts) for child in supervisor.children if child.pid]
    ours = record_process("up", os.getpid())
    write_record(StackRecord(ours, addresses.web, addresses.prefect, children, addresses.is_open_to_others))


def _runs_already(record: StackRecord | None) -> str:
    where = f" at {record.web}, Prefect at {record.prefect}" if record else ""
    return f"Tend already runs in this checkout{where}: ./tend status shows it, ./tend down ends it."
