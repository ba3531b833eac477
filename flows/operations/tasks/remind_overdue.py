"""Remind of overdue tasks: first whoever was asked, then their manager, then it goes to somebody else, if so set."""

import asyncio
from datetime import UTC, datetime

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from models.database import engine
from models.routing.reassign_overdue import reassign_overdue_leads
from models.tasks.reminders import send_reminders


@flow(name="remind-overdue-tasks", flow_run_name="remind of overdue tasks")
async def remind_overdue_tasks() -> State[None]:
    """Mail everyone who has an overdue task, once for each reminder that the playbook sets.

    Managers are told in between, one mail for all tasks of an hour, and what lies for too long goes to somebody else,
    both as the playbook says under service_levels. Starting it twice, or beside the clock, sends nothing twice.
    """
    return Completed(message=await asyncio.to_thread(send_reminders_now, datetime.now(UTC)))


def send_reminders_now(now: datetime) -> str:
    """Do it and say what was done. Leads go in a transaction of their own, which locks contacts first, as turns do."""
    with engine().begin() as connection:
        reminded, told = send_reminders(connection, now)
    with engine().begin() as connection:
        moved = reassign_overdue_leads(connection, now)
    return f"{reminded} reminded, managers told of {told}, {moved} leads given to somebody else"
