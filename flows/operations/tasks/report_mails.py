"""Mails with the numbers of the reports: every morning or Monday, and the review of each month."""

import asyncio
from datetime import UTC, datetime

from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.private_flow import flow
from models.database import engine
from models.kpi.mails import send_report_mails


@flow(name="report-mails", flow_run_name="report mails")
async def report_mails() -> State[None]:
    """Mail the numbers to whoever leads a team, and everybody's to the company's inbox.

    How often they come stands in the playbook under reports, mail: every working day or on Mondays, and the review on
    the first working day of a month, each at seven in the company's time zone and once. The clock runs this; a mail
    that was missed goes out as soon as the clock is back, and none before its days are counted.
    """
    sent = await asyncio.to_thread(send_report_mails_now, datetime.now(UTC))
    return Completed(message=f"sent {', '.join(sent)}" if sent else "nothing is due")


def send_report_mails_now(now: datetime) -> list[str]:
    """Send the mails that are due; returns what was sent."""
    with engine().begin() as connection:
        return send_report_mails(connection, now)
