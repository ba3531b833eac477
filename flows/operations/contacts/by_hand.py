"""Actions for all contacts that fit a condition, from the Prefect UI: first a dry run, then for real."""

import asyncio
from datetime import UTC, datetime
from enum import StrEnum
from uuid import uuid4

from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows.form_choices import FieldOfContacts, JourneyTitle, RouterName, Salesperson, TaskKind
from flows.operations.contacts.work_off import work_off
from flows.private_flow import WithoutAddress, contact_link, flow
from flows.run_artifacts import show_table
from flows.runtime.start_form import Segment
from models.access.redact import redact
from models.bulk_actions.actions import BadChoice, Choices, Preview, Selection, ask_for, preview
from models.conditions.parse import BadCondition
from models.contacts.views.find import select_ids
from models.contacts.views.known import known_words
from models.database import engine
from models.mail.ops_decision import MailDecision
from models.wording import counted

LISTED = 500
"""How many contacts the list of a dry run shows."""
BY = "ops in Prefect"
NOBODY_NAMED = "Nothing was done. No condition was given: write one, or `created_at is not None` for everybody."


class BulkMailDecision(StrEnum):
    """What can be decided for many; that somebody asked for mail again is known of one person only."""

    UNSUBSCRIBE = MailDecision.UNSUBSCRIBE
    BLOCK_ALL = MailDecision.BLOCK_ALL
    LIFT_SUPPRESSION = MailDecision.LIFT_SUPPRESSION


def _run_name() -> str:
    """What, without whom: Prefect keeps the names of runs."""
    asked = flow_run.parameters
    return "dry run" if asked.get("dry_run", True) else "for all who fit"


@flow(name="start-journey-for-contacts", flow_run_name=_run_name)
async def start_journey(journey: JourneyTitle, segment: Segment, dry_run: bool = True) -> State[None]:
    """Put all contacts who fit a condition on a journey. Who is on it stays where they are.

    Args:
        journey: The journey.
        segment: For whom, such as: state == "CA" and stage == "mql"
        dry_run: Only say how many it would be, and list them. Take it away to start the journey.
    """
    return await _act("journey", segment, {"journey": journey}, dry_run=dry_run)


@flow(name="assign-contacts", flow_run_name=_run_name)
async def assign_contacts(
    segment: Segment,
    to_whom: Salesperson = "",
    router: RouterName = "",
    reason: WithoutAddress = "",
    dry_run: bool = True,
) -> State[None]:
    """Give all contacts who fit a condition to a salesperson, or to whom a router chooses. Open tasks move along.

    Args:
        segment: Which contacts, such as: owner is None and state == "CA"
        to_whom: The new owner.
        router: Or the router that chooses one for each.
        reason: Why, for the assignment log and the contacts' pages.
        dry_run: Only say how many it would be, and list them. Take it away to assign them.
    """
    return await _act("assign", segment, {"rep": to_whom, "router": router, "reason": reason}, dry_run=dry_run)


@flow(name="give-tasks-about-contacts", flow_run_name=_run_name)
async def give_tasks(
    task: TaskKind, segment: Segment, who: Salesperson = "", note: WithoutAddress = "", dry_run: bool = True
) -> State[None]:
    """Give a task about each contact who fits a condition.

    Args:
        task: What is to be done, as the playbook says.
        segment: About whom, such as: stage == "sql" and task is None
        who: Who shall do it; empty: the owner of each contact.
        note: What is to be done, for whoever does it.
        dry_run: Only say how many tasks it would be, and list them. Take it away to give them.
    """
    return await _act("task", segment, {"task": task, "rep": who, "note": note}, dry_run=dry_run)


@flow(name="set-field-of-contacts", flow_run_name=_run_name)
async def set_field(
    field: FieldOfContacts, segment: Segment, value: WithoutAddress = "", dry_run: bool = True
) -> State[None]:
    """Set a field of all contacts who fit a condition to one value. Their timelines say what it was before.

    Args:
        field: The field.
        segment: Of whom, such as: company == "Northlight Dental"
        value: What it shall be; empty: nothing.
        dry_run: Only say how many it would be, and list them. Take it away to set the field.
    """
    return await _act("field", segment, {"field": field, "value": value}, dry_run=dry_run)


@flow(name="decide-mail-to-contacts", flow_run_name=_run_name)
async def decide_mail(
    decision: BulkMailDecision, segment: Segment, reason: WithoutAddress = "", dry_run: bool = True
) -> State[None]:
    """Stop mail to all contacts who fit a condition, or allow it again. Who said no themselves keeps their no.

    Args:
        decision: What to do.
        segment: Which contacts, such as: source == "trade-fair" and last_activity is None
        reason: Why, for their timelines.
        dry_run: Only say how many it would be, and list them. Take it away to decide.
    """
    return await _act(
        "mail", segment, {"decision": BulkMailDecision(decision).value, "reason": reason}, dry_run=dry_run
    )


async def _act(kind: str, segment: str, choices: Choices, *, dry_run: bool) -> State[None]:
    selection = Selection(segment.strip())
    if not selection.condition:
        return Failed(message=NOBODY_NAMED)
    try:
        if dry_run:
            seen, listed = await asyncio.to_thread(_look, kind, selection, choices)
            await _list(listed, seen)
            return Completed(message=redact(" ".join([f"{seen.whom} would: {seen.sentence}.", *seen.remarks])))
        action = await asyncio.to_thread(_ask, kind, selection, choices)
    except (BadCondition, BadChoice) as error:
        return Failed(message=f"Nothing was done. {error}")
    (state,) = await work_off([action])
    said = f"{counted(state.handled, 'contact')} dealt with, {state.changed:,} changed"
    return Failed(message=f"{said}. {state.problem}") if state.problem else Completed(message=said)


def _look(kind: str, selection: Selection, choices: Choices) -> tuple[Preview, list[int]]:
    with engine().connect() as connection:
        seen = preview(connection, kind, selection, choices)
        conditions = selection.conditions(known_words(connection))
        return seen, list(connection.execute(select_ids(conditions).limit(LISTED)).scalars())


def _ask(kind: str, selection: Selection, choices: Choices) -> int:
    # A flow run that Prefect starts once more goes on with its own action.
    key = f"prefect:{flow_run.id or uuid4()}"
    with engine().begin() as connection:
        action, _ = ask_for(connection, kind, selection, choices, by=BY, key=key, now=datetime.now(UTC))
    return action


async def _list(contacts: list[int], seen: Preview) -> None:
    """Whom a dry run is about, by numbers that lead to their pages."""
    rows = [{"contact": contact_link(contact)} for contact in contacts]
    await show_table(rows, key="found-contacts", description=f"Dry run: {seen.whom}, at most {LISTED} are listed")
