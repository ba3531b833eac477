"""How fast a lead was followed up: one row for each time that somebody asked for a person."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from models.column import identity, moment, reference


class FollowUp(SQLModel, table=True):
    """One request to be contacted, its deadline, and the first contact and conversation that followed (the SLA
    record).
    """

    __tablename__ = "follow_up"

    id: int | None = identity()
    contact_id: int = reference("contact.id", nullable=False, index=True, on_delete="CASCADE")
    event_id: int = Field(sa_type=BigInteger, unique=True)
    """The event by which they asked."""
    rep_id: int | None = Field(default=None, sa_type=BigInteger)
    """Who is to do it: the owner, null while there is none."""
    received_at: datetime = moment(nullable=False)
    due_at: datetime = moment(nullable=False)
    """By when the service level wants a first contact."""
    alert_at: datetime | None = moment()
    """When the manager is alerted if there is no first contact; null once they were, or once there was one."""
    alerted_at: datetime | None = moment()
    first_contact_at: datetime | None = moment()
    """The first attempt, whether or not somebody answered."""
    connected_at: datetime | None = moment()
    """The first conversation."""

    __table_args__ = (
        Index("follow_up_alarm", "alert_at", postgresql_where=text("alert_at IS NOT NULL")),
        # Whom nobody has called although a manager was alerted, which is few.
        Index(
            "follow_up_alerted",
            "alerted_at",
            postgresql_where=text("alerted_at IS NOT NULL AND first_contact_at IS NULL"),
        ),
        Index("follow_up_rep", "rep_id", "received_at"),
        Index("follow_up_open", "contact_id", "received_at", postgresql_where=text("connected_at IS NULL")),
    )
