"""Leads that wait for a router which the playbook no longer has: they go where the rules lead them now."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.database import to_json
from models.playbook import Playbook
from models.playbook.routing import RouterEntry
from models.routing.rules import route_by_rules
from models.routing.waiting import take_waiting

GO_ELSEWHERE = text("""
-- The placement stays the same, so that runs which wait for it are told.
UPDATE placement p
SET router = n.router, because = n.because, offered = n.lasts IS NOT NULL, must_be_given = n.lasts IS NOT NULL,
    lasts = n.lasts, try_at = :now
FROM json_to_recordset(CAST(:rows AS json)) AS n (contact bigint, router text, because text, lasts int)
WHERE p.contact_id = n.contact AND p.settled_at IS NULL AND NOT p.offered
""")


def leave_gone_routers(connection: Connection, playbook: Playbook, routers: Sequence[str], now: datetime) -> None:
    """Let the leads of those of these routers that are gone wait for another one; without a rule they stay."""
    known = {router.name: router for router in playbook.routers}
    for router in routers:
        if router not in known:
            waiting = take_waiting(connection, router, now)
            ways = route_by_rules(connection, playbook, [lead.contact_id for lead in waiting])
            rows = [_row(contact, known[there], because) for contact, (there, because) in ways.items()]
            connection.execute(GO_ELSEWHERE, {"rows": to_json(rows), "now": now})


def _row(contact: int, router: RouterEntry, because: str) -> Mapping[str, Any]:
    lasts = int(router.offer.lasts.total_seconds()) if router.offer else None
    return {"contact": contact, "router": router.name, "because": because, "lasts": lasts}
