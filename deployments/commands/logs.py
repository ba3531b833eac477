"""`tend logs`: the last lines of one log or of all, and with --follow the new ones."""

import time
from collections.abc import Iterator
from pathlib import Path

from deployments.stack.command_error import CommandError
from deployments.stack.paths import LOGS, POSTGRES

LINES = 100
READ_BYTES = 100_000
POLL_SECONDS = 0.2


def log_files() -> dict[str, Path]:
    """The logs that are there, by name."""
    found = {path.stem: path for path in sorted(LOGS.glob("*.log"))}
    postgres = POSTGRES / "postgres.log"
    return found | ({"postgres": postgres} if postgres.exists() else {})


def select_logs(name: str | None) -> dict[str, Path]:
    """The log of that name, or all without one. Raises CommandError when there is none."""
    files = log_files()
    if not files:
        raise CommandError("There are no logs yet: ./tend up writes them.")
    if name is None:
        return files
    if name not in files:
        raise CommandError(f"There is no log named '{name}': there are {', '.join(files)}.")
    return {name: files[name]}


def read_last_lines(path: Path) -> str:
    """The end of a log."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - READ_BYTES))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-LINES:])


def follow(files: dict[str, Path]) -> Iterator[tuple[str, str]]:
    """Yields what is appended from now on as (log name, text); never ends."""
    read = {name: path.stat().st_size for name, path in files.items()}
    while True:
        for name, path in files.items():
            if text := _new_text(path, read[name]):
                yield name, text.decode(errors="replace").rstrip("\n")
            read[name] = min(read[name], path.stat().st_size) + len(text)
        time.sleep(POLL_SECONDS)


def _new_text(path: Path, start: int) -> bytes:
    """The bytes from `start` on; all of them when the log was rotated and is shorter now."""
    with path.open("rb") as file:
        file.seek(start if start <= path.stat().st_size else 0)
        return file.read()
