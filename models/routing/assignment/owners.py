"""The outcomes of routing: an assigned owner, or a pending assignment."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, text

from models.database import lock_contacts

CURRENT_OWNERS = text("""
SELECT c.id, rep.id AS rep_id, rep.name, coalesce(rep.active, false) AS active,
       (SELECT p.id FROM placement p WHERE p.contact_id = c.id AND p.closed_at IS NULL AND p.offered) AS on_offer
FROM contact c LEFT JOIN rep ON rep.id = c.owner_id WHERE c.id = ANY(:contacts)
""")


class AssignedOwner(NamedTuple):
    """Who has the lead now."""

    name: str
    kept: bool = False
    """They had it before."""
    router: str | None = None
    how: str | None = None
    """The router's kind."""
    reason: str | None = None


class PendingAssignment(NamedTuple):
    """Nobody has got it yet; the event `lead_placed` with the placement as its topic tells when somebody has."""

    placement: int
    router: str
    offered: bool
    """People are being asked one after the other; otherwise it waits until somebody is available."""
    reason: str


class CurrentOwner(NamedTuple):
    """The contact's owner and open offer before it is routed."""

    rep_id: int | None
    name: str | None
    active: bool
    """Whether it has an owner who is still with us."""
    offering_placement_id: int | None
    """The placement by which it is being offered."""


def lock_owners(connection: Connection, contacts: Sequence[int]) -> dict[int, CurrentOwner]:
    """The current owner of each of these contacts, which are locked, so nobody else changes it meanwhile."""
    lock_contacts(connection, contacts)
    rows = connection.execute(CURRENT_OWNERS, {"contacts": list(contacts)})
    return {row.id: CurrentOwner(row.rep_id, row.name, row.active, row.on_offer) for row in rows}
