"""An embedded Postgres server: its own data folder, a Unix socket, no TCP, nothing to install first.

Whether it is up is judged by connecting, never by a pid file. Any process may call start(); a file lock lets one of
them act, and the others find its server. The server outlives the process that started it, unless it is not durable.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from deployments.stack.command_error import CommandError
from deployments.stack.launch import bind_to_parent
from deployments.stack.paths import open_log
from deployments.stack.postgres_home import PostgresHome, make_home, socket_folder

USER = "tend"
NEEDED_BYTES = 200_000_000
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# Nothing is lost by a crash of the server or the machine. What tests write may be lost.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
# There rows also lie in the order in which they were written, which a vacuum would change.
VOLATILE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "autovacuum": "off",
}
# What a start says while the remains of a killed server are still going away: try again.
TRANSIENT_FAULTS = ("lock file", "pre-existing shared memory block")
RETRY_SECONDS = 30.0
# Recovery after a crash replays up to max_wal_size.
READY_SECONDS = 180.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.02


class StillStarting(CommandError):
    """The server lives and takes no connections yet."""


class Postgres:
    """The server of one folder; durable=False is for tests: quick, and it ends with the process that started it."""

    def __init__(self, folder: Path, durable: bool = True) -> None:
        self.folder = folder.absolute()
        self.durable = durable
        self._started: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "postgres.log"

    def url(self, database: str = "tend") -> str:
        """The libpq address of a database, whether the server is up or not."""
        return f"postgresql://{USER}@/{quote(database)}?host={quote(str(socket_folder(self.folder)), safe='/')}"

    def is_up(self) -> bool:
        """Whether it takes connections right now."""
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError as error:
            return "too many clients" in str(error)
        return True

    def process(self) -> psutil.Process | None:
        """The server's first process, also while it still starts or already ends; None when there is none."""
        if self._started is not None:
            self._started.poll()  # so that one that died is not taken for a living one
        try:
            found = psutil.Process(int((self._data / "postmaster.pid").read_text().split()[0]))
            return found if str(self._data) in found.cmdline() else None
        except (OSError, ValueError, IndexError, psutil.Error):
            return None

    def start(self) -> None:
        """See to it that the server is up: found running, or started, or made first. CommandError when it cannot be."""
        with _as_command_error(self.folder):
            home = make_home(self.folder)
            with self._locked(home):
                if not self.is_up():
                    _check_room(home.folder)
                    self._initialise(home)
                    self._launch(home)

    def stop(self, hurry: bool = False) -> None:
        """End the server in order, without waiting for its clients; at once and with recovery later if in a hurry."""
        found = self.process()
        if found is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                found.send_signal(signal.SIGQUIT if hurry else signal.SIGINT)
                self._wait_for_end(found)
        if self._started is not None:
            self._started.wait()
            self._started = None

    def create_database(self, name: str) -> None:
        """Make a database; one that exists stays as it is, also when two make it at once."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    @property
    def _data(self) -> Path:
        return self.folder.resolve() / "data"

    @contextlib.contextmanager
    def _locked(self, home: PostgresHome) -> Iterator[None]:
        with (home.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _initialise(self, home: PostgresHome) -> None:
        """Make the cluster under another name first: what was interrupted is never taken for a cluster."""
        for draft in home.folder.glob("data.new-*"):
            shutil.rmtree(draft)
        if home.data.exists():
            return
        draft = home.folder / f"data.new-{os.getpid()}"
        options = ["--username", USER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions"]
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", *([] if self.durable else ["--no-sync"])]
        command = [str(home.binaries / "initdb"), "--pgdata", str(draft), *options]
        made = subprocess.run(command, cwd="/", capture_output=True, text=True, **home.user.subprocess_options)
        if made.returncode:
            raise CommandError(_explain(made.stderr, home.folder))
        draft.rename(home.data)

    def _launch(self, home: PostgresHome) -> None:
        self._reap()
        retry_until = time.monotonic() + RETRY_SECONDS
        while True:
            said_before = self.log.stat().st_size if self.log.exists() else 0
            if self._attempt(home):
                return
            said = self.log.read_bytes()[said_before:].decode(errors="replace")
            if not any(fault in said for fault in TRANSIENT_FAULTS) or time.monotonic() > retry_until:
                raise CommandError(_explain(said, home.folder))
            time.sleep(0.1)

    def _reap(self) -> None:
        """Take leave of a server of ours that died; to the next one it would look alive."""
        if self._started is None:
            return
        try:
            self._started.wait(RETRY_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise StillStarting(
                f"Postgres (process {self._started.pid}) runs but takes no connections: see {self.log}."
            ) from error

    def _attempt(self, home: PostgresHome) -> bool:
        """Start it once; True when it is up, False when it gave up."""
        self._started = self._spawn(home)
        give_up = time.monotonic() + READY_SECONDS
        while self._started.poll() is None:
            if self.is_up():
                return True
            if time.monotonic() > give_up:
                raise StillStarting(f"Postgres still takes no connections after {READY_SECONDS:.0f} s: see {self.log}.")
            time.sleep(POLL_SECONDS)
        return False

    def _spawn(self, home: PostgresHome) -> subprocess.Popen[bytes]:
        settings = SETTINGS | (DURABLE if self.durable else VOLATILE)
        settings["unix_socket_directories"] = str(socket_folder(home.folder))
        command = [str(home.binaries / "postgres"), "-D", str(home.data)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        user, group = (home.user.uid, home.user.gid) if home.user.subprocess_options else (-1, -1)
        at_our_death = 0 if self.durable else int(signal.SIGQUIT)
        said = open_log(self.log)
        try:
            # A session of its own: Ctrl-C in the terminal is for us, and we end the server last.
            return subprocess.Popen(
                bind_to_parent(command, at_our_death, user, group),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        finally:
            os.close(said)

    def _wait_for_end(self, found: psutil.Process) -> None:
        try:
            found.wait(STOP_SECONDS)
        except psutil.TimeoutExpired:
            found.send_signal(signal.SIGQUIT)
            found.wait(STOP_SECONDS)


@contextlib.contextmanager
def _as_command_error(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CommandError(_explain(str(error), folder)) from error


def _check_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise CommandError(
            f"The disk of {folder} is full: {free // 1_000_000} MB are free and Postgres needs "
            f"{NEEDED_BYTES // 1_000_000} MB to start. Make room and try again; nothing was changed."
        )


def _explain(said: str, folder: Path) -> str:
    if "No space left on device" in said:
        return f"The disk of {folder} is full and Postgres cannot start: make room and try again."
    lines = [line for line in said.splitlines() if "FATAL" in line or "rror:" in line] or said.splitlines()[-1:]
    reason = lines[-1].strip() if lines else "it said nothing"
    return f"Postgres did not start: {reason} (data folder {folder}, log {folder / 'postgres.log'})."
