"""Beginning to offer leads: a placement for each, and the first offer."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from models.database import to_json
from models.playbook import Playbook, current
from models.routing.offers.advance import pass_on
from models.routing.offers.terms import terms
from models.routing.queue import placements_of
from models.routing.set_owner import LOCK

PLACE = text("""
-- A lead that looks for an owner already keeps on looking in the way that was begun.
INSERT INTO placement (contact_id, router, because, lasts, offered, anew, must_be_given, asked_at)
SELECT n.contact, n.router, n.because, n.lasts, true, :anew, :must_be_given, :now
FROM json_to_recordset(CAST(:rows AS json)) AS n (contact bigint, router text, because text, lasts int)
ON CONFLICT (contact_id) WHERE settled_at IS NULL DO NOTHING
""")

Wanted = tuple[int, str, str, timedelta | None]
"""A contact, the router whose members are asked, what chose that router, and how long each offer lasts (None: as the
router's terms say)."""


def begin(
    connection: Connection,
    wanted: Sequence[Wanted],
    now: datetime,
    *,
    anew: bool = False,
    must_be_given: bool = False,
) -> dict[int, int]:
    """Offer leads to the first in line of their routers; gives contact -> placement. The caller commits.

    With `anew` the present owner is passed over. It ends with the event `lead_placed`, or `offer_exhausted` when nobody
    took it, both with the placement as their topic; with `must_be_given` the router gives it to whose turn it is then.
    Raises NobodyThere for a router that does not exist.
    """
    playbook = current(connection)
    contacts = [contact for contact, *_ in wanted]
    connection.execute(LOCK, {"contacts": contacts})
    rows = [
        {"contact": contact, "router": router, "because": because, "lasts": _seconds(playbook, router, lasts)}
        for contact, router, because, lasts in wanted
    ]
    values = {"rows": to_json(rows), "anew": anew, "must_be_given": must_be_given, "now": now}
    connection.execute(PLACE, values)
    placed = placements_of(connection, contacts)
    pass_on(connection, playbook, list(placed.values()), now)
    return placed


def _seconds(playbook: Playbook, router: str, lasts: timedelta | None) -> int:
    return int((lasts or terms(playbook, router).lasts).total_seconds())
