"""Expire offers that nobody answered in time and make the next ones; retry leads that had nobody to be offered to."""

import asyncio
from datetime import UTC, datetime

from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.private_flow import flow
from models.database import engine
from models.routing.offers import expire_due_offers


@flow(name="settle-offers", flow_run_name="expire offers")
async def settle_offers() -> State[None]:
    """Offer leads whose offer has expired to the next rep, and notify the managers of those that nobody accepted.

    The clock runs this when it is due. Starting it by hand as well, or twice at the same time, does no harm.
    """
    leads = await asyncio.to_thread(expire_all_due_offers, datetime.now(UTC))
    return Completed(message=f"{leads} leads processed")


def expire_all_due_offers(now: datetime) -> int:
    """Process everything that is due at this moment, a transaction per batch; returns the number of leads."""
    leads = 0
    while batch := _expire_batch(now):
        leads += batch
    return leads


def _expire_batch(now: datetime) -> int:
    with engine().begin() as connection:
        return expire_due_offers(connection, now)
