"""The opportunity that is won or lost by feedback: the one that is known of the lead, else one of its own.

Orders are made from won opportunities by their own writer, and follow what is corrected later.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from models.events.emit import NewEvent
from models.feedback.said import SaidFeedback
from models.orders.read_opportunity import LOST, OPENED, WON
from models.orders.read_order import as_json_number
from models.tables.event import ABOUT_OPPORTUNITIES
from models.tables.feedback import FeedbackResult
from models.tables.sales import STANDS, DealStage

KNOWN_DEALS = text(f"""
-- Theirs or nobody's; the one that they have told of before comes first, then what is open.
SELECT p.reference, p.stage, p.stage = '{DealStage.OPEN}' OR p.reference = :said_before AS is_theirs_to_close,
       (SELECT e.source FROM event e WHERE {ABOUT_OPPORTUNITIES} AND e.data ->> 'reference' = p.reference
        ORDER BY e.id LIMIT 1) = 'feedback' AS is_own,
       EXISTS (SELECT FROM "order" o WHERE o.reference = p.reference AND o.cancelled_at IS NOT NULL) AS was_cancelled
FROM opportunity p
WHERE p.contact_id = :contact AND (p.rep_id = :rep OR p.rep_id IS NULL)
  AND (p.reference = :said_before OR p.stage = 'open' OR p.closed_at >= :since)
ORDER BY p.reference = :said_before DESC NULLS LAST, p.stage = 'open' DESC, p.id DESC
""")

TOLD_ORDER = text(f"""
-- Somebody else has told of it: the shop, or another system.
SELECT EXISTS (SELECT FROM "order" o WHERE o.contact_id = :contact AND {STANDS}
               AND (o.placed_at >= :since AND (o.reference = :deal) IS NOT TRUE OR o.reference = :order_number))
""")

TAKEN_NUMBER = text("""
SELECT EXISTS (SELECT FROM "order" WHERE reference = :order_number)
    OR EXISTS (SELECT FROM opportunity WHERE reference = :order_number)
""")


@dataclass(frozen=True)
class Deal:
    """The opportunity that something was said of."""

    reference: str
    is_own: bool
    """It came about by feedback, so nobody else says how it stands."""
    is_closed: bool


def deal_of(
    connection: Connection, lead: Row[Any], before: Row[Any] | None, said: SaidFeedback, number: int
) -> Deal | None:
    """The deal that is won, lost or opened again by what was said; None where there is none to tell of."""
    about = {
        "contact": lead.contact_id,
        "rep": lead.rep_id,
        "since": lead.since,
        "said_before": before.deal if before is not None else None,
    }
    known = connection.execute(KNOWN_DEALS, about).all()
    if said.result is FeedbackResult.WON:
        return _won_deal(connection, known, about, said, number)
    return next((_as_deal(row) for row in known if row.is_theirs_to_close), None)


def _won_deal(
    connection: Connection, known: Any, about: dict[str, Any], said: SaidFeedback, number: int
) -> Deal | None:
    # An order that was cancelled stays so, whatever is said of its deal: what is won after that is another one.
    usable = [row for row in known if not row.was_cancelled]
    found = usable[0] if usable else None
    about |= {"deal": found.reference if found is not None else None, "order_number": said.order_number}
    if connection.execute(TOLD_ORDER, about).scalar_one():
        return None
    if found is not None:
        return _as_deal(found)
    # By the shop's number its own word of the order is about the same one; what is another's number says nothing.
    is_free = said.order_number is not None and not connection.execute(TAKEN_NUMBER, about).scalar_one()
    return Deal(str(said.order_number) if is_free else f"feedback:{number}", is_own=True, is_closed=False)


def _as_deal(row: Row[Any]) -> Deal:
    return Deal(row.reference, bool(row.is_own), row.stage != DealStage.OPEN)


def deal_events(
    lead: Row[Any], deal: Deal | None, said: SaidFeedback, number: int, now: datetime
) -> Iterator[NewEvent]:
    """What is told of the deal: won with its value, lost, or opened again after it was closed."""
    if deal is None:
        return
    data: dict[str, Any] = {"reference": deal.reference, "rep_id": lead.rep_id, "by": lead.name}
    if deal.is_own:
        data["opened_at"] = lead.since.isoformat()
    match said.result:
        case FeedbackResult.WON:
            yield _event(lead, WON, number, data | _value(said))
        case FeedbackResult.LOST:
            yield _event(lead, LOST, number, data | {"detail": said.reason})
        # A deal of another system that is closed is its to open again.
        case _ if deal.is_own and deal.is_closed:
            yield _event(lead, OPENED, number, data | {"opened_at": now.isoformat()})


def _value(said: SaidFeedback) -> dict[str, Any]:
    amount = as_json_number(said.amount) if said.amount is not None else None
    told = {"amount": amount, "currency": said.currency, "product": said.product}
    return {name: value for name, value in told.items() if value is not None}


def _event(lead: Row[Any], name: str, number: int, data: dict[str, Any]) -> NewEvent:
    return NewEvent(
        name=name, contact_id=lead.contact_id, source="feedback", key=f"feedback:{number}:{name}", data=data
    )
