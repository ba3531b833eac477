"""Records what an owner says of a lead, once, with what follows: the request is settled, an order made, a loss told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from models.contacts.set_fields import set_fields
from models.database import lock_contacts
from models.events.emit import NewEvent, emit
from models.feedback.deal import Deal, deal_events, deal_of
from models.feedback.known import NEWEST_FEEDBACK
from models.feedback.said import SaidFeedback
from models.feedback.send import settled_event
from models.playbook import Playbook
from models.playbook.feedback import AfterLoss, FeedbackTerms
from models.tables.contact import STAGES, Stage
from models.tables.feedback import JOURNEY, FeedbackResult

GIVEN = "feedback_given"
"""The event of everything that is said, with the result as its topic: feedback_given:won."""
LOST_LEAD = "lead_lost"
"""The event by which journeys that sell to the lead end."""
REOPENED = "lead_reopened"
"""The event by which a lead is asked about again that was won or lost already."""

LEAD = text(f"""
SELECT lead.*, f.id AS newest FROM (
    SELECT c.id AS contact_id, c.owner_id AS rep_id, c.stage, rep.name, rep.active,
           coalesce((SELECT max(a.at) FROM assignment a WHERE a.contact_id = c.id AND a.rep_id = c.owner_id),
                    c.created_at) AS since,
           EXISTS (SELECT FROM journey_run r WHERE r.contact_id = c.id AND r.journey = '{JOURNEY}'
                   AND r.ended_at IS NULL) AS is_asked
    FROM contact c JOIN rep ON rep.id = c.owner_id WHERE c.id = :contact
) lead LEFT JOIN LATERAL {NEWEST_FEEDBACK} f ON true
""")

NEWEST = text("SELECT * FROM feedback WHERE id = :id")

SETTLE_REQUEST = text("""
UPDATE feedback_request SET settled_at = :now, outcome = :outcome, next_at = NULL
WHERE contact_id = :contact AND rep_id = :rep AND settled_at IS NULL RETURNING id
""")

SAID = [field.name for field in fields(SaidFeedback)]

INSERT = text(f"""
INSERT INTO feedback (contact_id, rep_id, said_at, level, is_complete, {", ".join(SAID)})
VALUES (:contact, :rep, :now, :level, :is_complete, {", ".join(f":{name}" for name in SAID)})
RETURNING id
""")

COMPLETE = text("UPDATE feedback SET request_id = :request, deal = :deal WHERE id = :id")


class NotTheirs(RuntimeError):
    """The lead belongs to somebody else by now, or to nobody, or they have left. Nothing was changed."""


@dataclass(frozen=True)
class RecordedFeedback:
    """What came of saying something."""

    id: int
    is_new: bool
    """False where the same had been said already: then nothing was changed."""


def record_feedback(
    connection: Connection, playbook: Playbook, contact: int, rep: int, said: SaidFeedback, now: datetime
) -> RecordedFeedback:
    """Record it, settle the request that is open, and emit what follows. The caller commits.

    Saying the same again changes nothing, also by two browsers at once. Raises NotTheirs, and ValueError when nothing
    was said or nobody is asked for feedback.
    """
    terms = playbook.feedback
    if terms is None or said.is_empty:
        raise ValueError("Feedback without an answer was found. Answer at least one of the questions.")
    lock_contacts(connection, [contact])
    lead = connection.execute(LEAD, {"contact": contact}).one_or_none()
    if lead is None or lead.rep_id != rep or not lead.active:
        raise NotTheirs(NotTheirs.__doc__)
    before = connection.execute(NEWEST, {"id": lead.newest}).one_or_none() if lead.newest else None
    if before is not None and said_by(before) == said:
        return RecordedFeedback(before.id, is_new=False)
    return RecordedFeedback(_record(connection, terms, lead, before, said, now), is_new=True)


def said_by(row: Any) -> SaidFeedback:
    """A stored row of feedback as it was said."""
    result = FeedbackResult(row.result) if row.result else None
    return SaidFeedback(**{name: getattr(row, name) for name in SAID} | {"result": result})


def _record(
    connection: Connection,
    terms: FeedbackTerms,
    lead: Row[Any],
    before: Row[Any] | None,
    said: SaidFeedback,
    now: datetime,
) -> int:
    about = {"contact": lead.contact_id, "rep": lead.rep_id, "now": now}
    level, complete = said.level(terms), not said.missing
    number = connection.execute(
        INSERT, {**vars_of(said), **about, "level": level, "is_complete": complete}
    ).scalar_one()
    outcome = said.outcome(terms)
    # Of runs that have ended one may be left that the clock has not come to yet.
    requests = sorted(connection.execute(SETTLE_REQUEST, about | {"outcome": outcome}).scalars())
    deal = deal_of(connection, lead, before, said, number)
    connection.execute(
        COMPLETE, {"id": number, "request": max(requests, default=None), "deal": deal.reference if deal else None}
    )
    emit(connection, list(_events(terms, lead, before, said, deal, requests, number, now)), now)
    stage = said.stage(terms)
    if stage is not None and STAGES.index(stage) > STAGES.index(Stage(lead.stage)):
        set_fields(connection, [lead.contact_id], {"stage": stage}, now)
    return int(number)


def vars_of(said: SaidFeedback) -> dict[str, Any]:
    """What was said, by the columns of its table."""
    return {name: getattr(said, name) for name in SAID}


def _events(
    terms: FeedbackTerms,
    lead: Row[Any],
    before: Row[Any] | None,
    said: SaidFeedback,
    deal: Deal | None,
    requests: Sequence[int],
    number: int,
    now: datetime,
) -> Iterator[NewEvent]:
    """What is told of it, in the order in which it is to be reacted to: the journey hears its outcome before the order
    or the loss ends other journeys.
    """
    told = {name: value for name, value in vars_of(said).items() if value is not None}
    by = {"by": lead.name, "feedback": number}
    given = told | by | {"level": int(said.level(terms)), "missing": list(said.missing)}
    yield _event(lead, GIVEN, f"{number}", given, topic=said.result or "partial")
    for request in requests:
        yield settled_event(request, lead.contact_id, said.outcome(terms))
    yield from deal_events(lead, deal, said, number, now)
    if said.result is FeedbackResult.LOST:
        yield _event(lead, LOST_LEAD, f"{number}:lost", by | {"reason": said.reason})
        if said.after_loss(terms) is AfterLoss.NOT_INTERESTED:
            yield _event(lead, "turned_us_down", f"{number}:no", by)
    elif said.result is not FeedbackResult.WON and before is not None and not lead.is_asked:
        yield _event(lead, REOPENED, f"{number}:reopened", by)


def _event(lead: Row[Any], name: str, key: str, data: dict[str, Any], topic: str | None = None) -> NewEvent:
    return NewEvent(
        name=name, topic=topic, contact_id=lead.contact_id, source="feedback", key=f"feedback:{key}", data=data
    )
