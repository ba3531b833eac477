"""Reassign leads from one salesperson to another, from the Prefect UI."""

import asyncio
from datetime import UTC, datetime
from enum import StrEnum

from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed
from sqlalchemy import Connection

from flows.form_choices import Salesperson
from flows.private_flow import contact_link, flow
from flows.run_artifacts import show_table
from flows.runtime.start_form import ContactReference
from models.access.ops_names import MANAGER
from models.access.redact import redact
from models.database import engine
from models.routing.lead_selection import (
    BadReassignment,
    LeadSelection,
    SelectedRep,
    find_rep,
    lock_lead,
    lock_leads_of,
)
from models.routing.new_owners import Handover
from models.routing.reassign import ReassignmentResult, reassign

LISTED = 500
"""How many leads the list in the Prefect UI shows."""


class ReassignReason(StrEnum):
    """Why, for the assignment log and the lead's page."""

    NONE = ""
    LEFT = "they have left"
    AWAY = "they are away"
    OVERLOADED = "they have too much to do"
    ASKED = "the lead asked for it"
    TERRITORY = "territories have changed"
    OTHER = "another reason"


def _run_name() -> str:
    asked = flow_run.parameters
    whose = "a lead" if asked["lead"] else f"leads of {asked['from_whom'] or 'nobody'}"
    name = redact(f"{whose} to {asked['to_whom'] or 'whom routing chooses'}")
    return f"dry run: {name}" if asked["dry_run"] else name


@flow(name="reassign-leads", flow_run_name=_run_name)
async def reassign_leads(
    from_whom: Salesperson = "",
    to_whom: Salesperson = "",
    which: LeadSelection = LeadSelection.ALL,
    lead: ContactReference = "",
    reason: ReassignReason = ReassignReason.NONE,
    dry_run: bool = True,
) -> State[None]:
    """Assign a salesperson's leads to somebody else; open tasks move with them, and each new owner gets one email.

    Starting it twice moves no lead twice. Leads that nobody is available for are queued, and listed on /routers.

    Args:
        from_whom: Who has the leads now; whoever has left comes last. Not needed when one lead is named.
        to_whom: The new owner. Empty: by the routing rules, else by the router that assigned them.
        which: Which of their leads.
        lead: Only this lead, by its number or the link of its page.
        reason: Why, for the assignment log and the lead's page.
        dry_run: Only list what would happen. Take it away to move the leads.
    """
    done, lines = await asyncio.to_thread(
        reassign_now, from_whom, to_whom, which, lead, reason, dry_run, datetime.now(UTC)
    )
    await show_table(lines, key="reassigned-leads", description=f"{'Dry run: ' * dry_run}{done}")
    return Completed(message=str(done))


def reassign_now(
    from_whom: str, to_whom: str, which: LeadSelection, lead: str, reason: str, dry_run: bool, now: datetime
) -> tuple[ReassignmentResult, list[dict[str, str]]]:
    """Reassign in one transaction, which a dry run rolls back; what became of the leads, and a row for each."""
    with engine().connect() as connection:
        before = find_rep(connection, from_whom) if from_whom.strip() else None
        after = find_rep(connection, to_whom) if to_whom.strip() else None
        contacts = _selected_leads(connection, before, which, lead.strip())
        why = reason.strip()
        done = reassign(
            connection,
            contacts,
            after,
            by="reassigned by hand",
            reason=why,
            now=now,
            mailed=Handover(by=MANAGER, reason=why),
        )
        lines = _lines(done)
        if not dry_run:
            connection.commit()
    return done, lines


def _selected_leads(connection: Connection, whose: SelectedRep | None, which: LeadSelection, lead: str) -> list[int]:
    if lead:
        return [lock_lead(connection, lead, whose)]
    if whose is None:
        raise BadReassignment("Nobody and no lead was named. Say from whom, or which lead.")
    return lock_leads_of(connection, whose, which)


def _lines(done: ReassignmentResult) -> list[dict[str, str]]:
    waiting = dict.fromkeys(done.pending, "is queued until somebody is available")
    became = {contact: f"is {name}'s" for contact, name in done.assigned.items()} | waiting | done.unchanged
    lines = [{"lead": contact_link(contact), "now": redact(became[contact])} for contact in sorted(became)[:LISTED]]
    more = len(became) - len(lines)
    return [*lines, {"lead": f"and {more} more", "now": ""}] if more else lines
