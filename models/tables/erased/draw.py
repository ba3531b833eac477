"""Draws into holdouts of people who were erased since."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index
from sqlmodel import Field, SQLModel

from models.column import json_document, moment


class ErasedDraw(SQLModel, table=True):
    """What somebody who was erased since had been drawn into by a holdout."""

    __tablename__ = "erased_draw"

    test: str = Field(primary_key=True)
    contact_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    variant: str
    how: str
    weights: dict[str, Any] = json_document()
    at: datetime = moment(nullable=False)
    erased_at: datetime = moment(now=True)

    __table_args__ = (Index("erased_draw_at", "at"), Index("erased_draw_erased_at", "erased_at"))
