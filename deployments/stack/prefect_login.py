"""The login of Prefect's server: one name and password for its pages, its API, and every process that asks it.

It lies in a file beside Prefect's own, which its owner alone can read, and goes on by environment variables, so that it
stands in no list of processes, log or address.
"""

import contextlib
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from deployments.stack.paths import PREFECT

LOGIN = PREFECT / "login"
SERVER, CLIENT = "PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_AUTH_STRING"
USER = "ops"


def prefect_login(path: Path = LOGIN) -> str:
    """`ops:PASSWORD`, as Prefect's page for the login wants it; made at the first use."""
    if not path.exists():
        # Of two who make it at the same time one comes first, and both read that.
        with contextlib.suppress(FileExistsError):
            _write(path, os.link)
    return path.read_text().strip()


def renew_prefect_login(path: Path = LOGIN) -> str:
    """Another password, in force with the next `./tend up`."""
    _write(path, os.replace)
    return path.read_text().strip()


def known_prefect_login(path: Path = LOGIN) -> str | None:
    """The login, if this installation ever had one."""
    return path.read_text().strip() if path.exists() else None


def login_environment(environment: Mapping[str, str], *, is_needed: bool) -> dict[str, str]:
    """What server and clients are told. A login that the user set for the server wins; without need there is none."""
    login = environment.get(SERVER) or (prefect_login() if is_needed else "")
    return {SERVER: login, CLIENT: login} if login else {}


def _write(path: Path, put: Callable[[Path, Path], None]) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{USER}:{secrets.token_urlsafe(32)}\n")
        put(draft, path)
    finally:
        draft.unlink(missing_ok=True)
