"""Work off actions for many contacts in batches that each commit whole; whoever is killed leaves the rest to others."""

import asyncio
from datetime import UTC, datetime

from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.private_flow import flow
from flows.run_artifacts import begin_progress, show_table
from models.bulk_actions.actions import (
    KINDS,
    BulkActionState,
    begin_action,
    open_actions,
    perform_batch,
    read_action,
)
from models.database import engine
from models.stop_request import is_stop_requested
from models.wording import counted

PROGRESS_EVERY = 20
"""Batches between two looks at how far it is."""


@flow(name="act-on-contacts", flow_run_name="act on contacts")
async def act_on_contacts() -> State[None]:
    """Do what people asked for on the page of contacts, for all contacts that they had found."""
    with engine().connect() as connection:
        waiting = open_actions(connection)
    done = await work_off(waiting)
    handled = sum(action.handled for action in done)
    return Completed(message=f"{counted(len(done), 'action')}, {counted(handled, 'contact')} dealt with")


async def work_off(actions: list[int]) -> list[BulkActionState]:
    """Work off these actions, a batch of each in turn, so that a long one delays no short one; how they stand then."""
    contacts = {action: await asyncio.to_thread(_begin, action) for action in actions}
    progress = await begin_progress("act-on-contacts", "Contacts dealt with")
    batches, going = 0, list(actions)
    while going and not is_stop_requested():
        going = [action for action in going if await asyncio.to_thread(_perform, action, contacts[action])]
        batches += 1
        if batches % PROGRESS_EVERY == 0:
            await progress.reach(*_dealt_with(await asyncio.to_thread(_read, actions)))
    states = await asyncio.to_thread(_read, actions)
    await progress.reach(*_dealt_with(states))
    await _list(states)
    return states


def _begin(action: int) -> list[int]:
    with engine().begin() as connection:
        return begin_action(connection, action, datetime.now(UTC))


def _perform(action: int, contacts: list[int]) -> bool:
    with engine().begin() as connection:
        return perform_batch(connection, action, contacts, datetime.now(UTC))


def _read(actions: list[int]) -> list[BulkActionState]:
    with engine().connect() as connection:
        return [found for action in actions if (found := read_action(connection, action))]


def _dealt_with(states: list[BulkActionState]) -> tuple[int, int]:
    """Of how many contacts so far, and of how many in all."""
    return sum(state.handled for state in states), sum(state.found or 0 for state in states)


async def _list(states: list[BulkActionState]) -> None:
    """What was done, by numbers alone."""
    rows = [
        {
            "action": str(state.id),
            "what": state.kind if state.kind in KINDS else "",
            "found": f"{state.found or 0:,}",
            "dealt with": f"{state.handled:,}",
            "changed": f"{state.changed:,}",
            "ended early": "yes" if state.problem else "",
        }
        for state in states
    ]
    await show_table(rows, key="acted-on-contacts", description="Actions for all contacts found")
