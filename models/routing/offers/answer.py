"""What a salesperson answers to an offer: exactly one gets the lead, whoever else answers at the same moment."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from models.events.emit import add_event
from models.playbook import current
from models.routing.offers.advance import pass_on
from models.routing.router import lock_router
from models.routing.set_owner import Gift, give
from models.tables.placement import Answer

RECEIVED = text("SELECT coalesce(max(received), 0) FROM assignment WHERE router = :router AND rep_id = :rep")

HOLD = text("""
-- All who answer about the same lead take turns here: its contact first, as everybody does who gives leads.
SELECT contact.id FROM contact JOIN offer ON offer.contact_id = contact.id
WHERE offer.id = :offer FOR NO KEY UPDATE OF contact
""")

ANSWER = text("""
-- Only while it is theirs to answer: neither answered nor expired, the lead without a new owner, they still with us.
UPDATE offer SET answer = :answer, answered_at = :now, because = :because
FROM placement, rep
WHERE offer.id = :offer AND offer.answer IS NULL AND offer.expires_at > :now
  AND placement.id = offer.placement_id AND placement.settled_at IS NULL AND rep.id = offer.rep_id AND rep.active
RETURNING offer.placement_id, offer.contact_id, offer.rep_id, rep.name, placement.router, placement.because,
          offer.turn, offer.draw, offer.candidate_set_id,
          CAST(extract(epoch FROM offer.answered_at - offer.offered_at) AS int) AS seconds
""")


@dataclass(frozen=True)
class Answered:
    """An offer that was just answered."""

    placement_id: int
    contact_id: int
    rep_id: int
    name: str
    router: str
    because: str
    turn: int | None
    draw: float | None
    candidate_set_id: int | None
    seconds: int


def accept(connection: Connection, offer: int, now: datetime) -> bool:
    """Take the lead; false when it is not to be had by this offer (any more), and nothing was changed.

    Expired is expired, also while nobody else has it yet: the next one may be reading their mail. The caller commits.
    """
    answered = _answer(connection, offer, Answer.ACCEPTED, None, now)
    if answered is None:
        return False
    give(connection, [_gift(connection, answered)], now)
    add_event(
        connection,
        "lead_accepted",
        contact_id=answered.contact_id,
        at=now,
        topic=str(answered.placement_id),
        source="offer",
        key=f"offer:{offer}",
        data={"owner": answered.name, "offer": offer, "seconds": answered.seconds},
    )
    return True


def decline(connection: Connection, offer: int, because: str, now: datetime) -> bool:
    """Leave the lead to the next one, who is asked at once; false as for accept. The caller commits."""
    answered = _answer(connection, offer, Answer.DECLINED, because or None, now)
    if answered is None:
        return False
    pass_on(connection, current(connection), [answered.placement_id], now)
    return True


def _answer(connection: Connection, offer: int, answer: Answer, because: str | None, now: datetime) -> Answered | None:
    connection.execute(HOLD, {"offer": offer})
    values = {"offer": offer, "answer": answer.value, "because": because, "now": now}
    row = connection.execute(ANSWER, values).one_or_none()
    return Answered(*row) if row else None


def _gift(connection: Connection, answered: Answered) -> Gift:
    """With the turn that the offer was, so that the ledger can say out of whom it was made."""
    lock_router(connection, answered.router)  # Two leads that somebody takes at once are counted one after the other.
    about = {"router": answered.router, "rep": answered.rep_id}
    return Gift(
        answered.contact_id,
        answered.rep_id,
        answered.router,
        "offer",
        f"{answered.because}; accepted the offer",
        number=answered.turn,
        draw=answered.draw,
        candidate_set_id=answered.candidate_set_id,
        received=connection.execute(RECEIVED, about).scalar_one() + 1,
    )
