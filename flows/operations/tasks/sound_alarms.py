"""Sound alarms: a lead that nobody has tried to reach in time is told to the manager, once."""

import asyncio
from datetime import UTC, datetime

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from models.database import engine
from models.response import alerts


@flow(name="sound-alarms", flow_run_name="sound alarms")
async def sound_alarms() -> State[None]:
    """Mail each manager the leads whose first contact is overdue, as the playbook's service levels say.

    The clock does this by itself. One mail to each, however many leads there are, and no lead twice. A lead that is
    being offered, or that waits for somebody to be available, is told by its own escalation.
    """
    late = await asyncio.to_thread(send_alerts_now, datetime.now(UTC))
    return Completed(message=f"{late} leads without a first contact in time")


def send_alerts_now(now: datetime) -> int:
    """Do it; gives how many leads are late."""
    with engine().begin() as connection:
        return alerts.send_alerts(connection, now)
