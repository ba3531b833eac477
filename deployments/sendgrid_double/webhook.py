"""Posts events to the webhook: in batches, some twice or out of order if so set, and again until they are accepted."""

import asyncio
import heapq
import time
from collections import Counter
from collections.abc import Mapping
from itertools import count
from random import Random
from typing import Any

import httpx
import orjson

from deployments.sendgrid_double.settings import FakeSettings
from deployments.sendgrid_double.signing import WebhookSigner

BATCH = 1000
LONGEST_PAUSE_SECONDS = 60.0
DISORDER_SECONDS = 3.0
"""How much later than its turn an event may be posted, as a multiple of the time between two batches."""


class WebhookPoster:
    """The events that are still to be posted, and counts of the others."""

    def __init__(self, settings: FakeSettings, signature: WebhookSigner | None, random: Random) -> None:
        self._settings = settings
        self._signature = signature
        self._random = random
        self._waiting: list[tuple[float, int, dict[str, Any]]] = []
        self._number = count()
        self.counts: Counter[str] = Counter()
        """`posted` and `not taken`, in events."""

    @property
    def waiting(self) -> int:
        """How many are still to be posted."""
        return len(self._waiting)

    def add(self, event: Mapping[str, Any], at: float) -> None:
        """Let an event happen at this moment (seconds since 1970), to be posted soon after if there is a webhook."""
        if self._settings.events_url is None:
            return
        dated = {**event, "timestamp": int(at)}
        for _ in range(2 if self._random.random() < self._settings.duplicates else 1):
            late = self._random.random() * DISORDER_SECONDS * self._settings.post_every_seconds
            due = at + late if self._settings.shuffled else at
            heapq.heappush(self._waiting, (due, next(self._number), dated))

    async def run(self) -> None:
        """Post what is due, for ever; a refused batch is posted again, after longer and longer pauses."""
        pause = self._settings.post_every_seconds
        async with httpx.AsyncClient(timeout=30) as client:
            while True:
                await asyncio.sleep(pause)
                accepted = all([await self._post(client, batch) for batch in self._due(time.time())])
                pause = self._settings.post_every_seconds if accepted else min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _due(self, now: float) -> list[list[dict[str, Any]]]:
        events = []
        while self._waiting and self._waiting[0][0] <= now:
            events.append(heapq.heappop(self._waiting)[2])
        if self._settings.shuffled:
            self._random.shuffle(events)
        return [events[start : start + BATCH] for start in range(0, len(events), BATCH)]

    async def _post(self, client: httpx.AsyncClient, events: list[dict[str, Any]]) -> bool:
        # The line break at the end is SendGrid's; a signature is over it, too.
        body = orjson.dumps(events) + b"\r\n"
        headers = {"Content-Type": "application/json", "User-Agent": "SendGrid Event API"}
        if self._signature:
            headers |= self._signature.headers(str(int(time.time())), body)
        try:
            answer = await client.post(str(self._settings.events_url), content=body, headers=headers)
            accepted = answer.is_success
        except httpx.RequestError:
            accepted = False
        self.counts["posted" if accepted else "not taken"] += len(events)
        if not accepted:
            for event in events:
                heapq.heappush(self._waiting, (time.time(), next(self._number), event))
        return accepted
