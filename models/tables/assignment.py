"""The assignment log: which rep got which lead, out of which candidates, and why."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from models.column import identity, json_document, moment, reference


class CandidateSet(SQLModel, table=True):
    """Who could get a lead and with which share, and who could not and why; one row for as long as that stays so."""

    __tablename__ = "candidate_set"

    id: int | None = identity()
    router: str
    made_at: datetime = moment(nullable=False)
    candidates: list[dict[str, Any]] = json_document("[]")
    """{rep, name, weight, share}, and {rep, name, left_out: why} for the others."""

    __table_args__ = (Index("candidate_set_router", "router", "id"),)


class Assignment(SQLModel, table=True):
    """One assignment of a lead to a rep; never changed."""

    id: int | None = identity()
    contact_id: int = reference("contact.id", nullable=False, index=True, on_delete="CASCADE")
    rep_id: int = reference("rep.id", nullable=False)
    previous_rep_id: int | None = Field(default=None, sa_type=BigInteger)
    router: str | None = None
    """Null when a person gave it."""
    number: int | None = Field(default=None, sa_type=BigInteger)
    """Which lead of the router it was."""
    how: str
    """The router's kind, `offer` or `reassigned`."""
    reason: str
    """The rule or the person that it follows from, in a sentence."""
    draw: float | None = None
    """What was drawn, from 0 to 1, where chance decided."""
    candidate_set_id: int | None = Field(default=None, sa_type=BigInteger)
    received: int | None = None
    """How many leads of the router this salesperson has got with this one."""
    at: datetime = moment(nullable=False)

    __table_args__ = (
        Index("assignment_router", "router", "number"),
        Index("assignment_received", "router", "rep_id", "received"),
        Index("assignment_rep", "rep_id", "at"),
        # What somebody gave away lately can be taken back.
        Index("assignment_given_away", "previous_rep_id", "at", postgresql_where=text("previous_rep_id IS NOT NULL")),
    )
