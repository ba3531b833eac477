"""SLA alerts: notify the manager, once, of a lead that nobody has tried to reach in time."""

import asyncio
from datetime import UTC, datetime

from prefect.client.schemas.objects import State
from prefect.states import Completed
from sqlalchemy import Connection

from flows.private_flow import flow
from models.database import engine
from models.response import alerts, rejected_lead_alerts


@flow(name="sound-alarms", flow_run_name="send SLA alerts")
async def sound_alarms() -> State[None]:
    """Mail each manager the leads whose first contact is overdue, as the playbook's service levels say, and all of them
    the rejected leads that nobody has repaired in time.

    The clock runs this when it is due. Each manager gets one email for all leads, and no lead is reported twice. Leads
    that are being offered or are queued have an escalation of their own.
    """
    late, rejected = await asyncio.to_thread(send_alerts_now, datetime.now(UTC))
    return Completed(message=f"{late} leads without a first contact in time, {rejected} rejected leads not repaired")


def send_alerts_now(now: datetime) -> tuple[int, int]:
    """Send the alerts that are due; returns the numbers of late leads and of rejected ones that nobody repaired."""
    with engine().begin() as connection:
        late = alerts.send_alerts(connection, now)
        return late, rejected_lead_alerts.send_rejected_lead_alerts(connection, now)


def next_alert(connection: Connection) -> datetime | None:
    """When the next alert of either kind is due; None if there is none in sight."""
    due = (alerts.next_alert(connection), rejected_lead_alerts.next_rejected_lead_alert(connection))
    return min((moment for moment in due if moment), default=None)
