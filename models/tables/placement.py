"""Placements: pending assignments, queued or on offer; and the offers made for them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Index, Text, text
from sqlmodel import Field, SQLModel

from models.column import identity, moment, reference


class Answer(StrEnum):
    """What became of an offer."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    """Not needed any more: the lead got an owner otherwise, or the salesperson left."""


class Placement(SQLModel, table=True):
    """A contact that looks for an owner through a router. Open until closed_at; a contact has one open at a time."""

    id: int | None = identity()
    contact_id: int = reference("contact.id", nullable=False, index=True, on_delete="CASCADE")
    router: str
    reason: str
    """The rule or the journey that chose the router."""
    offered: bool
    """Whether it is offered to one person after the other; otherwise it waits until somebody is available."""
    lasts: int | None = None
    """Seconds that each offer lasts, of the receiver's working time."""
    anew: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """The present owner is passed over."""
    assign_if_exhausted: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """Whether the router assigns it to the next rep when nobody accepts the offer."""
    queued_at: datetime = moment(nullable=False)
    try_at: datetime | None = moment()
    """When to try again."""
    escalate_at: datetime | None = moment()
    """When the managers are notified that nobody has it; null once they were."""
    escalated_at: datetime | None = moment()
    closed_at: datetime | None = moment()
    rep_id: int | None = Field(default=None, sa_type=BigInteger)
    """The new owner; null when it was closed without one."""

    __table_args__ = (
        Index("placement_open", "contact_id", unique=True, postgresql_where=text("closed_at IS NULL")),
        Index("placement_try", "try_at", postgresql_where=text("closed_at IS NULL")),
    )


class Offer(SQLModel, table=True):
    """One salesperson's chance to take a lead, theirs alone until it expires."""

    id: int | None = identity()
    placement_id: int = reference("placement.id", nullable=False, on_delete="CASCADE")
    contact_id: int = reference("contact.id", nullable=False, index=True, on_delete="CASCADE")
    rep_id: int = reference("rep.id", nullable=False)
    number: int
    """1 for the first of its placement."""
    offered_at: datetime = moment(nullable=False)
    expires_at: datetime = moment(nullable=False)
    answer: Answer | None = Field(default=None, sa_type=Text)
    answered_at: datetime | None = moment()
    reason: str | None = None
    """What they said when they declined."""
    router_number: int | None = Field(default=None, sa_type=BigInteger)
    """The number of the pick in its router; this and the next two are for the assignment log, see Assignment."""
    draw: float | None = None
    candidate_set_id: int | None = Field(default=None, sa_type=BigInteger)

    __table_args__ = (
        Index("offer_open", "placement_id", unique=True, postgresql_where=text("answer IS NULL")),
        Index("offer_accepted", "placement_id", unique=True, postgresql_where=text("answer = 'accepted'")),
        Index("offer_expires", "expires_at", postgresql_where=text("answer IS NULL")),
        Index("offer_rep", "rep_id", "offered_at"),
    )
