"""The process of a clock: its jobs run beside the main thread, which hears the signals and sees to a timely end.

Prefect takes over SIGTERM in the main thread while a flow run works there, and raises in the middle of whatever runs.
So none works there.
"""

import asyncio
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import (
    PREFECT_API_REQUEST_TIMEOUT,
    PREFECT_CLIENT_MAX_RETRIES,
    PREFECT_SERVER_ALLOW_EPHEMERAL_MODE,
    temporary_settings,
)

from flows.runtime.clock import GRACE, ChangeSignal
from models.session_check import SharedSession

log = logging.getLogger("tend.clock")

EXIT_SECONDS = GRACE.total_seconds() + 0.8
"""From the request to stop to the end of the process, whatever still works then: Postgres rolls it back."""

OF_CLOCKS: dict[Any, Any] = {
    PREFECT_API_REQUEST_TIMEOUT: 10.0,
    PREFECT_CLIENT_MAX_RETRIES: 0,
    # Without an address of its server Prefect would start one by itself.
    PREFECT_SERVER_ALLOW_EPHEMERAL_MODE: False,
}
"""What waits for Prefect longer than this goes on without it. The clock tries again by itself."""

Work = Callable[[ChangeSignal], Coroutine[Any, Any, None]]


class WorkThread(threading.Thread):
    """Does the work in an event loop of its own, and sets `over` at its end; `fault` is what it failed by."""

    def __init__(self, work: Work, over: threading.Event) -> None:
        super().__init__(name="clock", daemon=True)
        self.fault: BaseException | None = None
        self._work = work
        self._over = over
        self._ready = threading.Event()
        self._end: Callable[[], object] = lambda: None

    def run(self) -> None:
        """All of it."""
        try:
            with temporary_settings(OF_CLOCKS):
                asyncio.run(self._run())
        except BaseExceptionGroup as errors:
            self.fault = errors.exceptions[0] if len(errors.exceptions) == 1 else errors
        except BaseException as error:
            self.fault = error
        finally:
            self._ready.set()
            self._over.set()

    async def _run(self) -> None:
        loop, change = asyncio.get_running_loop(), ChangeSignal()
        self._end = lambda: loop.call_soon_threadsafe(change.end)
        self._ready.set()
        await self._work(change)

    def end(self) -> None:
        """Ask it to end; called by another thread."""
        self._ready.wait()
        self._end()


def run_until_signalled(work: Work) -> NoReturn:
    """Work until SIGTERM, Ctrl-C or a fault, then end the process: with 0 when it was asked to, with 1 by a fault."""
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    thread = WorkThread(work, over)
    thread.start()
    over.wait()
    deadline = time.monotonic() + EXIT_SECONDS
    if thread.is_alive():
        thread.end()
        thread.join(EXIT_SECONDS)
    if isinstance(thread.fault, SharedSession):
        log.error("The clock refuses to start. %s", thread.fault)
    elif thread.fault is not None:
        log.error("The clock has failed.", exc_info=thread.fault)
    else:
        log.info("The clock has stopped." if not thread.is_alive() else "The clock has left work that took too long.")
    _send_what_prefect_waits_to_send(max(0.1, deadline - time.monotonic()))
    # Threads that wait for a neighbour would hold up an ordinary end.
    logging.shutdown()
    os._exit(0 if thread.fault is None else 1)


def _send_what_prefect_waits_to_send(seconds: float) -> None:
    """Logs and events of the last flow runs, which Prefect sends from threads of its own."""
    drains = (EventsWorker.drain_all, APILogWorker.drain_all)
    threads = [threading.Thread(target=drain, daemon=True) for drain in drains]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
