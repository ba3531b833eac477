"""What `tend up`, `down` and `status` see and say: ports, a stack that runs, what a killed one left behind."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from deployments.stack import register
from deployments.stack.command_error import CommandError
from deployments.stack.paths import replace_file
from deployments.stack.ports import check_port
from deployments.stack.postgres import Postgres
from deployments.stack.settings import PREFECT_DEFAULTS, Addresses, Databases, for_asyncpg, stack_environment
from deployments.stack.stack_record import (
    ProcessRecord,
    StackRecord,
    end_leftover_processes,
    lock_stack,
    read_record,
    record_process,
    write_record,
)

FOREVER = [sys.executable, "-c", "import time\nwhile True: time.sleep(60)"]
HOLD_THE_STACK = """
import sys
from pathlib import Path
from deployments.stack.stack_record import lock_stack
with lock_stack(Path(sys.argv[1])) as ours:
    print(ours, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A living process, leader of its own group, as each child of the stack is."""
    with subprocess.Popen(FOREVER, start_new_session=True) as process:
        yield process
        process.kill()


def a_record(*children: ProcessRecord) -> StackRecord:
    return StackRecord(
        record_process("up", os.getpid()), "http://127.0.0.1:8000", "http://127.0.0.1:4200", list(children)
    )


def test_a_taken_port_is_named_with_its_option_and_its_holder() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(CommandError, match=rf"Port {port} is taken.*\(process {os.getpid()}\).*--prefect-port"):
            check_port("127.0.0.1", port, "--prefect-port")
    check_port("127.0.0.1", port, "--prefect-port")


def test_an_address_that_is_not_ours_is_refused() -> None:
    with pytest.raises(CommandError, match=r"Cannot listen on 192\.0\.2\.1"):
        check_port("192.0.2.1", 8000, "--port")


def test_only_one_stack_runs_and_a_killed_one_does_not_stand_in_the_way(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD_THE_STACK, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        with lock_stack(tmp_path) as ours:
            assert not ours
        other.kill()
        other.wait()
        with lock_stack(tmp_path) as ours:
            assert ours


def test_the_record_is_read_as_it_was_written(tmp_path: Path, stranger: subprocess.Popen[bytes]) -> None:
    record = a_record(record_process("web", stranger.pid, restarts=2))
    write_record(record, tmp_path)
    assert read_record(tmp_path) == record
    process = record.children[0].process()
    assert process is not None
    assert process.pid == stranger.pid


def test_a_torn_or_foreign_record_is_no_record(tmp_path: Path) -> None:
    assert read_record(tmp_path) is None
    for text in ("", "{", "[]", '{"supervisor": 3}'):
        replace_file(tmp_path / "stack.json", text)
        assert read_record(tmp_path) is None


def test_leftovers_are_ended_but_a_stranger_with_a_reused_number_is_not(stranger: subprocess.Popen[bytes]) -> None:
    reused = ProcessRecord("web", stranger.pid, began=time.time() - 86_400)
    assert end_leftover_processes(a_record(reused)) == []
    assert stranger.poll() is None
    assert end_leftover_processes(a_record(record_process("web", stranger.pid))) == ["web"]
    assert not psutil.pid_exists(stranger.pid)


def test_postgres_is_not_a_leftover_it_is_taken_over(stranger: subprocess.Popen[bytes]) -> None:
    assert end_leftover_processes(a_record(record_process("postgres", stranger.pid))) == []
    assert psutil.pid_exists(stranger.pid)


def test_children_are_told_their_addresses_and_the_users_pace_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEND_WEB_URL", raising=False)
    monkeypatch.setenv("PREFECT_WORKER_QUERY_SECONDS", "1")
    databases = Databases("postgresql://tend@/tend?host=/s", "postgresql://tend@/prefect?host=/s")
    told = stack_environment(Addresses("::1", 8001, 4201), databases, tmp_path)
    assert told["TEND_DATABASE_URL"] == databases.tend
    assert told["TEND_WEB_URL"] == "http://[::1]:8001"
    assert told["PREFECT_API_URL"] == "http://127.0.0.1:4201/api"
    assert told["PREFECT_API_DATABASE_CONNECTION_URL"] == "postgresql+asyncpg://tend@/prefect?host=/s"
    assert told["PREFECT_WORKER_QUERY_SECONDS"] == "1" != PREFECT_DEFAULTS["PREFECT_WORKER_QUERY_SECONDS"]


def test_an_address_with_a_driver_stays_as_it_is() -> None:
    assert for_asyncpg("postgresql+asyncpg://u@h/d") == "postgresql+asyncpg://u@h/d"
    assert for_asyncpg("postgres://u@h/d") == "postgresql+asyncpg://u@h/d"


def test_prefect_is_told_again_when_its_database_is_a_new_one(postgres_server: Postgres, tmp_path: Path) -> None:
    postgres_server.create_database("prefect")
    memory = register.registration_folder(postgres_server.url("prefect"), tmp_path)
    register.mark_registered(memory)
    assert register.is_registered(register.registration_folder(postgres_server.url("prefect"), tmp_path))
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE prefect")
    postgres_server.create_database("prefect")
    assert not register.is_registered(register.registration_folder(postgres_server.url("prefect"), tmp_path))


def test_prefect_is_told_again_when_a_flow_changed(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "one.py").write_text("a = 1")
    before = register.signature(tmp_path)
    assert register.signature(tmp_path) == before
    (tmp_path / "flows" / "one.py").write_text("a = 2")
    assert register.signature(tmp_path) != before


@pytest.mark.parametrize("command", [["status"], ["db-url"], ["version"], ["--help"]])
def test_commands_answer_without_loading_prefect(command: list[str]) -> None:
    code = (
        "import sys; from deployments.command_line import app\n"
        "try: app(sys.argv[1:])\n"
        "finally: print('prefect' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], check=False, capture_output=True, text=True)
    assert done.stdout.endswith("False\n")
    assert "Traceback" not in done.stderr
