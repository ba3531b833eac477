"""Starts the services of the stack: each as soon as what it needs is there, and none because of another's delay."""

import asyncio
import contextlib
import http.client
import os
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deployments.stack import register
from deployments.stack.children import GuardChild, PostgresChild, ProcessChild, last_line, run_to_end
from deployments.stack.command_error import CommandError
from deployments.stack.database_address import find_fault, wait_for_database
from deployments.stack.paths import LOGS, POSTGRES, PREFECT, STATE
from deployments.stack.ports import check_port
from deployments.stack.postgres import Postgres
from deployments.stack.progress import Progress
from deployments.stack.settings import (
    Addresses,
    Databases,
    installation,
    named_databases,
    stack_environment,
    trusted_proxies,
)
from deployments.stack.supervisor import Supervisor, wait_until
from models.access.prefect_server import INSTALLATION_HEADER

# -P: the folder that a process stands in is no place to import from.
PYTHON = (sys.executable, "-P")
READY_SECONDS = 120.0
"""After so long it is said that something is late. It is waited for all the same."""
DATABASE_PATIENCE = 30.0
"""Seconds until the pages start without the database, to keep leads on disk."""
MAX_RESTARTS = 3
"""Pages that died this often before they ever answered will not come up."""
LOOK_SECONDS = 5.0
"""Between two looks whether Prefect answers."""
MISSES = 3
HUNG_SECONDS = 600.0
"""A server that has not answered for so long hangs, and is started again."""
REGISTER_PAUSE, LONGEST_PAUSE = 5.0, 60.0
NO_HEADERS: Mapping[str, str] = {}
WITHOUT_PREFECT = "Pages and clock work without it; it joins when it can."
TEND_URL, PREFECT_URL = "TEND_DATABASE_URL", "TEND_PREFECT_DATABASE_URL"
# The app that `prefect server start` runs, without loading Prefect's command line first.
PREFECT_APP = ("--factory", "prefect.server.api.server:create_app", "--no-access-log", "--log-level", "warning")
# A slow reader of an answer must not hold up the end.
GRACEFUL = ("--timeout-graceful-shutdown", "3")


class Stack:
    """Starts all services once; the supervisor keeps them running from then on.

    Nothing waits for what it does not need: pages and clock do without Prefect, which joins them when it can.
    """

    def __init__(
        self,
        addresses: Addresses,
        supervisor: Supervisor,
        progress: Progress,
        notes: dict[str, str] | None = None,
        *,
        allow_stuck: bool = False,
    ) -> None:
        self._addresses = addresses
        self._supervisor = supervisor
        self._progress = progress
        self._step, self._say = progress.step, progress.say
        self._notes = {} if notes is None else notes
        self._allow_stuck = allow_stuck
        self._environment: dict[str, str] = {}
        self._databases = Databases("", "")
        self._has_been_announced = False
        self._has_databases, self._has_tables = asyncio.Event(), asyncio.Event()
        self._has_pages, self._has_clock, self._has_prefect = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def run(self) -> None:
        """Start everything and stay until cancelled.

        Raises CommandError when what cannot do without is wrong, such as the address of the database; never because
        something is slow.
        """
        await self._guard()
        named, server = named_databases(), Postgres(POSTGRES)
        self._databases = Databases(named.tend or server.url("tend"), named.prefect or server.url("prefect"))
        self._environment = stack_environment(self._addresses, self._databases, PREFECT / "memo.toml")
        parts = (self._tables(named, server), self._web(), self._clock(), self._prefect(), self._announce())
        await run_together(*parts, self._supervisor.wait_for_failure())

    async def _guard(self) -> None:
        command = (*PYTHON, "-m", "deployments.stack.guard", str(STATE))
        await self._supervisor.start(GuardChild(command, os.environ, LOGS / "guard.log"))

    async def _tables(self, named: Databases, server: Postgres) -> None:
        """Postgres, the tables and the playbook: then leads can be taken and worked off."""
        if not (named.tend and named.prefect):
            with self._step("starting Postgres", "Postgres takes connections"):
                await self._supervisor.start(PostgresChild(server))
                await wait_for_database(server.url("postgres"), TEND_URL, self._say)
                for name in ("tend", "prefect"):
                    await asyncio.to_thread(server.create_database, name)
        self._has_databases.set()
        with self._step("migrating the tables", "the tables are up to date"):
            await self._with_database("migrate", "-c", "from models.database import migrate; migrate()")
        with self._step("applying the playbook", "the playbook is applied"):
            await self._with_database("playbook", "-m", "flows.operations.apply_playbook", "deployments/playbook.yaml")
        with self._step("looking whether open runs fit the journeys", "the journeys are in force"):
            more = ("--allow-stuck",) if self._allow_stuck else ()
            memory = str(STATE / "journeys.json")
            await self._with_database("journeys", "-m", "flows.operations.deploy_journeys", *more, memory)
        self._has_tables.set()

    async def _with_database(self, name: str, *command: str) -> None:
        """Run a command to its end; once more if it failed because the database went away meanwhile."""
        while True:
            await wait_for_database(self._databases.tend, TEND_URL, self._say)
            try:
                return await run_to_end(self._child(name, *command))
            except CommandError:
                if not await asyncio.to_thread(find_fault, self._databases.tend, TEND_URL):
                    raise

    async def _web(self) -> None:
        """With the tables; without them if they take long, for then leads can at least be kept on disk."""
        try:
            await asyncio.wait_for(self._has_tables.wait(), DATABASE_PATIENCE)
        except TimeoutError:
            self._say("The tables are not ready yet: the pages start without them, and keep leads on disk.")
        with self._step("starting the pages", "the pages answer"):
            where = ("--host", self._addresses.host, "--port", str(self._addresses.port))
            more = ("--forwarded-allow-ips", trusted_proxies(), "--no-access-log", *GRACEFUL)
            app = ("web.app:app", "--http", "web.frame.limits.http_connection:HttpConnection", "--ws", "none")
            child = await self._supervise("web", "-m", "uvicorn", *app, *where, *more)
            url = f"http://{_to_connect(self._addresses.host)}:{self._addresses.port}/health"
            await self._until(lambda: child.restarts >= MAX_RESTARTS or is_answering(url), child)
            if child.restarts >= MAX_RESTARTS:
                raise CommandError(f"web ends again and again: {last_line(child.log)} (the whole log: {child.log}).")
        self._has_pages.set()

    async def _clock(self) -> None:
        await self._has_tables.wait()
        await self._supervise("clock", "-m", "flows.operations.run_clock")
        self._has_clock.set()

    async def _announce(self) -> None:
        """Say that all is up; with what is missing if Prefect is late, which others do without."""
        await asyncio.gather(self._has_pages.wait(), self._has_clock.wait())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._has_prefect.wait(), READY_SECONDS)
        if not self._has_prefect.is_set():
            self._note("prefect", self._notes.get("prefect") or f"it does not answer yet. {WITHOUT_PREFECT}")
        self._progress.up(self._addresses, self._notes)
        self._has_been_announced = True

    async def _prefect(self) -> None:
        """Its server, the registration, the worker; then look whether it still answers. It never fails, it is late."""
        await self._has_databases.wait()
        registration = await self._registration()
        await self._until_port_is_free()
        with self._step("starting Prefect's server", "Prefect's server answers"):
            child = await self._supervise(
                "prefect",
                *("-m", "uvicorn", *PREFECT_APP, *GRACEFUL, "--header", f"{INSTALLATION_HEADER}:{installation()}"),
                *("--host", "127.0.0.1", "--port", str(self._addresses.prefect_port)),
                PREFECT_SERVER_MEMO_STORE_PATH=str(registration / "memo.toml"),
            )
            await self._until(self._prefect_answers, child)
        await self._has_tables.wait()
        await self._register(registration)
        await self._supervise(
            "worker", "-m", "prefect", "worker", "start", "--pool", register.POOL, "--type", "process"
        )
        if self._has_been_announced:
            self._say("Prefect has joined: all is up.")
        self._notes.pop("prefect", None)
        self._supervisor.report_change()
        self._has_prefect.set()
        await self._watch_prefect(child)

    async def _registration(self) -> Path:
        while True:
            await wait_for_database(self._databases.prefect, PREFECT_URL, self._say)
            try:
                return await asyncio.to_thread(register.registration_folder, self._databases.prefect, PREFECT)
            except CommandError:
                if not await asyncio.to_thread(find_fault, self._databases.prefect, PREFECT_URL):
                    raise

    async def _until_port_is_free(self) -> None:
        """Wait for whoever has Prefect's port, who is named."""
        while True:
            try:
                return await asyncio.to_thread(
                    check_port, "127.0.0.1", self._addresses.prefect_port, "--prefect-port", LOOK_SECONDS
                )
            except CommandError as error:
                if "prefect" not in self._notes:
                    self._say(f"{error} {WITHOUT_PREFECT}")
                    self._note("prefect", f"{error} {WITHOUT_PREFECT}")

    async def _register(self, registration: Path) -> None:
        """Tell Prefect of blocks and flows, again and again if it is too slow to listen."""
        if await asyncio.to_thread(register.is_registered, registration):
            return
        pause = REGISTER_PAUSE
        with self._step("registering blocks and flows with Prefect", "Prefect knows the blocks and flows"):
            while True:
                try:
                    await run_to_end(self._child("register", "-m", "deployments.stack.register"))
                    break
                except CommandError as error:
                    self._say(f"{error} It is tried again in {pause:.0f} s; all else runs.")
                    self._note("prefect", f"it does not know blocks and flows yet. {error}")
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
        await asyncio.to_thread(register.mark_registered, registration)

    async def _watch_prefect(self, child: ProcessChild) -> None:
        """Say when it stops answering and when it is back; start it again when it hangs."""
        missed, away_since = 0, 0.0
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if await asyncio.to_thread(self._prefect_answers):
                if self._notes.pop("prefect", ""):
                    self._say("Prefect answers again.")
                    self._supervisor.report_change()
                missed = 0
                continue
            missed += 1
            if missed == MISSES:
                away_since = time.monotonic()
                self._say(f"Prefect does not answer. {WITHOUT_PREFECT}")
                self._note("prefect", f"it has not answered since {time.strftime('%H:%M:%S')}. {WITHOUT_PREFECT}")
            if missed > MISSES and time.monotonic() - away_since > HUNG_SECONDS:
                self._say(f"Prefect has not answered for {HUNG_SECONDS / 60:.0f} minutes and is started again.")
                missed = 0
                await child.end(0)

    def _prefect_answers(self) -> bool:
        return is_answering(f"{self._addresses.prefect}/api/health", {INSTALLATION_HEADER: installation()})

    def _note(self, name: str, note: str) -> None:
        self._notes[name] = note
        self._supervisor.report_change()

    async def _until(self, condition: Callable[[], bool], child: ProcessChild) -> None:
        """Wait for a child to answer, and say so when that takes long."""
        late = asyncio.get_running_loop().call_later(READY_SECONDS, self._say_late, child)
        try:
            await wait_until(condition)
        finally:
            late.cancel()
        self._notes.pop(child.name, None)

    def _say_late(self, child: ProcessChild) -> None:
        restarts = f" after {child.restarts} restarts ({last_line(child.log)})" if child.restarts else ""
        self._say(f"{child.name} does not answer yet{restarts}; it is waited for (./tend logs {child.name}).")
        self._note(child.name, f"it does not answer yet{restarts}.")

    async def _supervise(self, name: str, *command: str, **settings: str) -> ProcessChild:
        child = self._child(name, *command, **settings)
        await self._supervisor.start(child)
        return child

    def _child(self, name: str, *command: str, **settings: str) -> ProcessChild:
        return ProcessChild(name, (*PYTHON, *command), self._environment | settings, LOGS / f"{name}.log")


def is_answering(url: str, headers: Mapping[str, str] = NO_HEADERS) -> bool:
    """Whether anything answers at this address, whatever its status code, with these headers."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=5)
    try:
        connection.request("GET", where.path)
        found = connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return all(found.getheader(name) == value for name, value in headers.items())


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
