"""Count mail events: delivery, opens, clicks, bounces and complaints are counted and emitted for the journeys."""

import asyncio
from datetime import UTC, datetime

from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.private_flow import flow
from models.database import engine
from models.mail.tracking import process_mail_events


@flow(name="count-mail-events", flow_run_name="count mail events")
async def count_mail_events() -> State[None]:
    """Count mail events: delivered, opened, clicked, bounced, reported as spam.

    The clock runs this some seconds after events are stored. Starting it by hand as well, or twice at the same time,
    does no harm: each event is counted once.
    """
    counted = await asyncio.to_thread(process_now, datetime.now(UTC))
    return Completed(message=f"{counted} events counted")


def process_now(now: datetime) -> int:
    """Count all events that are old enough at this moment, a transaction per batch; returns their number."""
    counted = 0
    while batch := _process_batch(now):
        counted += batch
    return counted


def _process_batch(now: datetime) -> int:
    with engine().begin() as connection:
        return process_mail_events(connection, now)
