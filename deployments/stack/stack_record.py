"""The record of the running stack in `.tend/stack.json`, written by `tend up`, read by status, down and the next up.

A process is known by its number and the moment it began: numbers are given out again.
"""

import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TextIO

import psutil

from deployments.stack.paths import STATE, replace_file

POLL_SECONDS = 0.1


@dataclass(frozen=True)
class ProcessRecord:
    """One process of the stack."""

    name: str
    pid: int
    began: float
    restarts: int = 0

    def process(self) -> psutil.Process | None:
        """The process if it still is that one, else None."""
        try:
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.began) < 1 and found.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return None
        return found if same else None


@dataclass(frozen=True)
class StackRecord:
    """The stack: who supervises it, where it is reached, its processes in the order they were started."""

    supervisor: ProcessRecord
    web: str
    prefect: str
    children: list[ProcessRecord] = field(default_factory=list)
    has_login: bool = False
    """Whether pages for ops and Prefect ask for a password."""
    notes: dict[str, str] = field(default_factory=dict)
    """What a person should know of a service that is not up, by its name."""


def record_process(name: str, pid: int, restarts: int = 0) -> ProcessRecord:
    """A living process, to be recorded."""
    return ProcessRecord(name, pid, psutil.Process(pid).create_time(), restarts)


def write_record(record: StackRecord, state: Path = STATE) -> None:
    """Replace what is recorded."""
    replace_file(state / "stack.json", json.dumps(asdict(record), indent=1))


def read_record(state: Path = STATE) -> StackRecord | None:
    """What was recorded last; None when nothing was, or what is there is no record."""
    try:
        found = json.loads((state / "stack.json").read_text())
        supervisor = ProcessRecord(**found.pop("supervisor"))
        children = [ProcessRecord(**child) for child in found.pop("children")]
        return StackRecord(supervisor=supervisor, children=children, **found)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def delete_record(state: Path = STATE) -> None:
    """Nothing runs any more."""
    (state / "stack.json").unlink(missing_ok=True)


@contextlib.contextmanager
def lock_stack(state: Path = STATE, patience: float = 0.0) -> Iterator[bool]:
    """Hold the right to run this checkout's stack; yields False when another process has it.

    The lock ends with its process, however that ends. With patience, in seconds, it is waited for as long as no living
    supervisor is recorded: then somebody ends what a killed one left, or is about to start.
    """
    give_up = time.monotonic() + patience
    with (state / "up.lock").open("a") as file:
        while not (ours := _try_lock(file)) and time.monotonic() < give_up and not _is_supervised(state):
            time.sleep(POLL_SECONDS)
        yield ours


def _try_lock(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_supervised(state: Path) -> bool:
    record = read_record(state)
    return record is not None and record.supervisor.process() is not None


def end_leftover_processes(record: StackRecord, grace: float = 10.0) -> list[str]:
    """End what a killed `tend up` left behind, except Postgres, which is taken over; returns the names."""
    left = [(child.name, process) for child in reversed(record.children) if (process := child.process())]
    left = [(name, process) for name, process in left if name != "postgres" and process.pid != os.getpid()]
    for _, process in left:
        _signal_group(process, signal.SIGTERM)
    _, stubborn = psutil.wait_procs([process for _, process in left], timeout=grace)
    for process in stubborn:
        _signal_group(process, signal.SIGKILL)
    psutil.wait_procs(stubborn, timeout=grace)
    return [name for name, _ in left]


def end_leftover_postgres(record: StackRecord, grace: float = 10.0) -> None:
    """Shut down in order the Postgres that a killed `tend up` left behind."""
    left = [process for child in record.children if child.name == "postgres" and (process := child.process())]
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGINT)
    psutil.wait_procs(left, timeout=grace)


def _signal_group(process: psutil.Process, number: signal.Signals) -> None:
    # Each child leads a group of its own, its flow runs included.
    with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
        if os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)


def use_pages() -> None:
    """Let this process make links to the pages that run here, unless TEND_WEB_URL says where they are."""
    if record := read_record():
        os.environ.setdefault("TEND_WEB_URL", record.web)
