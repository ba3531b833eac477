"""Whether Prefect's server answers: the clock works by flow runs while it does, and without them while it does not."""

import asyncio
import logging
import os
import time

import httpx

from flows.operations.scheduled_runs import name_scheduled_runs
from models.access.prefect_server import is_ours

log = logging.getLogger("tend.clock")

LOOK_SECONDS = 3.0
TIMEOUT_SECONDS = 5.0
AGENDA_SECONDS = 60.0
"""How often runs on the agenda are named: Prefect plans some soon after it starts, and more as time goes on."""
MISSES = 2
"""So many looks in a row must fail before a server that answered is taken for away: a busy one may miss one."""


class PrefectWatch:
    """Looks every few seconds; `answers` is what was found last."""

    def __init__(self) -> None:
        self.answers = False
        self._misses = 0
        self._names_agenda_at = 0.0

    async def keep_looking(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()
            await self._name_agenda()

    async def look(self) -> None:
        """Look once."""
        reason = await _find_fault()
        self._misses = self._misses + 1 if reason else 0
        answers = not reason or (self.answers and self._misses < MISSES)
        if self.answers and not answers:
            log.warning("Prefect is away: work goes on, without flow runs (%s).", reason)
        elif answers and not self.answers:
            log.info("Prefect answers: work is done by flow runs.")
        self.answers = answers

    async def _name_agenda(self) -> None:
        """Prefect plans runs as time goes on."""
        if self.answers and time.monotonic() >= self._names_agenda_at:
            self._names_agenda_at = time.monotonic() + AGENDA_SECONDS
            try:
                await name_scheduled_runs()
            except Exception as error:
                # Whatever goes wrong between two servers: names can wait, the clock cannot.
                log.debug("Runs on Prefect's agenda were not named: %s", type(error).__name__)


async def _find_fault() -> str:
    """Why flow runs cannot be recorded; empty when they can."""
    address = os.environ.get("PREFECT_API_URL")
    if not address:
        return "PREFECT_API_URL is not set"
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            found = await client.get(f"{address}/health")
    except httpx.HTTPError as error:
        return f"{address} does not answer: {type(error).__name__}"
    if not is_ours(found.headers):
        return f"something else answers at {address}"
    return "" if found.is_success else f"{address}/health answered {found.status_code}"
