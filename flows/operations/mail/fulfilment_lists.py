"""Send fulfilment lists: email what is to be sent by hand to the person who sends it, every week or month."""

import asyncio
from datetime import UTC, datetime

from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.private_flow import flow
from models.database import engine
from models.fulfilment.send_lists import send_lists


@flow(name="send-fulfilment-lists", flow_run_name="send lists of what is sent by hand")
async def send_fulfilment_lists() -> State[None]:
    """Mail each list of the playbook, such as the thank-you notes, on Mondays or on the first of the month.

    It runs every morning where the company is; a list that was missed is sent by the next run. Starting it twice sends
    nothing twice. What waits, and all lists that went out, are on the page /fulfilment.
    """
    sent = await asyncio.to_thread(send_lists_now, datetime.now(UTC))
    return Completed(message=f"sent {', '.join(sent)}" if sent else "nothing is due")


def send_lists_now(now: datetime) -> list[str]:
    """Send the lists that are due; returns their names."""
    with engine().begin() as connection:
        return send_lists(connection, now)
