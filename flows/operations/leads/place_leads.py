"""Assign queued leads to reps who are available by now, and escalate the others to managers."""

import asyncio
from datetime import UTC, datetime

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from models.database import engine
from models.routing import process_queue


@flow(name="place-leads", flow_run_name="place waiting leads")
async def place_leads() -> State[None]:
    """Give leads that wait for somebody to whoever is available, the oldest first, and tell managers of the others.

    The clock does this by itself at the moment; starting it by hand, or twice at once, changes nothing but sooner.
    """
    rounds = await asyncio.to_thread(process_whole_queue, datetime.now(UTC))
    return Completed(message="everything that waited was looked at" if rounds else "nothing was due")


def process_whole_queue(now: datetime) -> int:
    """Look at everything that is due at this moment, a transaction per round; gives how many rounds that took."""
    rounds = 0
    while _process_round(now):
        rounds += 1
    return rounds


def _process_round(now: datetime) -> int:
    with engine().begin() as connection:
        return process_queue(connection, now)
