"""Paths of the checkout. All state is in `.tend/`, so that two checkouts run side by side.

The demo is an installation of its own, with all of its state in `.tend/demo/`: nothing of it is in the other one.
"""

import os
import shutil
from pathlib import Path

from deployments.stack.command_error import CommandError

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".tend"
DEMO = HOME / "demo"
# The variable of models.access.demo, which is not imported for it: commands that only look should answer at once.
IS_DEMO = bool(os.environ.get("TEND_DEMO"))
"""Whether this process works on the demo's installation."""
STATE = DEMO if IS_DEMO else HOME
"""Where all state of the installation lies that this process works on."""
POSTGRES = STATE / "postgres"
PREFECT = STATE / "prefect"
LOGS = STATE / "logs"
TEMP = STATE / "tmp"
KEPT_LOG_BYTES = 10_000_000


def make_state(state: Path = STATE) -> None:
    """Make the state folder, readable by its owner alone where it can hold secrets."""
    try:
        for folder in (state, state / "logs", state / "prefect", state / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)
            # Mails and tokens pass through the logs; the Postgres folder guards itself.
            folder.chmod(0o755 if folder == state else 0o700)
    except PermissionError as error:
        raise CommandError(
            f"{state} cannot be written by you: it belongs to {owner_of(state)}. {_mend(state)}"
        ) from error


def empty_temp_folder() -> None:
    """Remove what killed processes left there."""
    for path in TEMP.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def owner_of(path: Path) -> str:
    """Name of the user that a path belongs to; of its nearest existing parent when it is not there."""
    while not path.exists():
        path = path.parent
    try:
        return path.owner()
    except KeyError:
        return f"user number {path.stat().st_uid}"


def replace_file(path: Path, text: str) -> None:
    """Write a file so that readers see the old one or the new one, never a half."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.write_text(text)
    draft.replace(path)


def open_log(path: Path) -> int:
    """Open a log to append to; one that has grown large is put aside first, as `NAME.log.1`."""
    if path.exists() and path.stat().st_size > KEPT_LOG_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def _mend(state: Path) -> str:
    return f"Run as that user, give it away (sudo chown -R $(id -u) {state}), or use a checkout of your own."
