"""Starts the services of the stack in order; those that do not need each other start side by side."""

import asyncio
import http.client
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deployments.stack import register
from deployments.stack.children import PostgresChild, ProcessChild, last_line, run_to_end
from deployments.stack.command_error import CommandError
from deployments.stack.paths import LOGS, POSTGRES, PREFECT
from deployments.stack.postgres import Postgres
from deployments.stack.progress import Progress
from deployments.stack.settings import Addresses, Databases, named_databases, stack_environment, trusted_proxies
from deployments.stack.supervisor import Supervisor, wait_until

# -P: the folder that a process stands in is no place to import from.
PYTHON = (sys.executable, "-P")
READY_SECONDS = 120.0
# A child that died this often while we waited for it will not come up.
MAX_RESTARTS = 3


class Stack:
    """Starts all services once; the supervisor keeps them running from then on."""

    def __init__(self, addresses: Addresses, supervisor: Supervisor, progress: Progress) -> None:
        self._addresses = addresses
        self._supervisor = supervisor
        self._step = progress.step
        self._environment: dict[str, str] = {}

    async def start(self) -> None:
        """Start everything. Raises CommandError when a service does not start."""
        databases = await self._databases()
        registration = await asyncio.to_thread(register.registration_folder, databases.prefect, PREFECT)
        self._environment = stack_environment(self._addresses, databases, registration / "memo.toml")
        await run_together(self._prefect(), self._web())
        await run_together(self._worker(registration), self._clock())

    async def _databases(self) -> Databases:
        named = named_databases()
        if named.tend and named.prefect:
            return named
        server = Postgres(POSTGRES)
        with self._step("starting Postgres", "Postgres takes connections"):
            await self._supervisor.start(PostgresChild(server))
            for name in ("tend", "prefect"):
                await asyncio.to_thread(server.create_database, name)
        return Databases(named.tend or server.url("tend"), named.prefect or server.url("prefect"))

    async def _prefect(self) -> None:
        url = urlsplit(self._addresses.prefect)
        # The app that `prefect server start` runs, without loading Prefect's command line first.
        app = ("--factory", "prefect.server.api.server:create_app", "--no-access-log", "--log-level", "warning")
        where = ("--host", str(url.hostname), "--port", str(url.port))
        with self._step("starting Prefect's server", "Prefect's server answers"):
            child = await self._supervise("prefect", "-m", "uvicorn", *app, *where)
            await self._ready(child, f"{self._addresses.prefect}/api/health")

    async def _web(self) -> None:
        with self._step("migrating the tables", "the tables are up to date"):
            await self._run_to_end("migrate", "-c", "from models.database import migrate; migrate()")
        with self._step("starting the pages", "the pages answer"):
            where = ("--host", self._addresses.host, "--port", str(self._addresses.port))
            proxies = ("--forwarded-allow-ips", trusted_proxies())
            app = ("web.app:app", "--http", "web.frame.http_connection:HttpConnection", "--ws", "none")
            child = await self._supervise("web", "-m", "uvicorn", *app, *where, *proxies, "--no-access-log")
            await self._ready(child, f"http://{_to_connect(self._addresses.host)}:{self._addresses.port}/health")

    async def _worker(self, registration: Path) -> None:
        if not await asyncio.to_thread(register.is_registered, registration):
            with self._step("registering blocks and flows with Prefect", "Prefect knows the blocks and flows"):
                await self._run_to_end("register", "-m", "deployments.stack.register")
                await asyncio.to_thread(register.mark_registered, registration)
        await self._supervise(
            "worker", "-m", "prefect", "worker", "start", "--pool", register.POOL, "--type", "process"
        )

    async def _clock(self) -> None:
        with self._step("applying the playbook", "the playbook is applied"):
            await self._run_to_end("playbook", "-m", "flows.operations.apply_playbook", "deployments/playbook.yaml")
        await self._supervise("clock", "-m", "flows.operations.run_clock")

    async def _supervise(self, name: str, *command: str) -> ProcessChild:
        child = self._child(name, *command)
        await self._supervisor.start(child)
        return child

    async def _run_to_end(self, name: str, *command: str) -> None:
        await run_to_end(self._child(name, *command))

    def _child(self, name: str, *command: str) -> ProcessChild:
        return ProcessChild(name, (*PYTHON, *command), self._environment, LOGS / f"{name}.log")

    async def _ready(self, child: ProcessChild, url: str) -> None:
        try:
            async with asyncio.timeout(READY_SECONDS):
                await wait_until(lambda: child.restarts >= MAX_RESTARTS or is_answering(url))
        except TimeoutError:
            raise CommandError(f"{child.name} does not answer after {READY_SECONDS:.0f} s: see {child.log}.") from None
        if child.restarts >= MAX_RESTARTS:
            raise CommandError(
                f"{child.name} ends again and again: {last_line(child.log)} (the whole log: {child.log})."
            )


def is_answering(url: str) -> bool:
    """Whether anything answers at this address, whatever its status code."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=5)
    try:
        connection.request("GET", where.path)
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


async def run_together(*work: Coroutine[Any, Any, None]) -> None:
    """Run coroutines side by side; the first exception cancels the rest and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for part in work:
                group.create_task(part)
    except ExceptionGroup as faults:
        raise faults.exceptions[0] from None


def _to_connect(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
