"""Remind of overdue tasks: first the assignee, then their manager; then the lead is reassigned, if so configured."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.private_flow import flow
from flows.run_artifacts import show_counts
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
    sent = await asyncio.to_thread(send_reminders_now, datetime.now(UTC))
    counts = {"assignees reminded": sent.reminded, "managers notified": sent.reported, "leads reassigned": sent.moved}
    await show_counts(counts, key="reminders", description="Overdue tasks, by what was done about them")
    return Completed(message=str(sent))


@dataclass(frozen=True)
class OverdueReport:
    """What was done about overdue tasks."""

    reminded: int
    """Tasks whose assignee was reminded."""
    reported: int
    """Tasks of which a manager was notified."""
    moved: int
    """Leads that somebody else has now."""

    def __str__(self) -> str:
        return f"{self.reminded} reminded, managers notified of {self.reported}, {self.moved} leads reassigned"


def send_reminders_now(now: datetime) -> OverdueReport:
    """Send what is due. People who have fallen behind are flagged, and leads are
    reassigned, in transactions of their own: the last locks contacts first.
    """
    with engine().begin() as connection:
        reminded, reported = send_reminders(connection, now)
    with engine().begin() as connection:
        flag_overloaded(connection, now)
    with engine().begin() as connection:
        moved = reassign_overdue_leads(connection, now)
    return OverdueReport(reminded, reported, moved)
