"""Assign queued leads to reps who are available by now, and escalate the others to managers."""

import asyncio
from datetime import UTC, datetime

from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.private_flow import flow
from models.database import engine
from models.routing import process_queue


@flow(name="place-leads", flow_run_name="assign queued leads")
async def place_leads() -> State[None]:
    """Assign queued leads to reps who are available, the oldest first, and notify managers of the others.

    The clock runs this when it is due. Starting it by hand as well, or twice at the same time, does no harm.
    """
    rounds = await asyncio.to_thread(process_whole_queue, datetime.now(UTC))
    return Completed(message="the queue was processed" if rounds else "nothing was due")


def process_whole_queue(now: datetime) -> int:
    """Process everything that is due at this moment, a transaction per round; returns the number of rounds."""
    rounds = 0
    while _process_round(now):
        rounds += 1
    return rounds


def _process_round(now: datetime) -> int:
    with engine().begin() as connection:
        return process_queue(connection, now)
