"""What a command does to the machine: it reports to nobody, and writes nothing into the home of whoever runs it."""

import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from blocks.own_folder import keep_to_own_folder
from deployments.stack.paths import ROOT

# Python loads this before anything else: it ends a process that talks to another machine, or writes into the home.
GUARD = """
import os, sys
HOME = os.path.realpath(os.environ["HOME"])
def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        if arguments[1][0] not in ("127.0.0.1", "::1", "localhost"):
            print("GUARD: speaks to", arguments[1], flush=True)
            os._exit(97)
    if event == "socket.getaddrinfo" and arguments[0] not in (None, "127.0.0.1", "::1", "localhost", b"localhost"):
        print("GUARD: looks for", arguments[0], flush=True)
        os._exit(97)
    written = event == "open" and any(mode in str(arguments[1]) for mode in "wax+") or event == "os.mkdir"
    if written and isinstance(arguments[0], (str, bytes)):
        if os.path.realpath(os.fsdecode(arguments[0])).startswith(HOME):
            print("GUARD: writes", arguments[0], flush=True)
            os._exit(98)
sys.addaudithook(watch)
"""
TEND = (sys.executable, "-P", "-m", "deployments.command_line")
PYTHON = (sys.executable, "-c")
COMMANDS = [
    (*TEND, "--help"),
    (*TEND, "version"),
    (*TEND, "status"),
    (*TEND, "logs"),
    (*TEND, "check"),
    (*TEND, "map", "welcome"),
    (*TEND, "db-url"),
    (*TEND, "secrets"),
    (*TEND, "secrets", "prefect login"),
    (*TEND, "send-preview", "welcome", "delivery", "me@example.com"),
    (*TEND, "import", "deployments/demo/sample_leads.csv", "--source", "website"),
    (*TEND, "back-test", "deployments/playbook.yaml", "--html", os.devnull),
    (*TEND, "decay-rate"),
    (*TEND, "predict"),
    (*TEND, "split-plan", "--rate", "20%", "--lift", "5%"),
    (*TEND, "--demo", "status"),
    (sys.executable, "-P", "-m", "flows.operations.apply_playbook"),
    (*PYTHON, "import deployments.stack.deploy"),
    (*PYTHON, "import blocks.current_mailer; import web.app"),
    (*PYTHON, "import flows.operations.run_clock, flows.journeys.welcome"),
    (*PYTHON, "import deployments.demo.prefect_runs"),
    (*PYTHON, "import tests.conftest, prefect"),
]


def run_in_terminal(command: tuple[str, ...], home: Path, database: str) -> tuple[int, str]:
    """The exit code and the output of a command that a person runs: Prefect reports on those alone."""
    (home / "guard").mkdir()
    (home / "guard" / "sitecustomize.py").write_text(GUARD)
    (home / "home").mkdir()
    theirs = ("PREFECT_", "TEND_", "DO_NOT_TRACK", "MPLCONFIGDIR", "XDG_", "CI", "GITHUB_", "PYTEST_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    environment |= {"HOME": str(home / "home"), "TEND_DATABASE_URL": database, "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"PYTHONPATH": f"{home / 'guard'}:{ROOT}", "TERM": "xterm"}
    ours, theirs_end = pty.openpty()
    said = bytearray()
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=theirs_end, stdout=theirs_end, stderr=theirs_end
    )
    os.close(theirs_end)
    reader = threading.Thread(target=_read, args=(ours, said))
    reader.start()
    code = process.wait(240)
    reader.join()
    os.close(ours)
    return code, said.decode(errors="replace")


def _read(terminal: int, said: bytearray) -> None:
    try:
        while part := os.read(terminal, 4096):
            said += part
    except OSError:  # the terminal was closed at its other end
        return


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[2:])[:60])
def test_a_command_reports_to_nobody_and_writes_nothing_into_the_home(
    command: tuple[str, ...], tmp_path: Path, database_url: str
) -> None:
    code, said = run_in_terminal(command, tmp_path, database_url)
    assert code not in (97, 98), said
    assert "GUARD" not in said
    assert "Traceback" not in said, said
    assert [str(path.relative_to(tmp_path)) for path in (tmp_path / "home").rglob("*")] == []


def test_the_guard_sees_what_prefect_does_when_nobody_tells_it_otherwise(tmp_path: Path, database_url: str) -> None:
    code, said = run_in_terminal((*PYTHON, "import prefect; prefect.flow(lambda: 1)"), tmp_path, database_url)
    assert code in (97, 98) or [*(tmp_path / "home").rglob("*")], said


def test_what_the_user_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_HOME", "/elsewhere")
    monkeypatch.delenv("DO_NOT_TRACK")
    keep_to_own_folder()
    assert (os.environ["PREFECT_HOME"], os.environ["DO_NOT_TRACK"]) == ("/elsewhere", "1")
