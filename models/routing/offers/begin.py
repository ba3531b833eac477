"""Opens a placement for each lead and makes its first offer."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from models.database import lock_contacts, to_json
from models.playbook import Playbook, current_playbook
from models.routing.assignment.queue import open_placements
from models.routing.offers.advance import offer_to_next
from models.routing.offers.terms import offer_terms

INSERT_PLACEMENTS = text("""
-- A contact with an open placement keeps it.
INSERT INTO placement (contact_id, router, reason, lasts, offered, anew, assign_if_exhausted, queued_at)
SELECT n.contact, n.router, n.reason, n.lasts, true, :anew, :assign_if_exhausted, :now
FROM json_to_recordset(CAST(:rows AS json)) AS n (contact bigint, router text, reason text, lasts int)
ON CONFLICT (contact_id) WHERE closed_at IS NULL DO NOTHING
""")

OfferRequest = tuple[int, str, str, timedelta | None]
"""A contact, the router whose members are asked, what chose that router, and how long each offer lasts (None: as the
router's terms say)."""


def offer_leads(
    connection: Connection,
    wanted: Sequence[OfferRequest],
    now: datetime,
    *,
    anew: bool = False,
    assign_if_exhausted: bool = False,
) -> dict[int, int]:
    """Offer leads to the first in line of their routers; gives contact -> placement. The caller commits.

    With `anew` the present owner is passed over. It ends with the event `lead_placed`, or `offer_exhausted` when nobody
    took it, both with the placement as their topic; with `assign_if_exhausted` the router then assigns it to the next
    in turn. Raises UnknownRouter for a router that does not exist.
    """
    playbook = current_playbook(connection)
    contacts = [contact for contact, *_ in wanted]
    lock_contacts(connection, contacts)
    rows = [
        {"contact": contact, "router": router, "reason": reason, "lasts": _offer_seconds(playbook, router, lasts)}
        for contact, router, reason, lasts in wanted
    ]
    values = {"rows": to_json(rows), "anew": anew, "assign_if_exhausted": assign_if_exhausted, "now": now}
    connection.execute(INSERT_PLACEMENTS, values)
    placed = open_placements(connection, contacts)
    offer_to_next(connection, playbook, list(placed.values()), now)
    return placed


def _offer_seconds(playbook: Playbook, router: str, lasts: timedelta | None) -> int:
    return int((lasts or offer_terms(playbook, router).lasts).total_seconds())
