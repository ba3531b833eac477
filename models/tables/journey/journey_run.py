"""Where contacts stand: one row per run, one per thing that happened to it, one per piece of work done outside."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Column, ForeignKey, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.column import Json, amount, identity, json_document, moment, reference


class RunStatus(StrEnum):
    """What a run is doing."""

    WAITING = "waiting"
    """Goes on at resume_at, or when one of waiting_events happens."""
    STUCK = "stuck"
    """Cannot go on by itself; stuck_reason says why, and a person can move it on."""
    ENDED = "ended"
    """Over; `ending` says how the customer stands."""


class JourneyRun(SQLModel, table=True):
    """One contact on one journey."""

    __tablename__ = "journey_run"

    id: int | None = identity()
    journey: str
    contact_id: int = reference("contact.id", nullable=False, on_delete="CASCADE")
    key: str
    """What started it; the same contact is not started on the same journey by the same key twice."""
    version: str | None = None
    """The version of the journey's code that it is on, see `JourneyVersion`; null: from before there were any."""
    exclusive: bool
    """No second run of this contact and journey while this one is open."""
    status: RunStatus = Field(
        default=RunStatus.WAITING, sa_column=Column(Text, nullable=False, server_default="waiting")
    )
    started_at: datetime = moment(nullable=False)
    resume_at: datetime | None = moment()
    """When to go on; null waits for an event however long it takes."""
    waiting_for: str = Field(default="start", sa_column=Column(Text, nullable=False, server_default="start"))
    """The name of the step that is not answered yet."""
    waiting_events: list[str] | None = Field(default=None, sa_column=Column(ARRAY(Text)))
    """`name` or `name:topic` of the events that answer that step."""
    asked_at: datetime | None = moment()
    """When that step was asked, by the journey's time."""
    resumed_by: int | None = Field(default=None, sa_type=BigInteger)
    """The event that answered it."""
    steps: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How many steps are answered."""
    history: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """What replay needs of them, `[verb, name, answer, seconds],` for each. It stands here as well as in step because
    a turn reads it with the run, in one row, where the rows of step are scattered over as many pages."""
    points: Decimal = amount(12, 2, nullable=False, default="0")
    """Points earned on this run, apart from the score, which decays and knows other sources."""
    start_data: dict[str, Any] | None = json_document(None)
    """What whoever started it handed over, such as the task that was asked for; null for most."""
    ending: str | None = None
    ended_at: datetime | None = moment()
    stuck_reason: str | None = None

    __table_args__ = (
        UniqueConstraint("contact_id", "journey", "key", name="journey_run_started_once"),
        Index(
            "journey_run_exclusive",
            "contact_id",
            "journey",
            unique=True,
            postgresql_where=text("exclusive AND ended_at IS NULL"),
        ),
        Index("journey_run_due", "journey", "resume_at", postgresql_where=text("status = 'waiting'")),
        Index("journey_run_stuck", "journey", postgresql_where=text("status = 'stuck'")),
    )


class Step(SQLModel, table=True):
    """One answered await of a run, with what decided it, for people and reports. Written once."""

    run_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("journey_run.id", ondelete="CASCADE"), primary_key=True)
    )
    number: int = Field(primary_key=True)
    """1 for the first await of the run."""
    verb: str
    name: str
    answer: Json = json_document(None)
    fact: dict[str, Any] | None = json_document(None)
    """What decided the answer, for the timeline: the values compared, the event, the salesperson chosen."""
    at: datetime = moment(nullable=False)

    # Steps lie in the order in which they were taken, so ranges of pages tell which were taken on a day.
    __table_args__ = (Index("step_at", "at", postgresql_using="brin"),)


class Activity(SQLModel, table=True):
    """Work that a journey asked to be done outside; a Prefect task does it, its result becomes the step's answer."""

    id: int | None = identity()
    run_id: int = reference("journey_run.id", nullable=False, on_delete="CASCADE")
    number: int
    contact_id: int = reference("contact.id", nullable=False, index=True, on_delete="CASCADE")
    name: str
    """`module:function`, so that any worker finds it."""
    arguments: Json = json_document("[]")
    created_at: datetime = moment(now=True)
    finished_at: datetime | None = moment()
    result: Json = json_document(None)
    error: str | None = None
    """Why it failed after all its retries."""

    __table_args__ = (
        UniqueConstraint("run_id", "number", name="activity_once"),
        Index("activity_open", "id", postgresql_where=text("finished_at IS NULL")),
    )
