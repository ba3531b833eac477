"""The demo's installation: a stack of its own, whose whole state lies in `.tend/demo/` and goes with that folder."""

import contextlib
import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deployments.stack.children import last_line
from deployments.stack.command_error import CommandError
from deployments.stack.down import end_stack
from deployments.stack.paths import DEMO, HOME, LOGS, PREFECT, ROOT, make_state, replace_file
from deployments.stack.postgres import Postgres
from deployments.stack.postgres_home import remove_home
from deployments.stack.prefect_login import CLIENT, SERVER
from deployments.stack.settings import PREFECT_DEFAULTS
from deployments.stack.stack_record import StackRecord, read_record

LOCK = "demo.lock"
"""Beside the demo's folder, which comes and goes."""
PLAYED = "played"
"""In the demo's folder, once the play has come to its end."""
PORT, PREFECT_PORT = 8010, 4210
"""The first that are tried: the other installation has 8000 and 4200."""
PORTS_TRIED = 50
READY_SECONDS = 900.0
LAST_CHILDREN = {"worker", "clock"}


@dataclass(frozen=True)
class Ports:
    """Where the demo is to be reached; None is the first free one."""

    web: int | None = None
    prefect: int | None = None


@contextlib.contextmanager
def lock_demo(home: Path = HOME) -> Iterator[None]:
    """Be the only process that plays the demo or takes it away; CommandError when another one does."""
    make_state(home)
    with (home / LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            record = read_record(home / DEMO.name)
            where = f" Look at it at {record.web}/." if record else ""
            raise CommandError(f"The demo plays, or is taken away, in another terminal right now.{where}") from None
        yield


def is_there(home: Path = HOME) -> bool:
    """Whether anything of the demo is in this checkout."""
    return (home / DEMO.name).exists()


def is_played(home: Path = HOME) -> bool:
    """Whether its play has come to its end."""
    return (home / DEMO.name / PLAYED).exists()


def mark_played(home: Path = HOME) -> None:
    """Note that the play has come to its end."""
    replace_file(home / DEMO.name / PLAYED, "")


def delete_installation(home: Path = HOME) -> None:
    """End the demo's stack and delete all of its state. Repeating it after it was interrupted does the rest."""
    state = home / DEMO.name
    # Should the deletion be interrupted, what is left is no demo that could be shown.
    (state / PLAYED).unlink(missing_ok=True)
    end_stack(state)
    remove_home(state / "postgres")
    shutil.rmtree(state)


def find_or_start_stack(ports: Ports) -> StackRecord:
    """The demo's stack as it runs, or started now to go on without us; CommandError when it does not start."""
    record = read_record()
    if record and (found := record.supervisor.process()):
        return _wait_until_up(found.pid, found.is_running)
    up = _start_stack(ports)
    return _wait_until_up(up.pid, lambda: up.poll() is None)


def _wait_until_up(supervisor: int, is_running: Callable[[], bool]) -> StackRecord:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and is_running():
        record = read_record()
        # What a killed stack had written down is there until the new one writes.
        if record and record.supervisor.pid == supervisor and {one.name for one in record.children} >= LAST_CHILDREN:
            return record
        time.sleep(0.2)
    log = LOGS / "up.log"
    raise CommandError(f"The demo's stack did not start: {last_line(log)} (the whole log: {log})")


def use_stack(record: StackRecord) -> None:
    """Let this process work on the demo's database and its Prefect."""
    for name in (SERVER, CLIENT, "PREFECT_API_KEY"):
        # Meant for the other installation; the demo has no login.
        os.environ.pop(name, None)
    os.environ |= PREFECT_DEFAULTS | {
        "TEND_DATABASE_URL": Postgres(DEMO / "postgres").url(),
        "TEND_WEB_URL": record.web,
        "PREFECT_API_URL": f"{record.prefect}/api",
        "PREFECT_HOME": str(PREFECT),
        # The terminal shows what the demo tells; what flows log is in Prefect.
        "PREFECT_LOGGING_LEVEL": "ERROR",
        # What the power cuts short is played anew, so commits need not wait for the disk.
        "PGOPTIONS": "-c synchronous_commit=off",
    }


def _start_stack(ports: Ports) -> subprocess.Popen[bytes]:
    make_state()
    where = ("--port", _free_port(ports.web, PORT), "--prefect-port", _free_port(ports.prefect, PREFECT_PORT))
    with (LOGS / "up.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "deployments.command_line", "up", *where],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _free_port(wanted: int | None, first: int) -> str:
    """The port that was asked for, which `up` checks, or the first free one."""
    if wanted is not None:
        return str(wanted)
    for port in range(first, first + PORTS_TRIED):
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", port))
            return str(port)
    raise CommandError(
        f"No port from {first} to {first + PORTS_TRIED - 1} is free: name one by --port and --prefect-port."
    )
