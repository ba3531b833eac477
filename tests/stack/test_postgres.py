"""The embedded Postgres: one server per folder, whatever was killed, interrupted or started at once."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from deployments.stack import postgres
from deployments.stack.command_error import CommandError
from deployments.stack.postgres import Postgres
from deployments.stack.postgres_home import LONGEST_SOCKET_PATH, SOCKET_NAME, socket_folder
from tests.support.servers.server_folder import server_folder

START = """
import sys
from pathlib import Path
from deployments.stack.postgres import Postgres
Postgres(Path(sys.argv[1])).start()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place for one server, which is ended."""
    with server_folder() as folder:
        yield folder
        Postgres(folder).stop(hurry=True)


def in_another_process(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", START, str(folder)], start_new_session=True)


def eventually(condition: Callable[[], bool], within: float = 20) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "It did not come true in time."
        time.sleep(0.02)


def servers_of(folder: Path) -> list[int]:
    """Processes that were started as the server of this folder; its workers have other titles."""
    return [p.pid for p in psutil.process_iter(["cmdline"]) if str(folder / "data") in (p.info["cmdline"] or [])]


def postmaster(server: Postgres) -> int:
    process = server.process()
    assert process is not None
    return int(process.pid)


def ask(server: Postgres, query: str, database: str = "postgres") -> str:
    with psycopg.connect(server.url(database), autocommit=True) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[call-overload]
        return str(row[0]) if row else ""


def test_a_new_server_takes_connections_and_keeps_what_it_was_given(folder: Path) -> None:
    server = Postgres(folder, durable=False)
    server.start()
    server.create_database("tend")
    server.create_database("tend")
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE note (said text)")
        connection.execute("INSERT INTO note VALUES ('kept')")
    server.stop()
    assert not server.is_up()
    server.start()
    assert ask(server, "SELECT said FROM note", "tend") == "kept"
    server.stop()


def test_a_durable_server_writes_safely_and_listens_on_no_port(folder: Path) -> None:
    server = Postgres(folder)
    server.start()
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert ask(server, f"SHOW {setting}") == "on"
    assert ask(server, "SHOW listen_addresses") == ""
    assert socket_folder(folder).stat().st_mode & 0o077 == 0
    server.stop()


def test_four_processes_that_start_at_once_share_one_server(folder: Path) -> None:
    starters = [in_another_process(folder) for _ in range(4)]
    assert [starter.wait(60) for starter in starters] == [0, 0, 0, 0]
    assert Postgres(folder).is_up()
    assert len(servers_of(folder)) == 1


def test_a_server_killed_outright_comes_back_with_its_data(folder: Path) -> None:
    server = Postgres(folder)
    server.start()
    server.create_database("tend")
    os.kill(postmaster(server), signal.SIGKILL)
    server.start()
    assert ask(server, "SELECT count(*) FROM pg_database WHERE datname = 'tend'") == "1"
    server.stop()


def test_an_interrupted_first_start_heals_itself(folder: Path) -> None:
    starter = in_another_process(folder)
    eventually(lambda: any(folder.glob("data.new-*/base")))
    os.killpg(starter.pid, signal.SIGKILL)
    starter.wait()
    server = Postgres(folder)
    server.start()
    assert server.is_up()
    assert not list(folder.glob("data.new-*"))
    server.stop()


def test_a_durable_server_outlives_its_starter_and_another_process_ends_it(folder: Path) -> None:
    assert in_another_process(folder).wait(60) == 0
    found = Postgres(folder)
    assert found.is_up()
    found.stop()
    assert servers_of(folder) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_passing_server_ends_with_the_process_that_started_it(folder: Path) -> None:
    brief = START.replace("Path(sys.argv[1])", "Path(sys.argv[1]), durable=False")
    assert subprocess.run([sys.executable, "-c", brief, str(folder)], check=False).returncode == 0
    eventually(lambda: servers_of(folder) == [])


def test_a_stale_pid_file_that_names_a_living_stranger_is_no_server(folder: Path) -> None:
    server = Postgres(folder)
    server.start()
    pid_file = folder / "data" / "postmaster.pid"
    stale = pid_file.read_text().replace(str(postmaster(server)), str(os.getpid()), 1)
    server.stop()
    pid_file.write_text(stale)
    assert server.process() is None
    server.stop()


def test_a_folder_with_a_long_path_still_gets_a_socket(folder: Path) -> None:
    server = Postgres(folder / ("long" * 30) / "postgres", durable=False)
    socket = socket_folder(server.folder)
    assert len(str(socket / SOCKET_NAME)) <= LONGEST_SOCKET_PATH
    folder.mkdir()
    folder.chmod(0o755)
    server.start()
    assert server.is_up()
    server.stop()
    shutil.rmtree(socket)


def test_a_full_disk_is_said_in_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "NEEDED_BYTES", 10**18)
    with pytest.raises(CommandError, match="is full"):
        Postgres(folder).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder that belongs to someone else")
def test_a_folder_of_someone_else_is_refused_by_name(folder: Path) -> None:
    folder.mkdir()
    os.seteuid(65534)
    try:
        with pytest.raises(CommandError, match="belongs to root"):
            Postgres(folder).start()
    finally:
        os.seteuid(0)
