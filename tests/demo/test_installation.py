"""The demo's installation: one process plays or removes it at a time, and it goes whole, whatever was killed before."""

import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from rich.console import Console

from deployments.demo.installation import delete_installation, is_played, is_there, lock_demo, mark_played
from deployments.demo.remove import remove_demo
from deployments.stack.command_error import CommandError
from deployments.stack.paths import make_state
from deployments.stack.postgres import Postgres
from deployments.stack.stack_record import StackRecord, record_process, write_record
from tests.support.paths import ROOT
from tests.support.servers.server_folder import server_folder

FOREVER = [sys.executable, "-c", "import time\nwhile True: time.sleep(60)"]
PLAY = """
import sys
from pathlib import Path
from deployments.demo.installation import lock_demo
with lock_demo(Path(sys.argv[1])):
    print("plays", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """The folder of a checkout's state."""
    # Not in pytest's own folder: as root, the server's unprivileged user could not reach it there.
    with server_folder() as folder:
        make_state(folder)
        yield folder


def remove(home: Path) -> str:
    """What is said when the demo is taken away without asking."""
    said = StringIO()
    remove_demo(Console(file=said, width=200), without_asking=True, home=home)
    return said.getvalue()


def processes_of(folder: Path) -> list[str]:
    """Command lines of what still works on that folder."""
    found = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in found.splitlines() if str(folder) in line]


def test_a_killed_demo_goes_with_its_processes_its_server_and_its_data_and_nothing_else(home: Path) -> None:
    own = Postgres(home / "postgres", durable=False)
    demos = Postgres(home / "demo" / "postgres")
    make_state(home / "demo")
    try:
        for server in (own, demos):
            server.start()
            server.create_database("tend")
        with subprocess.Popen(FOREVER, start_new_session=True) as web:
            # Its `up` was killed: only what it had written down is left.
            supervisor = record_process("up", web.pid)
            record = StackRecord(supervisor, "http://x", "http://y", [record_process("web", web.pid)])
            write_record(record, home / "demo")
            assert "The demo is gone" in remove(home)
            web.wait(10)
        assert not is_there(home)
        assert not processes_of(home / "demo")
        psycopg.connect(own.url()).close()
        assert remove(home) == ""
    finally:
        demos.stop(hurry=True)
        own.stop(hurry=True)


def test_a_removal_that_was_interrupted_leaves_no_demo_that_could_be_shown(home: Path) -> None:
    make_state(home / "demo")
    mark_played(home)
    assert is_played(home)
    server = Postgres(home / "demo" / "postgres")
    server.start()
    server.stop()
    # The folder of the data went, and then the power.
    (home / "demo" / "played").unlink()
    assert is_there(home)
    assert not is_played(home)
    delete_installation(home)
    assert not is_there(home)


def test_two_demos_do_not_play_at_once_and_none_is_removed_while_it_plays(home: Path) -> None:
    command = [sys.executable, "-P", "-c", PLAY, str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "plays\n"
        for act in (lambda: lock_demo(home).__enter__(), lambda: remove(home)):
            with pytest.raises(CommandError, match="in another terminal right now"):
                act()
        other.kill()
        other.wait()
    with lock_demo(home):
        pass


def test_nothing_is_removed_where_nobody_can_be_asked(home: Path) -> None:
    make_state(home / "demo")
    with pytest.raises(CommandError, match="--yes"):
        remove_demo(Console(quiet=True), without_asking=False, home=home)
    assert is_there(home)


def db_url(*options: str) -> str:
    """The address that is told to somebody who has named a database."""
    named = {"TEND_DATABASE_URL": "postgresql://named.example/tend?connect_timeout=1", "TEND_DEMO": ""}
    command = [sys.executable, "-P", "-m", "deployments.command_line", *options, "db-url"]
    done = subprocess.run(command, env=os.environ | named, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout


def test_the_demo_has_a_server_of_its_own_whatever_database_the_user_has_named() -> None:
    assert "named.example" in db_url()
    assert "host=/" in db_url("--demo")
    assert "named.example" not in db_url("--demo")
