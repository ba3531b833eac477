"""The real stack, started from a copy of the checkout, so that its state is its own: to be watched and maltreated."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from deployments.stack import launch
from deployments.stack.postgres import Postgres
from tests.support.paths import ROOT
from tests.support.servers.ports import free_port

NEEDED = ("blocks", "deployments", "flows", "models", "templates", "web", "prefect.yaml", "requirements.lock")
DEADLINE = 900.0


class StackCopy:
    """One stack on ports of its own."""

    def __init__(self) -> None:
        # Not in pytest's own folder: as root, the server's unprivileged user could not reach it there.
        self.folder = Path(tempfile.mkdtemp(prefix="tend-stack-"))
        self.folder.chmod(0o755)
        for name in NEEDED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, self.folder / name)
        self.port, self.prefect_port = free_port(), free_port()
        self.web = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)
        self.prefect = httpx.Client(base_url=f"http://127.0.0.1:{self.prefect_port}/api", timeout=30)
        self.up = self._run("up", "--port", str(self.port), "--prefect-port", str(self.prefect_port))
        self.seen: list[psutil.Process] = []

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("TEND_", "PREFECT_"))}
        # Should the tests be killed, the stack ends with them.
        before = [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), "15", "-1", "-1"]
        with (self.folder / "up.log").open("ab") as log:
            return subprocess.Popen(
                [*before, sys.executable, "-P", "-m", "deployments.command_line", *command],
                cwd=self.folder,
                env=ours | {"PYTHONPATH": str(self.folder)},
                stdout=log,
                stderr=log,
            )

    def wait_until_up(self) -> None:
        """With what it said, if it does not come up."""
        wait_until(lambda: "Tend is up" in self.output() or self.up.poll() is not None, self.output)
        assert self.up.poll() is None, self.output()
        self.seen = [psutil.Process(pid) for pid in (self.up.pid, *self.pids().values())]

    def output(self) -> str:
        """What `tend up` has said so far."""
        return (self.folder / "up.log").read_text()

    def pids(self) -> dict[str, int]:
        """Name of each process that is supervised, and its number now."""
        record = json.loads((self.folder / ".tend" / "stack.json").read_text())
        return {child["name"]: child["pid"] for child in record["children"]}

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """What its database holds."""
        with psycopg.connect(Postgres(self.folder / ".tend" / "postgres").url("tend")) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def flow_runs(self, flow: str | None = None) -> list[dict[str, Any]]:
        """Those that have begun, of this flow or of all."""
        wanted: dict[str, Any] = {"flow_runs": {"state": {"type": {"not_any_": ["SCHEDULED"]}}}, "limit": 200}
        wanted |= {"flows": {"name": {"any_": [flow]}}} if flow else {}
        found: list[dict[str, Any]] = self.prefect.post("/flow_runs/filter", json=wanted).json()
        return found

    def end(self) -> None:
        """Ask it to end, and remove everything."""
        self.up.terminate()
        try:
            self.up.wait(DEADLINE)
        finally:
            self.up.kill()
            self._run("down").wait(DEADLINE)
            self.web.close()
            self.prefect.close()
            shutil.rmtree(self.folder)


def wait_until(condition: Callable[[], Any], explain: Callable[[], object] = lambda: "") -> Any:
    """Wait until it is true, and return it; fails with the explanation after a while."""
    give_up = time.monotonic() + DEADLINE
    while not (found := condition()):
        assert time.monotonic() < give_up, f"it did not come within {DEADLINE:.0f} s. {explain()}"
        time.sleep(0.1)
    return found
