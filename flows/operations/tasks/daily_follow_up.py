"""Daily follow-up check: at the end of a team's day its manager reads how the day's leads were followed up."""

import asyncio
from datetime import UTC, datetime

from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.private_flow import flow
from models.database import engine
from models.response.daily_check import send_checks


@flow(name="daily-follow-up-check", flow_run_name="daily follow-up check")
async def daily_follow_up_check() -> State[None]:
    """Mail the check to the manager of every team whose day is over, once for each day.

    The clock runs this at each team's end of day, in the team's time zone; a check that was missed is sent as soon as
    the clock is back. The page /follow-up has these metrics for any day.
    """
    teams = await asyncio.to_thread(send_checks_now, datetime.now(UTC))
    return Completed(message=f"sent for {', '.join(teams)}" if teams else "nothing is due")


def send_checks_now(now: datetime) -> list[str]:
    """Send the checks that are due; returns the names of the teams."""
    with engine().begin() as connection:
        return send_checks(connection, now)
