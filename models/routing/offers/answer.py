"""Accepting and declining an offer. Only one rep can get the lead, also when two answer at once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from models.database import locking_contacts
from models.events.emit import NewEvent, emit
from models.playbook import current_playbook
from models.routing.assignment.owner_change import OwnerChange, change_owners
from models.routing.assignment.router import lock_router
from models.routing.offers.advance import offer_to_next
from models.tables.placement import Answer

RECEIVED = text("SELECT coalesce(max(received), 0) FROM assignment WHERE router = :router AND rep_id = :rep")

# Answers about the same lead wait for each other here. The contact is locked first, as in every assignment.
LOCK_CONTACT = text(
    locking_contacts("SELECT FROM contact JOIN offer ON offer.contact_id = contact.id WHERE offer.id = :offer")
)

ANSWER_OFFER = text("""
-- Only while it is theirs to answer: neither answered nor expired, the lead without a new owner, they still with us.
UPDATE offer SET answer = :answer, answered_at = :now, reason = :reason
FROM placement, rep
WHERE offer.id = :offer AND offer.answer IS NULL AND offer.expires_at > :now
  AND placement.id = offer.placement_id AND placement.closed_at IS NULL AND rep.id = offer.rep_id AND rep.active
RETURNING offer.placement_id, offer.contact_id, offer.rep_id, rep.name, placement.router, placement.reason,
          offer.router_number, offer.draw, offer.candidate_set_id,
          CAST(extract(epoch FROM offer.answered_at - offer.offered_at) AS int) AS seconds
""")


@dataclass(frozen=True)
class AnsweredOffer:
    """An offer that was just answered."""

    placement_id: int
    contact_id: int
    rep_id: int
    name: str
    router: str
    reason: str
    router_number: int | None
    draw: float | None
    candidate_set_id: int | None
    seconds: int


def accept(connection: Connection, offer: int, now: datetime) -> bool:
    """Accept an offer; false, with nothing changed, when it is no longer open. The caller commits.

    An expired offer cannot be accepted, also while nobody else has the lead: the next rep may have their mail already.
    """
    answered = _answer(connection, offer, Answer.ACCEPTED, None, now)
    if answered is None:
        return False
    change_owners(connection, [_owner_change(connection, answered)], now)
    accepted = NewEvent(
        name="lead_accepted",
        contact_id=answered.contact_id,
        topic=str(answered.placement_id),
        source="offer",
        key=f"offer:{offer}",
        data={"owner": answered.name, "offer": offer, "seconds": answered.seconds},
    )
    emit(connection, [accepted], now)
    return True


def decline(connection: Connection, offer: int, reason: str, now: datetime) -> bool:
    """Decline an offer, which offers the lead to the next rep at once; false as for accept. The caller commits."""
    answered = _answer(connection, offer, Answer.DECLINED, reason or None, now)
    if answered is None:
        return False
    offer_to_next(connection, current_playbook(connection), [answered.placement_id], now)
    return True


def _answer(
    connection: Connection, offer: int, answer: Answer, reason: str | None, now: datetime
) -> AnsweredOffer | None:
    connection.execute(LOCK_CONTACT, {"offer": offer})
    values = {"offer": offer, "answer": answer.value, "reason": reason, "now": now}
    row = connection.execute(ANSWER_OFFER, values).one_or_none()
    return AnsweredOffer(*row) if row else None


def _owner_change(connection: Connection, answered: AnsweredOffer) -> OwnerChange:
    """With the number and candidate set of the offer, which the assignment log names."""
    lock_router(connection, answered.router)  # Two leads that somebody takes at once are counted one after the other.
    about = {"router": answered.router, "rep": answered.rep_id}
    return OwnerChange(
        answered.contact_id,
        answered.rep_id,
        answered.router,
        "offer",
        f"{answered.reason}; accepted the offer",
        number=answered.router_number,
        draw=answered.draw,
        candidate_set_id=answered.candidate_set_id,
        received=connection.execute(RECEIVED, about).scalar_one() + 1,
    )
