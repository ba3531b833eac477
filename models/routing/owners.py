"""Who has a lead, and what a lead gets that has nobody yet."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, text

from models.routing.set_owner import LOCK

OWNERS = text("""
SELECT c.id, rep.id AS rep_id, rep.name, coalesce(rep.active, false) AS active,
       (SELECT p.id FROM placement p WHERE p.contact_id = c.id AND p.settled_at IS NULL AND p.offered) AS on_offer
FROM contact c LEFT JOIN rep ON rep.id = c.owner_id WHERE c.id = ANY(:contacts)
""")


class Owner(NamedTuple):
    """Who has the lead now."""

    name: str
    kept: bool = False
    """They had it before."""
    router: str | None = None
    how: str | None = None
    """The router's kind."""
    because: str | None = None


class Waiting(NamedTuple):
    """Nobody has got it yet; the event `lead_placed` with the placement as its topic tells when somebody has."""

    placement: int
    router: str
    offered: bool
    """People are being asked one after the other; otherwise it waits until somebody is available."""
    because: str


class Present(NamedTuple):
    """How a contact stands before it is routed."""

    rep_id: int | None
    name: str | None
    active: bool
    """Whether it has an owner who is still with us."""
    on_offer: int | None
    """The placement by which it is being offered."""


def hold(connection: Connection, contacts: Sequence[int]) -> dict[int, Present]:
    """How contacts stand, and until the transaction ends nobody else changes it."""
    connection.execute(LOCK, {"contacts": list(contacts)})
    rows = connection.execute(OWNERS, {"contacts": list(contacts)})
    return {row.id: Present(row.rep_id, row.name, row.active, row.on_offer) for row in rows}
