"""Selects and locks the leads to reassign: all of a rep's, those with open tasks, or one."""

from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, text

from models.contacts.typed_contacts import typed_contacts
from models.database import locking_contacts
from models.team.typed_rep import NoSuchRep, typed_rep

REP = text("SELECT id, name, email, active FROM rep WHERE id = :id")

# Locked, so that of two transactions that move the same leads the second finds them moved.
LEADS = text(
    locking_contacts("""
SELECT contact.id FROM contact
WHERE contact.owner_id = :rep AND (:all OR EXISTS (
    SELECT FROM task WHERE task.contact_id = contact.id AND task.done_at IS NULL AND task.closed_at IS NULL))
""")
)

ONE_LEAD = text(locking_contacts("SELECT id, owner_id FROM contact WHERE id = :lead"))


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


def find_rep(connection: Connection, typed: str) -> SelectedRep:
    """The salesperson of a name, a number or an email. Raises BadReassignment when there is none, or several."""
    try:
        return SelectedRep(*connection.execute(REP, {"id": typed_rep(connection, typed)}).one())
    except NoSuchRep as error:
        raise BadReassignment(str(error)) from None


def lock_leads_of(connection: Connection, whose: SelectedRep, which: LeadSelection) -> list[int]:
    """Lock the leads of a rep until the transaction ends; returns their ids."""
    return list(connection.execute(LEADS, {"rep": whose.id, "all": which is LeadSelection.ALL}).scalars())


def lock_lead(connection: Connection, lead: str, whose: SelectedRep | None) -> int:
    """Lock the lead of a number, link or email; with `whose` it must belong to that rep. Raises BadReassignment."""
    ids, _ = typed_contacts(connection, [lead])
    found = connection.execute(ONE_LEAD, {"lead": ids[0]}).one_or_none() if ids else None
    if found is None:
        raise BadReassignment(f"No lead is {lead!r}. Give its number, or the link of its page.")
    if whose and found.owner_id != whose.id:
        raise BadReassignment(f"{lead} is not {whose.name}'s lead (any more). To move it anyway, leave out from whom.")
    return int(found.id)
