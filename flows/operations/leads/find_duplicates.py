"""Find contacts that may be one person, every night."""

import asyncio
from datetime import UTC, datetime

from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.private_flow import flow
from models.database import engine
from models.merging.duplicates import find_duplicates as search
from models.wording import counted


@flow(name="find-duplicates", flow_run_name="compare all contacts")
async def find_duplicates() -> State[None]:
    """Compare all contacts by mailbox, number, name with company or address, and sender's id; list those that may be
    one person on /duplicates, the likeliest first.

    Nothing is merged. What a person has decided on that page stays. Running it twice changes nothing.
    """
    found = await asyncio.to_thread(search, engine(), datetime.now(UTC))
    return Completed(message=f"{counted(found, 'pair')} of contacts may be one person: see /duplicates")
