"""A clock needs a session of its own in Postgres: behind a pooler that shares sessions it refuses to start."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from deployments.stack.command_error import CommandError
from deployments.stack.database_address import find_fault
from models.session_check import SharedSession, require_own_session
from tests.support.servers.ports import free_port

PGBOUNCER = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/opt/homebrew/bin")
CONFIGURATION = """
[databases]
tend = host={host} user=tend
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
logfile = {folder}/pgbouncer.log
pidfile = {folder}/pgbouncer.pid
ignore_startup_parameters = extra_float_digits
server_round_robin = {round_robin}
"""

Pool = Callable[..., str]


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    """Starts a real PgBouncer in that mode before the database of the test, and gives its address."""
    if PGBOUNCER is None:
        pytest.skip("pgbouncer is not installed")
    started: list[subprocess.Popen[bytes]] = []
    host = parse_qs(urlsplit(database_url).query)["host"][0]

    def start(mode: str, round_robin: int = 0) -> str:
        folder, port = Path(f"/tmp/tend-pool-{free_port()}"), free_port()
        folder.mkdir(mode=0o777)
        folder.chmod(0o777)
        text = CONFIGURATION.format(host=host, port=port, mode=mode, folder=folder, round_robin=round_robin)
        (folder / "pgbouncer.ini").write_text(text)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        # As root it gives up its rights, and as whom it runs has to reach the socket.
        as_owner = ["-u", Path(host).owner()] if os.geteuid() == 0 else []
        started.append(subprocess.Popen([PGBOUNCER, *as_owner, str(folder / "pgbouncer.ini")], **quiet))
        folders.append(folder)
        address = f"postgresql://tend:secret@127.0.0.1:{port}/tend"
        give_up = time.monotonic() + 20
        while time.monotonic() < give_up:
            try:
                psycopg.connect(address, connect_timeout=3).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return address
        raise AssertionError((folder / "pgbouncer.log").read_text())

    folders: list[Path] = []
    yield start
    for process in started:
        process.kill()
        process.wait()
    for folder in folders:
        shutil.rmtree(folder)


def test_a_direct_address_is_taken_again_and_again(database_url: str) -> None:
    for _ in range(20):
        require_own_session(database_url)


@pytest.mark.parametrize(("mode", "round_robin"), [("transaction", 0), ("transaction", 1), ("statement", 0)])
def test_a_pooler_that_shares_sessions_is_refused_with_what_to_do(pool: Pool, mode: str, round_robin: int) -> None:
    address = pool(mode, round_robin)
    for _ in range(2):
        with pytest.raises(SharedSession, match="Name the address of Postgres itself") as refused:
            require_own_session(address)
        assert "secret" not in str(refused.value)


def test_a_pooler_that_keeps_sessions_is_as_good_as_a_direct_address(pool: Pool) -> None:
    address = pool("session")
    for _ in range(2):
        require_own_session(address)


def test_tend_up_refuses_it_by_the_name_of_the_variable(pool: Pool) -> None:
    with pytest.raises(CommandError, match="TEND_DATABASE_URL"):
        find_fault(pool("transaction"), "TEND_DATABASE_URL")


def test_a_database_that_is_away_is_waited_for_and_a_wrong_name_is_not(database_url: str) -> None:
    away = find_fault("postgresql://tend@127.0.0.1:1/tend", "TEND_DATABASE_URL")
    assert away.startswith("The database takes no connections yet")
    with pytest.raises(CommandError, match="check TEND_DATABASE_URL"):
        find_fault(database_url.replace("/tend?", "/no_such?"), "TEND_DATABASE_URL")
