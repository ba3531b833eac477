"""Selects and locks the leads to reassign: all of a rep's, those with open tasks, or one."""

from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, text

from models.database import locking_contacts

REP = text("SELECT id, name, email, active FROM rep WHERE email = :email")

# Locked, so that of two transactions that move the same leads the second finds them moved.
LEADS = text(
    locking_contacts("""
SELECT contact.id FROM contact
WHERE contact.owner_id = :rep AND (:all OR EXISTS (
    SELECT FROM task WHERE task.contact_id = contact.id AND task.done_at IS NULL AND task.closed_at IS NULL))
""")
)

ONE_LEAD = text(
    locking_contacts("SELECT id, owner_id FROM contact WHERE email = lower(:lead) OR CAST(id AS text) = :lead")
)


class BadReassignment(ValueError):
    """Leads that cannot be moved so; the sentence says what was found, and what was expected."""


class LeadSelection(StrEnum):
    """Which of somebody's leads."""

    ALL = "all their leads"
    OPEN = "leads with an open task"


class SelectedRep(NamedTuple):
    """A salesperson, active or not."""

    id: int
    name: str
    email: str
    active: bool


def find_rep(connection: Connection, email: str) -> SelectedRep:
    """The salesperson of an email. Raises BadReassignment when there is none."""
    found = connection.execute(REP, {"email": email.strip().lower()}).one_or_none()
    if found is None:
        raise BadReassignment(f"Nobody here has the email {email.strip()!r}. Give it as it stands in the playbook.")
    return SelectedRep(*found)


def lock_leads_of(connection: Connection, whose: SelectedRep, which: LeadSelection) -> list[int]:
    """Lock the leads of a rep until the transaction ends; returns their ids."""
    return list(connection.execute(LEADS, {"rep": whose.id, "all": which is LeadSelection.ALL}).scalars())


def lock_lead(connection: Connection, lead: str, whose: SelectedRep | None) -> int:
    """Lock the lead with this email or number; with `whose` it must belong to that rep. Raises BadReassignment."""
    found = connection.execute(ONE_LEAD, {"lead": lead}).one_or_none()
    if found is None:
        raise BadReassignment(f"No lead has the email or number {lead!r}. Its page says both.")
    if whose and found.owner_id != whose.id:
        raise BadReassignment(f"{lead} is not {whose.name}'s lead (any more). To move it anyway, leave out from whom.")
    return int(found.id)
