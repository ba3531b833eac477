"""Split tests: what is compared, who was drawn into which variant, and which one won."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from models.column import json_document, moment, reference


class DrawKind(StrEnum):
    """Why a contact has its variant: drawn by chance, given the winner, or drawn again."""

    DRAWN = "drawn"
    """By chance, so they count in the comparison."""
    WINNER = "winner"
    """The test was over."""
    REDRAWN = "redrawn"
    """By chance again, for the variant they had is gone from the journey. They have seen two, so they do not count."""


class SplitTest(SQLModel, table=True):
    """One test, from its first draw on."""

    __tablename__ = "split_test"

    name: str = Field(primary_key=True)
    journey: str
    weights: dict[str, Any] = json_document()
    """Variant -> share beside the others' shares, as the journey says now."""
    is_holdout: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """It compares those on the journey with those who are kept off it, for good."""
    started_at: datetime = moment(nullable=False)
    winner: str | None = None
    """What all get who are new to the test."""
    winner_at: datetime | None = moment()
    winner_by: str | None = None
    """`rule`, or who chose it."""
    winner_reason: str | None = None


class SplitDraw(SQLModel, table=True):
    """The variant of one contact in one test: drawn once, and the same at every re-entry."""

    __tablename__ = "split_draw"

    test: str = Field(primary_key=True, foreign_key="split_test.name", ondelete="CASCADE")
    contact_id: int = reference("contact.id", primary_key=True, on_delete="CASCADE")
    variant: str
    how: DrawKind = Field(sa_type=Text)
    draw: float | None = None
    """Where the keyed hash of the contact fell, from 0 up to 1; null when nothing was drawn."""
    weights: dict[str, Any] = json_document()
    """The weights at the time of the draw."""
    run_id: int | None = Field(default=None, sa_type=BigInteger)
    at: datetime = moment(nullable=False)

    __table_args__ = (Index("split_draw_test_at", "test", "at"), Index("split_draw_contact", "contact_id"))
