"""Keeps the processes of the stack running: starts again what dies, with growing pauses, and ends all in order."""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from typing import Protocol

from deployments.stack.command_error import CommandError

SHORTEST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
# What has lived this long has recovered: its next death is a new one.
RECOVERED_AFTER = 60.0
# What others wait for and has lived this long is started again at once: it did come up.
CAME_UP_AFTER = 0.5
GRACE_SECONDS = 10.0


class Child(Protocol):
    """One process that is kept running."""

    name: str
    restarts: int
    is_needed_at_once: bool
    """Whether everything else waits for it, so that it is started again without a pause."""

    @property
    def pid(self) -> int | None:
        """The number of its process; None when there is none."""

    async def start(self) -> None:
        """Start it, or take over the one that is there. Raises OSError or CommandError when that is not possible."""

    async def wait_for_end(self) -> str:
        """Wait until it ends; returns how, for a person: `ended with code 1`."""

    async def end(self, grace: float) -> None:
        """End it: by asking, and by force when it has not ended after the grace."""


def next_pause(pause: float, lived: float, is_needed_at_once: bool = False) -> float:
    """Seconds to wait before a start: twice as long as last time, unless it had lived well since.

    None for what everything waits for, if it came up at all.
    """
    if is_needed_at_once and lived >= CAME_UP_AFTER:
        return 0.0
    return SHORTEST_PAUSE if lived >= RECOVERED_AFTER or not pause else min(2 * pause, LONGEST_PAUSE)


class Supervisor:
    """Its children, in the order they were started."""

    def __init__(self, say: Callable[[str], None], changed: Callable[[], None] = lambda: None) -> None:
        self.children: list[Child] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._say = say
        self._changed = changed
        self._hurry = asyncio.Event()
        self._failed = asyncio.Event()

    async def start(self, child: Child) -> None:
        """Start a child and keep it running from now on."""
        self.children.append(child)
        await child.start()
        self._changed()
        keeper = asyncio.create_task(self._supervise(child), name=child.name)
        keeper.add_done_callback(lambda _: self._failed.set())
        self._tasks.append(keeper)

    async def wait_for_failure(self) -> None:
        """Wait until keeping a child fails by a fault of ours, and raise that."""
        await self._failed.wait()
        for keeper in self._tasks:
            if keeper.done():
                keeper.result()

    def report_change(self) -> None:
        """Let it be recorded that something besides the processes is different."""
        self._changed()

    def end_now(self) -> None:
        """End without waiting any longer."""
        self._hurry.set()

    async def end_all(self) -> None:
        """End every child, the last started first."""
        for keeper in self._tasks:
            keeper.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while self.children:
            await self._end(self.children[-1])
            self.children.pop()
            self._changed()

    async def _end(self, child: Child) -> None:
        """Ask it to end; a second Ctrl-C meanwhile ends it by force."""
        asked = asyncio.create_task(child.end(0 if self._hurry.is_set() else GRACE_SECONDS))
        hurry = asyncio.create_task(self._hurry.wait())
        await asyncio.wait([asked, hurry], return_when=asyncio.FIRST_COMPLETED)
        if not asked.done():
            await child.end(0)
        await asked
        hurry.cancel()

    async def _supervise(self, child: Child) -> None:
        clock, pause = asyncio.get_running_loop().time, 0.0
        while True:
            began = clock()
            how = await child.wait_for_end()
            pause = next_pause(pause, clock() - began, child.is_needed_at_once)
            when = f"in {pause:.0f} s" if pause else "at once"
            self._say(f"{child.name} {how}; it starts again {when} (./tend logs {child.name})")
            pause = await self._restart(child, pause)

    async def _restart(self, child: Child, pause: float) -> float:
        """Start it after the pause, or after longer ones while that is not possible; returns the last pause."""
        while True:
            await asyncio.sleep(pause)
            child.restarts += 1
            try:
                await child.start()
            except (OSError, CommandError) as error:
                pause = next_pause(pause, lived=0.0)
                self._say(f"{child.name} cannot be started and is tried again in {pause:.0f} s: {error}")
            else:
                self._changed()
                return pause


def on_signals(act: Callable[[], None]) -> None:
    """Call it on Ctrl-C, on a polite request to end, and when the terminal goes away."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, act)


async def wait_until(condition: Callable[[], bool], pause: float = 0.1) -> None:
    """Wait until it is true; it is asked in a thread, for it may take its time."""
    while not await asyncio.to_thread(condition):
        await asyncio.sleep(pause)


def describe_exit(code: int) -> str:
    """`ended with code 1`, `was ended by SIGKILL`."""
    if code >= 0:
        return f"ended with code {code}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"
