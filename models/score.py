"""Why a contact's score is what it is: one entry per change."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from models.column import amount, identity, moment, reference


class ScoreEntry(SQLModel, table=True):
    """Points given to a contact. The score is their sum."""

    __tablename__ = "score_entry"

    id: int | None = identity()
    contact_id: int = reference("contact.id", nullable=False, on_delete="CASCADE")
    points: Decimal = amount(12, 2, nullable=False)
    why: str
    run_id: int | None = Field(default=None, sa_type=BigInteger)
    at: datetime = moment(nullable=False)

    __table_args__ = (Index("score_entry_contact", "contact_id", "at"),)
