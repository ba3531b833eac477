"""Takes in the leads that wait on disk, as soon as Postgres is back; runs as long as the web process does."""

import asyncio
import logging

from models.leads.intake.spool import take_in_waiting

log = logging.getLogger("tend.leads")

PAUSE_SECONDS = 5.0


async def keep_taking_in() -> None:
    """Look every PAUSE_SECONDS, until cancelled. An error ends one look, not the looking."""
    while True:
        try:
            if taken := await asyncio.to_thread(take_in_waiting):
                log.warning("%d leads that waited on disk were taken in.", taken)
        except Exception:
            log.exception("The leads that wait on disk could not be looked at; they stay there.")
        await asyncio.sleep(PAUSE_SECONDS)
