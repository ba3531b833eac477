"""Passing leads on: to the next person who has not been asked yet; to wait; or, when everybody was asked, to nobody."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, text

from models.database import to_json
from models.playbook import Playbook
from models.routing.offers.next_in_line import Looking, NextPerson, WaitUntil, next_in_line
from models.routing.offers.notify import EXHAUSTED, tell_managers, tell_receivers
from models.routing.router import lock_routers

LOOKING = text("""
-- Whoever else looks after one of these has finished by now: the caller holds their contacts.
SELECT placement.id, placement.contact_id, placement.router, placement.lasts,
       CASE WHEN placement.anew THEN contact.owner_id END AS passed_over,
       array(SELECT rep_id FROM offer WHERE placement_id = placement.id) AS asked
FROM placement JOIN contact ON contact.id = placement.contact_id
WHERE placement.id = ANY(:placements) AND placement.offered AND placement.settled_at IS NULL
  AND NOT EXISTS (SELECT FROM offer WHERE placement_id = placement.id AND answer IS NULL)
ORDER BY placement.id
""")

OFFER = text("""
INSERT INTO offer (placement_id, contact_id, rep_id, number, offered_at, expires_at, turn, draw, candidate_set_id)
SELECT n.placement, n.contact, n.rep_id, n.number, :now, n.expires_at, n.turn, n.draw, n.candidate_set_id
FROM json_to_recordset(CAST(:rows AS json))
     AS n (placement bigint, contact bigint, rep_id bigint, number int, expires_at timestamptz, turn bigint,
           draw float8, candidate_set_id bigint)
RETURNING id
""")

ON_OFFER = text("UPDATE placement SET try_at = NULL, escalate_at = NULL WHERE id = ANY(:placements)")

WAIT = text("""
-- The managers are told once for each lead, however often it waits.
UPDATE placement SET try_at = n.try_at,
       escalate_at = CASE WHEN escalated_at IS NULL THEN coalesce(placement.escalate_at, n.escalate_at) END
FROM json_to_recordset(CAST(:rows AS json)) AS n (placement bigint, try_at timestamptz, escalate_at timestamptz)
WHERE id = n.placement
""")

EXHAUST = text("""
-- What must be given waits from now on for whoever is available, as it would without an offer.
WITH settled AS (
    UPDATE placement
    SET settled_at = CASE WHEN NOT must_be_given THEN :now END, offered = NOT must_be_given,
        try_at = CASE WHEN must_be_given THEN :now END, escalate_at = NULL,
        escalated_at = CASE WHEN must_be_given THEN :now ELSE escalated_at END,
        because = because || CASE WHEN must_be_given THEN '; nobody took the offer' ELSE '' END
    WHERE id = ANY(:placements)
    RETURNING id, contact_id, router)
INSERT INTO event (name, topic, contact_id, source, key, data, at)
SELECT 'offer_exhausted', id::text, contact_id, 'offer', 'offer:exhausted:' || id,
       jsonb_build_object('router', router,
                          'asked', (SELECT count(*) FROM offer WHERE placement_id = settled.id)), :now
FROM settled
""")


def pass_on(connection: Connection, playbook: Playbook, placements: Sequence[int], now: datetime) -> None:
    """Find the next person for each of these that is open and has no open offer. The caller holds their contacts."""
    if not placements:
        return
    groups: defaultdict[str, list[Looking]] = defaultdict(list)
    for row in connection.execute(LOOKING, {"placements": list(placements)}):
        groups[row.router].append(Looking(*row))
    lock_routers(connection, playbook, groups)
    for router in sorted(groups):
        _through(connection, playbook, router, groups[router], now)


def _through(connection: Connection, playbook: Playbook, router: str, group: Sequence[Looking], now: datetime) -> None:
    chosen = list(next_in_line(connection, playbook, router, group, now))
    _offer(connection, playbook, [(one, next_) for one, next_ in chosen if isinstance(next_, NextPerson)], now)
    _wait(connection, [(one, next_) for one, next_ in chosen if isinstance(next_, WaitUntil)])
    _exhaust(connection, playbook, [one.id for one, next_ in chosen if next_ is None], now)


def _offer(
    connection: Connection, playbook: Playbook, chosen: Sequence[tuple[Looking, NextPerson]], now: datetime
) -> None:
    if not chosen:
        return
    rows = [
        {"placement": one.id, "contact": one.contact_id, "number": len(one.asked) + 1, **asdict(person)}
        for one, person in chosen
    ]
    offers = connection.execute(OFFER, {"rows": to_json(rows), "now": now}).scalars().all()
    connection.execute(ON_OFFER, {"placements": [one.id for one, _ in chosen]})
    tell_receivers(connection, playbook, offers, now)


def _wait(connection: Connection, chosen: Sequence[tuple[Looking, WaitUntil]]) -> None:
    if chosen:
        rows = [{"placement": one.id, **asdict(wait)} for one, wait in chosen]
        connection.execute(WAIT, {"rows": to_json(rows)})


def _exhaust(connection: Connection, playbook: Playbook, placements: Sequence[int], now: datetime) -> None:
    if placements:
        connection.execute(EXHAUST, {"placements": list(placements), "now": now})
        tell_managers(connection, playbook, EXHAUSTED, placements, now)
