"""Where the servers of tests keep their data: in memory where there is room for it."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

IN_MEMORY = Path("/dev/shm")
NEEDED_BYTES = 2_000_000_000
PREFIX = "tend-tests-"


@contextmanager
def server_folder() -> Iterator[Path]:
    """A folder for one server, gone afterwards. Not pytest's tmp_path: a server that root starts cannot reach that."""
    place = _place()
    _remove_abandoned(place)
    parent = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
    parent.chmod(0o755)
    with (parent / "new").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (parent / "new").rename(parent / "in_use")  # only now: unlocked it would look abandoned
        try:
            yield parent / "postgres"
        finally:
            shutil.rmtree(parent)


def _place() -> Path:
    if os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > NEEDED_BYTES:
        return IN_MEMORY
    return Path(tempfile.gettempdir())


def _remove_abandoned(place: Path) -> None:
    """Remove what tests left that were killed: the lock of such a folder is free."""
    for lock in place.glob(f"{PREFIX}*/in_use"):
        with suppress(OSError), lock.open("r") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent)
