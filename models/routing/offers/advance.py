"""Advances placements without an open offer: to the next rep, to a retry later, or to exhausted."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, text

from models.database import to_json
from models.events.emit import emit_from
from models.playbook import Playbook
from models.routing.assignment.router import lock_routers
from models.routing.offers.next_in_line import NextRep, RetryLater, UnofferedLead, next_in_line
from models.routing.offers.notify import EXHAUSTED_TEMPLATE, notify_managers, notify_offered_reps

UNOFFERED_LEADS = text("""
-- Whoever else looks after one of these has finished by now: the caller holds their contacts.
SELECT placement.id, placement.contact_id, placement.router, placement.lasts,
       CASE WHEN placement.anew THEN contact.owner_id END AS passed_over,
       array(SELECT rep_id FROM offer WHERE placement_id = placement.id) AS asked
FROM placement JOIN contact ON contact.id = placement.contact_id
WHERE placement.id = ANY(:placements) AND placement.offered AND placement.closed_at IS NULL
  AND NOT EXISTS (SELECT FROM offer WHERE placement_id = placement.id AND answer IS NULL)
ORDER BY placement.id
""")

INSERT_OFFERS = text("""
INSERT INTO offer (placement_id, contact_id, rep_id, number, offered_at, expires_at, router_number, draw,
                   candidate_set_id)
SELECT n.placement, n.contact, n.rep_id, n.number, :now, n.expires_at, n.router_number, n.draw, n.candidate_set_id
FROM json_to_recordset(CAST(:rows AS json))
     AS n (placement bigint, contact bigint, rep_id bigint, number int, expires_at timestamptz, router_number bigint,
           draw float8, candidate_set_id bigint)
RETURNING id
""")

CLEAR_RETRY = text("UPDATE placement SET try_at = NULL, escalate_at = NULL WHERE id = ANY(:placements)")

SCHEDULE_RETRY = text("""
-- The managers are told once for each lead, however often it waits.
UPDATE placement SET try_at = n.try_at,
       escalate_at = CASE WHEN escalated_at IS NULL THEN coalesce(placement.escalate_at, n.escalate_at) END
FROM json_to_recordset(CAST(:rows AS json)) AS n (placement bigint, try_at timestamptz, escalate_at timestamptz)
WHERE id = n.placement
""")

OFFER_EXHAUSTED = """
SELECT 'offer_exhausted', id::text, contact_id, 'offer', 'offer:exhausted:' || id,
       jsonb_build_object('router', router,
                          'asked', (SELECT count(*) FROM offer WHERE placement_id = closed.id)),
       CAST(:now AS timestamptz)
FROM closed
"""

EXHAUST = text(f"""
-- What must be given waits from now on for whoever is available, as it would without an offer.
WITH closed AS (
    UPDATE placement
    SET closed_at = CASE WHEN NOT assign_if_exhausted THEN :now END, offered = NOT assign_if_exhausted,
        try_at = CASE WHEN assign_if_exhausted THEN :now END, escalate_at = NULL,
        escalated_at = CASE WHEN assign_if_exhausted THEN :now ELSE escalated_at END,
        reason = reason || CASE WHEN assign_if_exhausted THEN '; nobody took the offer' ELSE '' END
    WHERE id = ANY(:placements)
    RETURNING id, contact_id, router)
{emit_from(OFFER_EXHAUSTED)}
""")


def offer_to_next(connection: Connection, playbook: Playbook, placements: Sequence[int], now: datetime) -> None:
    """Offer each of these placements without an open offer to the next rep. The caller has locked their contacts."""
    if not placements:
        return
    groups: defaultdict[str, list[UnofferedLead]] = defaultdict(list)
    for row in connection.execute(UNOFFERED_LEADS, {"placements": list(placements)}):
        groups[row.router].append(UnofferedLead(*row))
    lock_routers(connection, playbook, groups)
    for router in sorted(groups):
        _advance_router(connection, playbook, router, groups[router], now)


def _advance_router(
    connection: Connection, playbook: Playbook, router: str, group: Sequence[UnofferedLead], now: datetime
) -> None:
    chosen = list(next_in_line(connection, playbook, router, group, now))
    _insert_offers(connection, playbook, [(one, next_) for one, next_ in chosen if isinstance(next_, NextRep)], now)
    _schedule_retries(connection, [(one, next_) for one, next_ in chosen if isinstance(next_, RetryLater)])
    _exhaust(connection, playbook, [one.id for one, next_ in chosen if next_ is None], now)


def _insert_offers(
    connection: Connection, playbook: Playbook, chosen: Sequence[tuple[UnofferedLead, NextRep]], now: datetime
) -> None:
    if not chosen:
        return
    rows = [
        {"placement": one.id, "contact": one.contact_id, "number": len(one.offered_to) + 1, **asdict(person)}
        for one, person in chosen
    ]
    offers = connection.execute(INSERT_OFFERS, {"rows": to_json(rows), "now": now}).scalars().all()
    connection.execute(CLEAR_RETRY, {"placements": [one.id for one, _ in chosen]})
    notify_offered_reps(connection, playbook, offers, now)


def _schedule_retries(connection: Connection, chosen: Sequence[tuple[UnofferedLead, RetryLater]]) -> None:
    if chosen:
        rows = [{"placement": one.id, **asdict(wait)} for one, wait in chosen]
        connection.execute(SCHEDULE_RETRY, {"rows": to_json(rows)})


def _exhaust(connection: Connection, playbook: Playbook, placements: Sequence[int], now: datetime) -> None:
    if placements:
        connection.execute(EXHAUST, {"placements": list(placements), "now": now})
        notify_managers(connection, playbook, EXHAUSTED_TEMPLATE, placements, now)
