"""SLA alerts: notify the manager, once, of a lead that nobody has tried to reach in time."""

import asyncio
from datetime import UTC, datetime

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from models.database import engine
from models.response import alerts


@flow(name="sound-alarms", flow_run_name="send SLA alerts")
async def sound_alarms() -> State[None]:
    """Mail each manager the leads whose first contact is overdue, as the playbook's service levels say.

    The clock runs this when it is due. Each manager gets one email for all leads, and no lead is reported twice. Leads
    that are being offered or are queued have an escalation of their own.
    """
    late = await asyncio.to_thread(send_alerts_now, datetime.now(UTC))
    return Completed(message=f"{late} leads without a first contact in time")


def send_alerts_now(now: datetime) -> int:
    """Send the alerts that are due; returns the number of leads."""
    with engine().begin() as connection:
        return alerts.send_alerts(connection, now)
