"""Note on which days a salesperson is away, or withdraw that, from the Prefect UI."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.form_choices import Salesperson
from flows.private_flow import flow
from flows.run_artifacts import show_table
from models.database import engine
from models.team.absences import current_absences, withdraw_absence
from models.team.absences import note_absence as note


class Change(StrEnum):
    """What is noted."""

    AWAY = "away on these days"
    THERE = "there on these days after all"


class AbsenceReason(StrEnum):
    """What colleagues may read."""

    NONE = ""
    VACATION = "vacation"
    ILLNESS = "sick leave"
    PARENTS = "parental leave"
    TRAINING = "training"
    TRAVEL = "business trip"
    OTHER = "another reason"


@flow(name="note-absence", flow_run_name="{who}: {change.value}")
async def note_absence(
    who: Salesperson,
    first_day: date,
    last_day: date,
    reason: AbsenceReason = AbsenceReason.NONE,
    change: Change = Change.AWAY,
) -> State[None]:
    """Note on which days a salesperson is away: a vacation, a sick leave. They get no leads on these days.

    Absences that overlap become one. Leads that they have stay theirs; reassign-leads moves them.

    Args:
        who: The salesperson.
        first_day: The first day, in the days of where they work.
        last_day: The last day on which they are away.
        reason: What colleagues may read.
        change: Whether they are away on these days, or there after all, as when somebody comes back early.
    """
    sentence, away = await asyncio.to_thread(note_now, who, first_day, last_day, reason, change, datetime.now(UTC))
    await show_table(away, key="who-is-away", description="Who is away, now or to come")
    return Completed(message=sentence)


def note_now(
    who: str, first_day: date, last_day: date, reason: str, change: Change, now: datetime
) -> tuple[str, list[dict[str, str]]]:
    """Note or withdraw an absence; a sentence about it, and a row for every absence, now or to come."""
    with engine().begin() as connection:
        if change is Change.AWAY:
            sentence = note(connection, who, first_day, last_day, reason.strip() or None, now)
        else:
            sentence = withdraw_absence(connection, who, first_day, last_day, now)
        # In the westernmost time zones it is still yesterday.
        away = current_absences(connection, (now - timedelta(hours=12)).date())
    return sentence, [{name: str(value) for name, value in row.items()} for row in away]
