"""The other tools: in an environment of their own, on the same server, each with the settings it did best with."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from bench import population
from bench.server import drop_database, fresh_database
from bench.weeks import Measurement
from deployments.stack.paths import ROOT, STATE

TOOLS = ROOT / "bench" / "other_tools"
DBOS_WORKERS = 8
ABSURD_PROCESSES, ABSURD_WORKERS = 2, 4


def measure_dbos(contacts: int) -> Measurement:
    """One process of DBOS."""
    return _run("dbos", contacts, DBOS_WORKERS)


def measure_absurd(contacts: int) -> Measurement:
    """Two processes with four workers each."""
    return _run("absurd", contacts, ABSURD_PROCESSES, ABSURD_WORKERS)


def _run(tool: str, contacts: int, *settings: int) -> Measurement:
    """In a database with Tend's tables, so that the outbox has the same indexes, keys and triggers."""
    address = fresh_database(f"bench_{tool}")
    population.create_contacts(address, contacts)
    command = [str(tools_python()), str(TOOLS / f"on_{tool}.py"), address, str(contacts), *map(str, settings)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"The yardstick {tool} failed: {done.stderr.strip()}")
    mails = population.count_messages(address)
    if mails != 5 * contacts:
        raise RuntimeError(f"The yardstick {tool} wrote {mails:,} mails, expected {5 * contacts:,}.")
    drop_database(f"bench_{tool}")
    return Measurement(**json.loads(done.stdout.splitlines()[-1]))


@cache
def tools_python() -> Path:
    """The interpreter that has the tools: TEND_BENCH_PYTHON, or one made in .tend/bench-venv on first use."""
    if named := os.environ.get("TEND_BENCH_PYTHON"):
        return Path(named)
    environment = STATE / "bench-venv"
    interpreter = environment / "bin" / "python"
    wanted = (TOOLS / "requirements.txt").read_text()
    made_for = environment / "made-for.txt"
    if not made_for.exists() or made_for.read_text() != wanted:
        print("making .tend/bench-venv for the yardsticks (about a minute) ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(environment)], check=True)
        install = [
            str(interpreter),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--requirement",
            str(TOOLS / "requirements.txt"),
        ]
        subprocess.run(install, check=True)
        made_for.write_text(wanted)
    return interpreter
