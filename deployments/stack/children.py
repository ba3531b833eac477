"""The two kinds of children that the supervisor keeps: an ordinary process, and the embedded Postgres."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from deployments.stack.command_error import CommandError
from deployments.stack.launch import bind_to_parent
from deployments.stack.paths import ROOT, open_log
from deployments.stack.postgres import Postgres, StillStarting
from deployments.stack.supervisor import GRACE_SECONDS, describe_exit, wait_until

POSTGRES_LOOK_SECONDS = 0.2


class ProcessChild:
    """A command with a log; it leads a process group of its own, and ends when we are killed."""

    is_needed_at_once = False

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.restarts = 0
        self.log = log
        self._command = list(command)
        self._environment = dict(environment)
        self._at_our_death = int(signal.SIGTERM)
        self._stdin = asyncio.subprocess.DEVNULL
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The number of its process, which also is that of its group."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Start the command."""
        said = open_log(self.log)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *bind_to_parent(self._command, self._at_our_death),
                cwd=ROOT,
                env=self._environment,
                stdin=self._stdin,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        finally:
            os.close(said)

    async def wait_for_end(self) -> str:
        """Wait for its end."""
        return describe_exit(await self._wait())

    async def end(self, grace: float) -> None:
        """Ask the whole group, then end by force what is left of it."""
        if self._process is None:
            return
        if self._process.returncode is None:
            self._signal(signal.SIGTERM if grace else signal.SIGKILL)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wait(), grace or None)
        self._signal(signal.SIGKILL)
        await self._wait()

    async def _wait(self) -> int:
        assert self._process is not None
        return await self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


class GuardChild(ProcessChild):
    """The guard, which outlives us: it sees our end by the end of its input, and ends the others."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        super().__init__("guard", command, environment, log)
        self._at_our_death = 0
        self._stdin = asyncio.subprocess.PIPE


class PostgresChild:
    """The embedded Postgres, which may have been started by an earlier `tend up` that was killed."""

    is_needed_at_once = True

    def __init__(self, server: Postgres) -> None:
        self.name = "postgres"
        self.restarts = 0
        self.log = server.log
        self._server = server

    @property
    def pid(self) -> int | None:
        """The number of its first process."""
        process = self._server.process()
        return process.pid if process else None

    async def start(self) -> None:
        """Start it, or find it running; it may still be busy recovering afterwards, and take no connections yet."""
        with contextlib.suppress(StillStarting):
            await asyncio.to_thread(self._server.start)

    async def wait_for_end(self) -> str:
        """Wait until there is no such process."""
        await wait_until(lambda: self._server.process() is None, POSTGRES_LOOK_SECONDS)
        return "has ended"

    async def end(self, grace: float) -> None:
        """Shut it down in order; what is not written to its tables yet is in its log and comes back."""
        await asyncio.to_thread(self._server.stop, hurry=not grace)


async def run_to_end(child: ProcessChild) -> None:
    """Let a command do its work once; CommandError with the last thing it said when it fails."""
    try:
        await child.start()
        how = await child.wait_for_end()
    finally:
        await child.end(GRACE_SECONDS)
    if how != describe_exit(0):
        raise CommandError(f"{child.name} {how}: {last_line(child.log)} (the whole log: {child.log}).")


def last_line(log: Path) -> str:
    """The last line that says something."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
