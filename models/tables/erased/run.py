"""Runs of people who were erased since, and the steps that these had taken."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Index
from sqlmodel import Field, SQLModel

from models.column import moment


class ErasedRun(SQLModel, table=True):
    """A run of somebody who was erased since."""

    __tablename__ = "erased_run"

    id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    """That of the run."""
    contact_id: int = Field(sa_type=BigInteger)
    journey: str
    started_at: datetime = moment(nullable=False)
    ending: str | None = None
    erased_at: datetime = moment(now=True)

    __table_args__ = (Index("erased_run_started_at", "started_at"), Index("erased_run_erased_at", "erased_at"))


class ErasedStep(SQLModel, table=True):
    """A step of such a run, without its answer."""

    __tablename__ = "erased_step"

    run_id: int = Field(
        sa_column=Column(
            BigInteger, ForeignKey("erased_run.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
        )
    )
    number: int = Field(primary_key=True)
    verb: str
    name: str
    at: datetime = moment(nullable=False)
    asked_at: datetime = moment(nullable=False)
    """Of a task, when it was asked for; of other steps the same as `at`."""

    __table_args__ = (Index("erased_step_at", "at"),)
