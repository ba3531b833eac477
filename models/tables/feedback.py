"""Feedback on leads: what their owners are asked about them, and what they said."""

from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum

from sqlalchemy import BigInteger, Index, SmallInteger, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.column import amount, identity, moment, reference

JOURNEY = "feedback"
"""The journey that asks. It runs beside the journeys of its contact and writes to nobody but the owner, so it is
neither their next step nor what brought an order."""

IS_FOR_CONTACT = f"r.journey <> '{JOURNEY}'"
"""SQL over a run `r`: it does something about its contact, and does not only ask their owner."""


class FeedbackLevel(IntEnum):
    """How much is known of a lead since its owner got it; each level is more than the one before."""

    NOTHING = 0
    ACTION = 1
    """Something was done: they were called, or written to."""
    STATUS = 2
    """How the pursuit stands."""
    RESULT = 3
    """Won or lost."""


class FeedbackResult(StrEnum):
    """How the pursuit of a lead ended, or that it goes on."""

    WORKING = "working"
    WON = "won"
    LOST = "lost"


class FeedbackRequest(SQLModel, table=True):
    """One time that the owner of a lead is asked about it, from the day on which it is planned until it is settled."""

    __tablename__ = "feedback_request"

    id: int | None = identity()
    run_id: int = reference("journey_run.id", nullable=False, on_delete="CASCADE")
    number: int
    """The step of the run that waits for it."""
    contact_id: int = reference("contact.id", nullable=False, index=True, on_delete="CASCADE")
    rep_id: int = reference("rep.id", nullable=False)
    """Who is asked."""
    since: datetime = moment(nullable=False)
    """From when on what is known of the lead counts: when the owner got it."""
    wanted_level: int = Field(sa_type=SmallInteger)
    """No more is asked once this much is known, by the playbook."""
    due_at: datetime = moment(nullable=False)
    next_at: datetime | None = moment()
    """When the clock has something to do about it: ask, remind, notify the manager, give up. Null once settled."""
    asked_at: datetime | None = moment()
    steps: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How much has been done about it: the request itself, each reminder, the word to the manager."""
    manager_notified_at: datetime | None = moment()
    settled_at: datetime | None = moment()
    outcome: str | None = None
    """What the journey was told."""

    __table_args__ = (
        UniqueConstraint("run_id", "number", name="feedback_request_once"),
        Index("feedback_request_due", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        Index("feedback_request_asked", "rep_id", "asked_at", postgresql_where=text("asked_at IS NOT NULL")),
        Index("feedback_request_open", "rep_id", postgresql_where=text("settled_at IS NULL")),
    )


class Feedback(SQLModel, table=True):
    """What an owner said of a lead, all of it each time: the newest row is how it stands."""

    id: int | None = identity()
    contact_id: int = reference("contact.id", nullable=False, on_delete="CASCADE")
    rep_id: int = reference("rep.id", nullable=False)
    """Who said it."""
    request_id: int | None = Field(default=None, sa_type=BigInteger)
    """What it answered; null for what was said unasked."""
    said_at: datetime = moment(nullable=False)
    contacted: str | None = None
    """What was done, in the playbook's words."""
    status: str | None = None
    """How the pursuit stands, in the playbook's words."""
    result: FeedbackResult | None = Field(default=None, sa_type=Text)
    reason: str | None = None
    """Why it was lost, in the playbook's words."""
    amount: Decimal | None = amount()
    """What it brought."""
    currency: str | None = None
    product: str | None = None
    """The code of what was sold."""
    order_number: str | None = None
    """The shop's, as they typed it."""
    deal: str | None = None
    """The reference of the opportunity that was won or lost by it; null where an order was known already, and for a
    lead that was lost before there was a deal."""
    next_on: date | None = None
    """The day on which they want to be asked again."""
    notes: str | None = None
    level: int = Field(sa_type=SmallInteger)
    """How much it says: a FeedbackLevel."""
    is_complete: bool
    """All three sections are answered, and a result with its reason or value."""

    __table_args__ = (
        Index("feedback_contact", "contact_id", "id"),
        Index("feedback_rep", "rep_id", "said_at"),
    )
