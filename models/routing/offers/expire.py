"""Expires unanswered offers and makes the next one; retries leads that had nobody to be offered to."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from models.database import locking_contacts
from models.playbook import current_playbook
from models.routing.offers.advance import offer_to_next
from models.routing.offers.notify import WAITING_TEMPLATE, notify_managers

BATCH = 1000
"""Leads per transaction."""

HAS_ENDED = "offer.expires_at <= :now OR NOT rep.active OR placement.closed_at IS NOT NULL"

ENDED = f"""
    SELECT offer.id, CASE WHEN rep.active AND placement.closed_at IS NULL THEN 'expired' ELSE 'withdrawn' END AS answer
    FROM offer JOIN contact ON contact.id = offer.contact_id JOIN placement ON placement.id = offer.placement_id
    JOIN rep ON rep.id = offer.rep_id
    WHERE offer.answer IS NULL AND ({HAS_ENDED})
    ORDER BY offer.expires_at LIMIT :limit
"""

CLOSE_OFFERS = text(f"""
-- Whoever left has not let the time pass, so their offer counts as withdrawn.
WITH over AS ({locking_contacts(ENDED, skip_locked=True)})
UPDATE offer SET answer = over.answer, answered_at = :now
FROM over WHERE offer.id = over.id AND offer.answer IS NULL
RETURNING offer.placement_id
""")

LOCK_PENDING = text(
    locking_contacts(
        """
SELECT placement.id FROM placement JOIN contact ON contact.id = placement.contact_id
WHERE placement.offered AND placement.closed_at IS NULL AND placement.try_at <= :now
ORDER BY placement.try_at LIMIT :limit
""",
        skip_locked=True,
    )
)

ESCALATE = text("""
WITH late AS (
    SELECT id FROM placement
    WHERE offered AND closed_at IS NULL AND escalate_at <= :now ORDER BY id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED)
UPDATE placement SET escalate_at = NULL, escalated_at = :now FROM late WHERE placement.id = late.id
RETURNING placement.id
""")

NEXT_OFFER_DUE = text("""
SELECT least(
    (SELECT min(expires_at) FROM offer WHERE answer IS NULL),
    -- What is over for another reason is due already.
    (SELECT min(offer.offered_at) FROM offer JOIN rep ON rep.id = offer.rep_id
     JOIN placement ON placement.id = offer.placement_id
     WHERE offer.answer IS NULL AND (NOT rep.active OR placement.closed_at IS NOT NULL)),
    (SELECT min(least(try_at, escalate_at)) FROM placement WHERE offered AND closed_at IS NULL))
""")


def next_offer_due(connection: Connection) -> datetime | None:
    """The moment from which `expire_due_offers` has something to do."""
    return connection.execute(NEXT_OFFER_DUE).scalar()


def expire_due_offers(connection: Connection, now: datetime, limit: int = BATCH) -> int:
    """Pass on what is over and what waits, for up to `limit` leads of each kind; gives how many. The caller commits.

    Leads that another process holds are left to it. Called after an outage, an offer ends once and goes to the next one
    with its full time.
    """
    about = {"now": now, "limit": limit}
    over = connection.execute(CLOSE_OFFERS, about).scalars().all()
    waiting = connection.execute(LOCK_PENDING, about).scalars().all()
    offer_to_next(connection, current_playbook(connection), [*over, *waiting], now)
    return len(over) + len(waiting) + _escalate(connection, connection.execute(ESCALATE, about).scalars().all(), now)


def _escalate(connection: Connection, placements: Sequence[int], now: datetime) -> int:
    """Tell the managers, once, that nobody was there whom the lead could be offered to."""
    if placements:
        notify_managers(connection, current_playbook(connection), WAITING_TEMPLATE, placements, now)
    return len(placements)
