"""Raw mail events, as mail providers and our own tracking report them, until they are processed."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, Text, text
from sqlmodel import Field, SQLModel

from models.column import identity, json_document, moment


class MailEventKind(StrEnum):
    """What happened to a mail, in our words."""

    PROCESSED = "processed"
    """The provider has begun to deliver it."""
    DEFERRED = "deferred"
    """The receiver's server wants it later; the provider tries again."""
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    VISITED = "visited"
    """A page of the sample site was opened in a browser that came by a link of the mail; `raw` names that click."""
    BOUNCED = "bounced"
    """Refused for good: the address does not take mail."""
    BLOCKED = "blocked"
    """Refused this time, such as for a full mailbox or a listed sender; the address may be good."""
    DROPPED = "dropped"
    """The provider did not even try."""
    COMPLAINED = "complained"
    """The receiver called it spam."""
    UNSUBSCRIBED = "unsubscribed"
    RESUBSCRIBED = "resubscribed"
    OTHER = "other"
    """A kind that we do not know; `raw` has it."""


class BounceDecision(StrEnum):
    """Whether a refusal keeps its contact from getting more mail."""

    SUPPRESSED = "suppressed"
    """It does."""
    HELD = "held"
    """It is one of many at once, for which the address may not be to blame: a person decides."""
    KEPT = "kept"
    """It does not: the address takes mail after all, the contact has another one, or a person said so."""


class MailEvent(SQLModel, table=True):
    """One raw event about one email. Stored as it came; processed once, by the clock."""

    __tablename__ = "mail_event"

    id: int | None = identity()
    key: str = Field(unique=True)
    """The provider's own id of the event, or a digest of it; the second of two equal ones is dropped."""
    provider: str
    """`sendgrid`, or `tend` for our own links and pictures."""
    kind: MailEventKind = Field(sa_type=Text)
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    """Null for mails that did not come from here."""
    at: datetime = moment(nullable=False)
    """When it happened, by the provider; never later than received_at."""
    received_at: datetime = moment(now=True)
    url: str | None = None
    """The link that was followed."""
    user_agent: str | None = None
    is_machine: bool | None = None
    """Whether a program opened or followed it, rather than a person; null until it is counted, unless the provider
    knows."""
    reason: str | None = None
    """What shows that it was a program; of a refusal, the reason that the provider gives."""
    meaning: str | None = None
    """What a refusal means: the words of BounceMeaning; null for all other kinds, and for refusals of long ago."""
    decide_at: datetime | None = moment()
    """When it is decided whether the refusal suppresses its contact; null when it cannot, and once it is decided."""
    decision: BounceDecision | None = Field(default=None, sa_type=Text)
    raw: dict[str, Any] = json_document()
    processed_at: datetime | None = moment()

    __table_args__ = (
        Index("mail_event_uncounted", "received_at", "id", postgresql_where=text("processed_at IS NULL")),
        Index("mail_event_message", "message_id", "at"),
        # What was heard since a moment, for reports.
        Index("mail_event_processed_at", "processed_at", postgresql_using="brin"),
        Index("mail_event_refused", "at", postgresql_where=text("meaning IS NOT NULL")),
        Index("mail_event_undecided", "decide_at", postgresql_where=text("decide_at IS NOT NULL")),
        Index("mail_event_held", "id", postgresql_where=text("decision = 'held'")),
    )
