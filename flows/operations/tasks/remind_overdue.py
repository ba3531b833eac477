"""Remind of overdue tasks: first the assignee, then their manager; then the lead is reassigned, if so configured."""

import asyncio
from datetime import UTC, datetime

from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.private_flow import flow
from models.database import engine
from models.routing.reassign_overdue import reassign_overdue_leads
from models.tasks.overload import flag_overloaded
from models.tasks.reminders import send_reminders


@flow(name="remind-overdue-tasks", flow_run_name="remind of overdue tasks")
async def remind_overdue_tasks() -> State[None]:
    """Mail everyone who has an overdue task, once for each reminder that the playbook sets.

    Managers are notified in between, by one email for all tasks of an hour, and leads whose task stays open for too
    long are reassigned, both as the playbook says under service_levels. Starting it twice, or beside the clock, sends
    nothing twice.
    """
    return Completed(message=await asyncio.to_thread(send_reminders_now, datetime.now(UTC)))


def send_reminders_now(now: datetime) -> str:
    """Send what is due; a sentence about it. People who have fallen behind are flagged, and leads are
    reassigned, in transactions of their own: the last locks contacts first.
    """
    with engine().begin() as connection:
        reminded, reported = send_reminders(connection, now)
    with engine().begin() as connection:
        flag_overloaded(connection, now)
    with engine().begin() as connection:
        moved = reassign_overdue_leads(connection, now)
    return f"{reminded} reminded, managers notified of {reported}, {moved} leads reassigned"
