"""`tend down`: ends the stack of this checkout, or the processes that a killed one left behind."""

import contextlib
import time

import psutil

from deployments.stack.command_error import CommandError
from deployments.stack.paths import POSTGRES, STATE
from deployments.stack.postgres import Postgres
from deployments.stack.stack_record import delete_record, end_leftover_processes, lock_stack, read_record

TIMEOUT_SECONDS = 90.0
POLL_SECONDS = 0.1


def down() -> str:
    """End it and wait until it has; returns what was found, in a sentence."""
    if not STATE.exists():
        return "Nothing runs here."
    with lock_stack() as free:
        if free:
            return _end_what_is_left()
    _ask_to_end()
    return "Tend has ended."


def _end_what_is_left() -> str:
    record = read_record()
    left = end_leftover_processes(record) if record else []
    server = Postgres(POSTGRES)
    if server.process():
        server.stop()
        left.append("postgres")
    delete_record()
    return f"Ended what a killed ./tend up had left behind: {', '.join(left)}." if left else "Nothing runs here."


def _ask_to_end() -> None:
    record = read_record()
    supervisor = record.supervisor.process() if record else None
    if supervisor is None:
        raise CommandError("Tend is starting or ending in another terminal right now: try again in a few seconds.")
    with contextlib.suppress(psutil.NoSuchProcess):
        supervisor.terminate()
    give_up = time.monotonic() + TIMEOUT_SECONDS
    while supervisor.is_running() and supervisor.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > give_up:
            raise CommandError(
                f"Tend (process {supervisor.pid}) has not ended after {TIMEOUT_SECONDS:.0f} s: end it by hand."
            )
        time.sleep(POLL_SECONDS)
