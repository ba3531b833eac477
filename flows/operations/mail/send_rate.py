"""How fast mail goes out: as fast as the mailer takes it, or by a limit that Prefect keeps for all processes."""

import time
from dataclasses import dataclass
from typing import Protocol

from prefect import get_client
from prefect.concurrency.asyncio import ConcurrencySlotAcquisitionError
from prefect.concurrency.sync import rate_limit

BATCH_SIZE = 100
"""Messages that are looked at together."""

LIMIT = "tend-mail"
"""What the limit is called on Prefect's page Concurrency."""

SECONDS = 60


class SendRate(Protocol):
    """Asked before messages are chosen how many may go."""

    def acquire(self) -> int:
        """At least one; waits for that."""

    def consume(self, count: int) -> None:
        """So many of them went."""

    def capped(self, count: int) -> int:
        """`count`, or fewer if those would take longer than a minute."""


class UnlimitedRate:
    """No limit, and nobody is asked."""

    def acquire(self) -> int:
        return BATCH_SIZE

    def consume(self, count: int) -> None:
        return

    def capped(self, count: int) -> int:
        return count


UNLIMITED = UnlimitedRate()


@dataclass
class LimitedRate:
    """So many mails a second, over all processes. What was granted and not used serves the next."""

    rate: int
    granted: int = 0
    ask_at: float = 0.0
    """By the monotonic clock."""

    def acquire(self) -> int:
        """Waits for Prefect's word. Raises when Prefect is away: nothing has been taken yet then, and mail waits."""
        if self.granted == 0:
            # A refusal costs Prefect's count what had been freed meanwhile, so nobody asks before their own share is.
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
    """The rate that this process has told Prefect last."""

    rate: int | None = None


def _acquire(slots: int) -> None:
    try:
        rate_limit(LIMIT, occupy=slots, strict=True)
    except ConcurrencySlotAcquisitionError:
        # Perhaps somebody has deleted the limit: it is told anew before the next try.
        _Registered.rate = None
        raise


async def send_rate_of(rate: int | None) -> SendRate:
    """The pace for a rate of the playbook. Tells Prefect when it is new; without a rate Prefect is not asked at all."""
    if rate is None:
        return UNLIMITED
    if rate != _Registered.rate:
        async with get_client() as client:
            # A second's worth may go at once, and each second frees as many again.
            await client.upsert_global_concurrency_limit_by_name(LIMIT, rate, slot_decay_per_second=rate)
        _Registered.rate = rate
    return LimitedRate(rate)
