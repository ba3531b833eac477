"""Why a contact's score is what it is: one entry per reason; and the model that predicts beside it."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from models.column import Json, amount, identity, json_document, moment, reference


class ScoreEntry(SQLModel, table=True):
    """Points given to a contact; models/scoring/decay.py says what they are worth on a later day."""

    __tablename__ = "score_entry"

    id: int | None = identity()
    contact_id: int = reference("contact.id", nullable=False, on_delete="CASCADE")
    points: Decimal = amount(12, 2, nullable=False)
    reason: str
    rule: str | None = None
    """The playbook's rule by name; null for points that a journey gave."""
    slot: str | None = None
    """What can earn the rule's points once: an event's number, a day, or `once`; `field` for explicit rules."""
    event_id: int | None = Field(default=None, sa_type=BigInteger)
    """The event that earned them."""
    run_id: int | None = Field(default=None, sa_type=BigInteger)
    decays: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
    day: date
    """The day of `at` where the company is; the points are worth less from the next day on."""
    at: datetime = moment(nullable=False)
    withdrawn_at: datetime | None = moment()
    """When the field that they came from no longer matched; they count no more."""

    __table_args__ = (
        Index("score_entry_contact", "contact_id", "at"),
        Index(
            "score_entry_once",
            "contact_id",
            "rule",
            "slot",
            unique=True,
            postgresql_where=text("rule IS NOT NULL AND withdrawn_at IS NULL"),
        ),
    )


class PredictionModel(SQLModel, table=True):
    """A trained model: plain numbers, so that applying it needs no library and reading it needs no trust."""

    __tablename__ = "prediction_model"

    id: int | None = identity()
    trained_at: datetime = moment(nullable=False)
    document: Json = json_document()
