"""A Prefect server of the tests' own. It ends with the process that started it, even if that is killed."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import certifi
import httpx
import prefect.context
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_API_SSL_CERT_FILE, PREFECT_API_URL, temporary_settings

from deployments.stack.launch import bind_to_parent
from deployments.stack.settings import PREFECT_DEFAULTS
from tests.support.servers.ports import free_port

READY_SECONDS = 900.0
COMMAND = [sys.executable, "-m", "uvicorn", "--factory", "prefect.server.api.server:create_app", "--log-level", "error"]
# Prefect's own harness starts it so too, but a worker that is killed leaves that one behind.
AS_IN_PREFECTS_HARNESS = {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1"}


@contextmanager
def run_prefect_server() -> Iterator[Path]:
    """The server to which flows of this process report, for as long as the block lasts; gives its folder."""
    port = free_port()
    address = f"http://127.0.0.1:{port}/api"
    with tempfile.TemporaryDirectory(prefix="tend-prefect-") as home:
        database = f"sqlite+aiosqlite:///{home}/prefect.db"
        ours = {"PREFECT_HOME": home, "PREFECT_SERVER_DATABASE_CONNECTION_URL": database}
        server = subprocess.Popen(
            bind_to_parent([*COMMAND, "--host", "127.0.0.1", "--port", str(port)], signal.SIGKILL),
            env=os.environ | PREFECT_DEFAULTS | AS_IN_PREFECTS_HARNESS | ours,
        )
        try:
            _wait_until_ready(server, address)
            with (
                temporary_settings({PREFECT_API_URL: address, PREFECT_API_SSL_CERT_FILE: _one_authority(Path(home))}),
                # Flows may begin in a context that was copied before.
                prefect.context._temporary_global_settings_context(prefect.context.get_settings_context()),
            ):
                yield Path(home)
                APILogWorker.instance().drain()
                EventsWorker.drain_all()
        finally:
            server.kill()
            server.wait()


def _one_authority(folder: Path) -> str:
    """A file with one authority for certificates. Each flow run makes eight clients of its server, and each reads all
    authorities that there are, though nothing is encrypted here: a quarter of the time of a run.
    """
    end = "-----END CERTIFICATE-----"
    file = folder / "authority.pem"
    file.write_text(Path(certifi.where()).read_text().partition(end)[0] + end)
    return str(file)


def _wait_until_ready(server: subprocess.Popen[bytes], address: str) -> None:
    give_up = time.monotonic() + READY_SECONDS
    # One client for all attempts: making one takes a tenth of a second of the processor, which the server needs.
    with httpx.Client(base_url=address, timeout=30) as client:
        while server.poll() is None:
            try:
                if client.get("/health").is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
            assert time.monotonic() < give_up, f"Prefect's server was not ready within {READY_SECONDS:.0f} s."
    raise AssertionError(f"Prefect's server ended with {server.returncode} before it was ready.")
