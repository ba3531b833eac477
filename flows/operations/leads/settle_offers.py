"""Expire offers that nobody answered in time and make the next ones; retry leads that had nobody to be offered to."""

import asyncio
from datetime import UTC, datetime

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from models.database import engine
from models.routing.offers import expire_due_offers


@flow(name="settle-offers", flow_run_name="settle offers")
async def settle_offers() -> State[None]:
    """Pass leads on whose offer has expired, and tell the managers of those that nobody took.

    The clock does this by itself at the moment; starting it by hand, or twice at once, changes nothing but sooner.
    """
    settled = await asyncio.to_thread(expire_all_due_offers, datetime.now(UTC))
    return Completed(message=f"{settled} settled")


def expire_all_due_offers(now: datetime) -> int:
    """Settle everything that is due at this moment, a transaction per batch; gives how many."""
    settled = 0
    while batch := _expire_batch(now):
        settled += batch
    return settled


def _expire_batch(now: datetime) -> int:
    with engine().begin() as connection:
        return expire_due_offers(connection, now)
