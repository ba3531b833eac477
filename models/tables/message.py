"""The outbox: one row per mail before it goes out, updated by the mailer's answer; its pauses; the local mailbox."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, Interval, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.column import identity, json_document, moment, reference


class TopicOptOut(SQLModel, table=True):
    """One contact and one topic of the playbook."""

    __tablename__ = "topic_opt_out"

    contact_id: int = reference("contact.id", primary_key=True, on_delete="CASCADE")
    topic: str = Field(primary_key=True)
    at: datetime = moment(nullable=False)


class MessageState(StrEnum):
    """How far a message has come."""

    QUEUED = "queued"
    """Written by a turn, not yet taken."""
    SENDING = "sending"
    """Taken by a process that is handing it to the mailer now."""
    SENT = "sent"
    """The mailer has accepted it."""
    UNKNOWN = "unknown"
    """Handed over, but no answer came (crash, time-out). It may have gone out, so it is not sent again by itself."""
    FAILED = "failed"
    """Will not go out unless a person mends why; `reason` says what that is."""
    EXPIRED = "expired"
    """Came too late to be worth sending, such as after an outage."""
    SKIPPED = "skipped"
    """The contact had enough mail already: marketing over the caps, or an answer to the same form a second time."""
    WITHDRAWN = "withdrawn"
    """Rightly not sent: before it went out its contact bought or wanted no more mail, what it was about was over, or a
    person said that it need not go out; `reason` says which."""


class OnCap(StrEnum):
    """What becomes of a mail to somebody who has had as many as the caps allow."""

    WAIT = "wait"
    """It goes out when there is room again."""
    SKIP = "skip"
    """It does not go out."""


class MessageKind(StrEnum):
    """Who a message is for, which decides whether suppression applies."""

    MARKETING = "marketing"
    """To the contact, to win them; suppressed contacts get none."""
    TRANSACTIONAL = "transactional"
    """To the contact, in answer to what they did themselves."""
    TASK = "task"
    """To a colleague, with a task."""
    TEAM = "team"
    """To a colleague or partner: an offer, an alert, a report. Its template uses only its data, no fields of a
    contact."""


TO_CONTACTS = (MessageKind.MARKETING, MessageKind.TRANSACTIONAL)


class Message(SQLModel, table=True):
    """One mail to one person."""

    id: int | None = identity()
    key: str = Field(unique=True)
    """Run and step, or task and reminder: the same intent is written once."""
    contact_id: int | None = reference("contact.id", index=True, on_delete="CASCADE")
    """Whom it is to or about; null for reports."""
    run_id: int | None = Field(default=None, sa_type=BigInteger)
    task_id: int | None = Field(default=None, sa_type=BigInteger)
    kind: MessageKind = Field(sa_type=Text)
    template: str
    """`journey/step`, the file below templates/mail without its ending."""
    to_address: str | None = None
    """Null: the contact's email at the time of sending."""
    data: dict[str, Any] = json_document()
    """What the journey handed to the template."""
    state: MessageState = Field(
        default=MessageState.QUEUED, sa_type=Text, sa_column_kwargs={"server_default": "queued"}
    )
    queued_at: datetime = moment(nullable=False)
    """By the journey's time."""
    due_at: datetime = moment(nullable=False, default="'epoch'")
    """Not to go out before; 1970 for at once. Send windows and caps put it off."""
    first_due_at: datetime | None = moment()
    """When it was first due, before its recipient's server deferred it; lateness counts from here."""
    expires_after: timedelta | None = Field(default=None, sa_type=Interval)
    """How long after it was due it is still worth sending; null: as the playbook says."""
    send_window: dict[str, str] | None = json_document(None)
    """Hours in the receiver's week, as in the playbook; null: the playbook's."""
    on_cap: OnCap | None = Field(default=None, sa_type=Text)
    """Null: as the playbook says."""
    subject_template: str | None = None
    """A subject in place of the template's own, with merge fields."""
    sending_by: int | None = Field(default=None, sa_type=BigInteger)
    """The sender's advisory lock, which lasts as long as its process."""
    handed_at: datetime | None = moment()
    """When it was last handed to the mailer; while it waits for its turn there, when it was taken for that."""
    is_handed_over: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """Its content is on its way to the mailer, or has been: if its sender dies, it may have gone out."""
    sent_at: datetime | None = moment()
    redirected_to: str | None = None
    """The test address that it went to instead of its receiver; null for mail that is meant."""
    subject: str | None = None
    provider_id: str | None = None
    reason: str | None = None
    notified_at: datetime | None = moment()
    """When staff were notified that its status has been unknown for too long."""
    delivered_at: datetime | None = moment()
    """The receiver's mail server has it."""
    opened_at: datetime | None = moment()
    """First opened, by a person as far as one can tell."""
    clicked_at: datetime | None = moment()
    """A link in it was first followed, by a person as far as one can tell."""
    bounced_at: datetime | None = moment()
    """Came back for good."""
    complained_at: datetime | None = moment()
    """Was called spam."""

    __table_args__ = (
        # Answers and tasks go before marketing, which may be many thousands.
        Index(
            "message_queued", text("(kind = 'marketing')"), "due_at", "id", postgresql_where=text("state = 'queued'")
        ),
        # How many marketing mails somebody has had lately.
        Index(
            "message_handed",
            "contact_id",
            "handed_at",
            postgresql_where=text("kind = 'marketing' AND handed_at IS NOT NULL"),
        ),
        # Which answers somebody has had lately.
        Index(
            "message_answered",
            "contact_id",
            "handed_at",
            postgresql_where=text("kind = 'transactional' AND handed_at IS NOT NULL"),
        ),
        # How many went out today, while a sending address warms up, or in the hour of a bounce.
        Index("message_handed_at", "handed_at", postgresql_where=text("handed_at IS NOT NULL")),
        # What went out on a day, for reports.
        Index("message_sent_at", "sent_at", postgresql_where=text("sent_at IS NOT NULL")),
        # Which mails to colleagues may go to their chats as well.
        Index("message_to_staff", "queued_at", postgresql_where=text("kind IN ('task', 'team')")),
        Index("message_sending", "sending_by", postgresql_where=text("state = 'sending'")),
        Index("message_unsettled", "state", postgresql_where=text("state IN ('unknown', 'failed')")),
    )


class Letter(SQLModel, table=True):
    """A mail in the local mailbox, which stands in for the outside world until a real mailer is set."""

    id: int | None = identity()
    message_key: str = Field(unique=True)
    from_address: str
    to_address: str = Field(index=True)
    subject: str
    html: str
    text: str
    at: datetime = moment(now=True)


class PauseScope(StrEnum):
    """Which mail is not sent."""

    ALL = "all"
    """Every mail: the mailer or its account takes nothing."""
    MARKETING = "marketing"
    """Marketing alone: answers, tasks and mail to staff still go out."""


class SendingPause(SQLModel, table=True):
    """One pause, from when it began until it ended. What is paused stays queued."""

    __tablename__ = "sending_pause"

    id: int | None = identity()
    scope: PauseScope = Field(sa_type=Text)
    reason: str
    """What a person needs to know to mend it: what was answered, and by whom."""
    began_at: datetime = moment(nullable=False)
    ended_at: datetime | None = moment()
    ended_by: str | None = None
    """What ended it: the mailer that takes mail again, or a person."""
    retry_at: datetime | None = moment()
    """When one mail is tried; null for a pause that only a person ends."""
    tries: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How many mails have been tried since it began."""

    __table_args__ = (Index("sending_pause_open", "scope", unique=True, postgresql_where=text("ended_at IS NULL")),)


class NoteState(StrEnum):
    """What became of a note."""

    QUEUED = "queued"
    """Waits for its moment."""
    SENDING = "sending"
    """Is being posted."""
    SENT = "sent"
    """The other side has it."""
    FAILED = "failed"
    """The other side will not have it, however often it is posted; `reason` says why."""
    UNKNOWN = "unknown"
    """Was posted, and no answer came. Not posted again, as it may be there."""
    LEFT_OUT = "left out"
    """Was about something that is over."""


class ChatNote(SQLModel, table=True):
    """One mail to a colleague that is posted to one channel too; what it says is made of the mail when it is posted."""

    __tablename__ = "chat_note"

    id: int | None = identity()
    message_id: int = reference("message.id", nullable=False, on_delete="CASCADE")
    channel: str
    """Its name in the playbook."""
    state: NoteState = Field(default=NoteState.QUEUED, sa_type=Text, sa_column_kwargs={"server_default": "queued"})
    created_at: datetime = moment(nullable=False)
    due_at: datetime = moment(nullable=False)
    """When it is posted, or tried again."""
    tries: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    handed_at: datetime | None = moment()
    """When it was last posted."""
    sent_at: datetime | None = moment()
    reason: str | None = None

    __table_args__ = (
        UniqueConstraint("message_id", "channel", name="chat_note_once"),
        Index("chat_note_due", "due_at", postgresql_where=text("state IN ('queued', 'sending')")),
    )
