"""A Postgres server for the time of one command: it ends with this process, even if that is killed, and its data goes
with it or is removed by the next one.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deployments.stack.paths import STATE, make_state
from deployments.stack.postgres import Postgres
from deployments.stack.postgres_home import remove_home

FOLDER = "throw-away"
IN_USE = ".lock"


@contextmanager
def throw_away_server(state: Path = STATE) -> Iterator[Postgres]:
    """An empty server of our own. Several may run side by side."""
    make_state(state)
    place = state / FOLDER
    place.mkdir(exist_ok=True)
    remove_abandoned(place)
    folder = place / str(os.getpid())
    with (place / f"{folder.name}{IN_USE}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = Postgres(folder, durable=False)
        try:
            server.start()
            yield server
        finally:
            server.stop(hurry=True)
            _remove(place, folder.name)


def remove_abandoned(place: Path) -> None:
    """Remove the data of processes that were killed: nobody holds the lock beside it."""
    for lock in place.glob(f"*{IN_USE}"):
        with suppress(OSError), lock.open("r") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            name = lock.name.removesuffix(IN_USE)
            # It ends with its process; a moment later it may still be ending.
            Postgres(place / name, durable=False).stop(hurry=True)
            _remove(place, name)


def _remove(place: Path, name: str) -> None:
    folder = place / name
    if folder.exists():
        remove_home(folder)
    shutil.rmtree(folder, ignore_errors=True)
    (place / f"{name}{IN_USE}").unlink(missing_ok=True)
