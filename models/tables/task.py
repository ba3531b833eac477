"""Tasks: what a person is to do for one contact, and requests that came while one was under way."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.column import identity, json_document, moment, reference


class Task(SQLModel, table=True):
    """One request to one person; its outcome steers the journey that asked."""

    id: int | None = identity()
    run_id: int = reference("journey_run.id", nullable=False, on_delete="CASCADE")
    number: int
    """The step of the run that waits for it."""
    contact_id: int = reference("contact.id", nullable=False, index=True, on_delete="CASCADE")
    journey: str
    name: str
    """What the step is called, such as `first call`."""
    kind: str | None = None
    """Its kind in the playbook, by which pages say what is to be done; null for one that only the journey knows."""
    template: str
    """`journey/step` of the mail with the instructions."""
    rep_id: int | None = Field(default=None, sa_type=BigInteger)
    assignee: str
    """The email address of whoever shall do it."""
    outcomes: list[str] = json_document("[]")
    form: list[str] = json_document("[]")
    """Fields of the contact to fill in with the outcome, by name."""
    data: dict[str, Any] = json_document()
    created_at: datetime = moment(nullable=False)
    due_at: datetime = moment(nullable=False)
    reminders: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    remind_at: datetime | None = moment()
    """When to chase the assignee next; null once that is over."""
    done_at: datetime | None = moment()
    outcome: str | None = None
    notes: str | None = None
    answers: dict[str, Any] = json_document()
    """What was filled in, by field."""
    closed_at: datetime | None = moment()
    """When the journey stopped waiting for it without an outcome."""
    emit_at: datetime | None = moment()
    """When a report is told on, until when it can be taken back; null: nothing waits to be told."""
    report: dict[str, Any] = json_document()
    """What a report that is not told yet is to write elsewhere, see `PendingReport`."""
    report_keys: list[str] = json_document("[]")
    """The keys of all reports that were taken, also of those that were taken back: each counts once."""
    mails: dict[str, list[str]] = json_document()
    """Outcome -> the templates of the mails that the journey sends at once after it."""
    delegated_at: datetime | None = moment()
    """When it was given to a colleague of whoever has the lead; it does not follow the lead then."""

    __table_args__ = (
        UniqueConstraint("run_id", "number", name="task_once"),
        Index("task_to_remind", "remind_at", postgresql_where=text("done_at IS NULL AND closed_at IS NULL")),
        # How many are overdue, beside each page's navigation.
        Index(
            "task_due",
            "due_at",
            "id",
            # What lists of open tasks count and rank by.
            postgresql_include=["contact_id", "rep_id", "kind", "name", "delegated_at"],
            postgresql_where=text("done_at IS NULL AND closed_at IS NULL"),
        ),
        # What somebody did within a time, and what was closed: how many tasks they had at a moment.
        Index("task_of_rep", "rep_id", "done_at"),
        Index("task_closed", "rep_id", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),
        Index("task_open", "assignee", postgresql_where=text("done_at IS NULL AND closed_at IS NULL")),
        Index("task_open_of_rep", "rep_id", postgresql_where=text("done_at IS NULL AND closed_at IS NULL")),
        Index("task_to_tell", "emit_at", postgresql_where=text("emit_at IS NOT NULL")),
    )


class RepeatedRequest(SQLModel, table=True):
    """An event by which a contact asked for a person again. Every open task about the contact shows it until one is
    reported on.

    It says nothing of the contact itself: whose it is follows from the event.
    """

    __tablename__ = "repeated_request"

    event_id: int = Field(sa_column=Column(BigInteger, ForeignKey("event.id", ondelete="CASCADE"), primary_key=True))
    answered_at: datetime | None = moment()
    """When a person reported, spoke to them, or nothing was to answer any more."""
    task_id: int | None = Field(default=None, sa_type=BigInteger)
    """The task whose report answered it."""

    __table_args__ = (
        Index("repeated_request_open", "event_id", postgresql_where=text("answered_at IS NULL")),
        Index("repeated_request_task", "task_id", postgresql_where=text("task_id IS NOT NULL")),
    )
