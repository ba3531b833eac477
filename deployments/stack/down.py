"""`tend down`: ends the stacks of this checkout, or the processes that killed ones left behind."""

import contextlib
import time
from pathlib import Path

import psutil

from deployments.stack.command_error import CommandError
from deployments.stack.paths import DEMO, HOME, IS_DEMO
from deployments.stack.postgres import Postgres
from deployments.stack.stack_record import delete_record, end_leftover_processes, lock_stack, read_record

TIMEOUT_SECONDS = 90.0
POLL_SECONDS = 0.1
# What a killed supervisor left is ended within five seconds.
LOCK_SECONDS = 10.0


def down() -> str:
    """End all that runs here, the demo too, and wait until it has; returns what was found, in a sentence or two."""
    stacks = {"The demo": DEMO} if IS_DEMO else {"The demo": DEMO, "Tend": HOME}
    found = {name: end_stack(state) for name, state in stacks.items()}
    return " ".join(f"{name} {what}." for name, what in found.items() if what) or "Nothing runs here."


def end_stack(state: Path) -> str:
    """End the stack with this state and wait until it has; returns what became of it, or nothing if nothing ran."""
    if not state.exists():
        return ""
    with lock_stack(state, LOCK_SECONDS) as free:
        if free:
            return _end_what_is_left(state)
    _ask_to_end(state)
    return "has ended"


def _end_what_is_left(state: Path) -> str:
    record = read_record(state)
    left = end_leftover_processes(record) if record else []
    server = Postgres(state / "postgres")
    if server.process():
        server.stop()
        left.append("postgres")
    delete_record(state)
    return f"was killed before, and what it had left behind has ended: {', '.join(left)}" if left else ""


def _ask_to_end(state: Path) -> None:
    record = read_record(state)
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
