"""The record of the running stack in `.tend/stack.json`, written by `tend up`, read by status, down and the next up.

A process is known by its number and the moment it began: numbers are given out again.
"""

import contextlib
import fcntl
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from deployments.stack.paths import STATE, replace_file


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
def lock_stack(state: Path = STATE) -> Iterator[bool]:
    """Hold the right to run this checkout's stack; yields False when another process has it.

    The lock ends with its process, however that ends.
    """
    with (state / "up.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def end_leftover_processes(record: StackRecord, grace: float = 10.0) -> list[str]:
    """End what a killed `tend up` left behind, except Postgres, which is taken over; returns the names."""
    left = [(child.name, process) for child in reversed(record.children) if (process := child.process())]
    left = [(name, process) for name, process in left if name != "postgres"]
    for _, process in left:
        _signal_group(process, signal.SIGTERM)
    _, stubborn = psutil.wait_procs([process for _, process in left], timeout=grace)
    for process in stubborn:
        _signal_group(process, signal.SIGKILL)
    return [name for name, _ in left]


def _signal_group(process: psutil.Process, number: signal.Signals) -> None:
    # Each child leads a group of its own, its flow runs included.
    with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
        if os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
