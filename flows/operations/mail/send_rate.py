"""How fast email is sent: as fast as the mailer takes it, or by a rate limit that Prefect keeps for all processes."""

import time
from dataclasses import dataclass
from typing import Protocol

from prefect import get_client
from prefect.concurrency.asyncio import ConcurrencySlotAcquisitionError
from prefect.concurrency.sync import rate_limit

# A multiple of what SendGrid is posted at once, so that no batch ends in a wave of two or three.
BATCH_SIZE = 48
"""Messages that are claimed together. Two batches are in flight at a time."""

LIMIT = "tend-mail"
"""What the limit is called on Prefect's page Concurrency."""

SECONDS = 60


class SendRate(Protocol):
    """Says how many messages may be sent, before they are claimed."""

    def acquire(self) -> int:
        """How many may be sent now; waits until that is at least one."""

    def consume(self, count: int) -> None:
        """Note that so many of them are being sent."""

    def capped(self, count: int) -> int:
        """`count`, or fewer if those would take longer than a minute."""


class UnlimitedRate:
    """No limit; Prefect is not asked."""

    def acquire(self) -> int:
        return BATCH_SIZE

    def consume(self, count: int) -> None:
        return

    def capped(self, count: int) -> int:
        return count


UNLIMITED = UnlimitedRate()


@dataclass
class LimitedRate:
    """So many emails a second, over all processes. What is granted and not used is kept for the next batch."""

    rate: int
    granted: int = 0
    ask_at: float = 0.0
    """When Prefect may be asked again, in seconds of the monotonic clock."""

    def acquire(self) -> int:
        """Waits until Prefect grants slots. Raises when Prefect is away: no message has been claimed yet then."""
        if self.granted == 0:
            # A request that Prefect refuses loses the slots freed meanwhile, so none is made before they are due.
            time.sleep(max(0.0, self.ask_at - time.monotonic()))
            slots = min(self.rate, BATCH_SIZE)
            _acquire(slots)
            self.granted, self.ask_at = slots, time.monotonic() + slots / self.rate
        return self.granted

    def consume(self, count: int) -> None:
        self.granted -= count

    def capped(self, count: int) -> int:
        return min(count, self.rate * SECONDS)


class _Registered:
    """The rate that this process has registered with Prefect."""

    rate: int | None = None


def _acquire(slots: int) -> None:
    try:
        rate_limit(LIMIT, occupy=slots, strict=True)
    except ConcurrencySlotAcquisitionError:
        # Perhaps somebody has deleted the limit: it is registered again before the next try.
        _Registered.rate = None
        raise


async def send_rate_of(rate: int | None) -> SendRate:
    """The limit for a rate of the playbook, registered with Prefect when it is new; no limit without a rate."""
    if rate is None:
        return UNLIMITED
    if rate != _Registered.rate:
        async with get_client() as client:
            # A second's worth may go at once, and each second frees as many again.
            await client.upsert_global_concurrency_limit_by_name(LIMIT, rate, slot_decay_per_second=rate)
        _Registered.rate = rate
    return LimitedRate(rate)
