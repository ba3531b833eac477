"""Count mail events: what providers and our own links told of mails is written down and passed on to the journeys."""

import asyncio
from datetime import UTC, datetime

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from models.database import engine
from models.mail.tracking import process_mail_events


@flow(name="count-mail-events", flow_run_name="count mail events")
async def count_mail_events() -> State[None]:
    """Count what was told of mails: delivered, opened, clicked, come back, called spam.

    The clock does this by itself some seconds after it was told; starting it by hand, or twice at once, changes nothing
    but sooner, for each event is counted once.
    """
    counted = await asyncio.to_thread(process_now, datetime.now(UTC))
    return Completed(message=f"{counted} events counted")


def process_now(now: datetime) -> int:
    """Count everything that is old enough at this moment, a transaction per batch; gives how many events."""
    counted = 0
    while batch := _process_batch(now):
        counted += batch
    return counted


def _process_batch(now: datetime) -> int:
    with engine().begin() as connection:
        return process_mail_events(connection, now)
