"""Give somebody a task about contacts, from the Prefect UI."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from sqlalchemy import text

from flows.form_choices import Salesperson, TaskKind, kind_of_choice
from flows.private_flow import WithoutAddress, flow
from flows.runtime.start_form import ContactReference, Segment, StartForm, select_contacts
from models.access.redact import redact
from models.conditions.parse import BadCondition
from models.database import engine
from models.journeys.start_task import USUAL_KIND, BadTaskRequest, TaskRequest, start_tasks
from models.team.typed_rep import NoSuchRep, typed_rep
from models.wording import counted

EMAIL_OF_REP = text("SELECT email FROM rep WHERE id = :rep")


def _run_name() -> str:
    asked = flow_run.parameters
    name = redact(f"give the task “{asked['kind']}”" if asked["kind"] else "give a task")
    return f"dry run: {name}" if asked["dry_run"] else name


@flow(name="give-task", flow_run_name=_run_name)
async def give_task(
    contacts: list[ContactReference] = [],  # noqa: B006  Prefect shows the default in the form
    segment: Segment = "",
    kind: TaskKind = "",
    who: Salesperson = "",
    due: datetime | None = None,
    note: WithoutAddress = "",
    dry_run: bool = True,
) -> State[None]:
    """Give a person a task about each of these contacts: a run of the journey follow_up_task.

    Args:
        contacts: Numbers of contacts, or links of their pages.
        segment: Or a condition for which contacts, such as: state == "CA" and employees >= 50
        kind: What is to be done, as the playbook says; empty: what is usual, to follow up.
        who: Who shall do it; empty: the owner of each contact.
        due: When it is due; empty: as the kind says.
        note: What is to be done, for whoever does it.
        dry_run: Only say how many tasks it would be. Take it away to give them.
    """
    form = StartForm(contacts, segment, dry_run)
    try:
        given, asked = await asyncio.to_thread(give_tasks_now, form, kind, who, due, note, datetime.now(UTC))
    except (BadCondition, BadTaskRequest, NoSuchRep) as error:
        return Failed(message=f"Nothing was done. {error}")
    return Completed(message=f"{'Would give' if dry_run else 'Gave'} {counted(given, 'task')}{asked}")


def give_tasks_now(
    form: StartForm, kind: str, who: str, due: datetime | None, note: str, now: datetime
) -> tuple[int, str]:
    """Ask for the tasks; how many are new, and a part of a sentence about contacts that were not found.

    Raises BadCondition, BadTaskRequest or NoSuchRep, and asks for nothing.
    """
    with engine().connect() as connection:
        selected = select_contacts(connection, form)
        assignee = None
        if who.strip():
            assignee = str(connection.execute(EMAIL_OF_REP, {"rep": typed_rep(connection, who)}).scalar_one())
        asked = kind_of_choice(connection, kind) if kind.strip() else USUAL_KIND
        requests = _requests(selected.contacts, asked, assignee, due, note, now)
        given = start_tasks(connection, requests, now)
        if not form.dry_run:
            connection.commit()
    return given, selected.unknown_sentence


def _requests(
    contacts: Sequence[int], kind: str, assignee: str | None, due: datetime | None, note: str, now: datetime
) -> list[TaskRequest]:
    """One for each contact, known by the moment of this run."""
    at = due if due is None or due.tzinfo else due.replace(tzinfo=UTC)
    return [
        TaskRequest(
            contact_id=contact,
            kind=kind,
            assignee=assignee,
            due_at=at,
            note=note,
            by="ops",
            key=f"ops:{now:%FT%T.%f}:{contact}",
        )
        for contact in contacts
    ]
