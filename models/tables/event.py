"""Events of contacts (append-only), leads that could not be read, and values in them that could not."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from models.column import identity, json_document, moment, reference

CONTACT_ACTION = """name IN ('form_submitted', 'link_clicked', 'page_visited', 'replied', 'offer_requested',
    'call_connected', 'order_placed') AND data ->> 'is_machine' IS DISTINCT FROM 'true'"""
"""SQL over the table event: the contact did it. An opened mail is not among them, programs open mails too."""

ABOUT_ORDERS = "name IN ('order_cancelled', 'order_refunded')"
"""SQL over the table event: it takes back an order, or a part of one."""

ABOUT_OPPORTUNITIES = "name IN ('opportunity_opened', 'opportunity_changed', 'opportunity_won', 'opportunity_lost')"
"""SQL over the table event: it tells of a deal."""

BY_BOT = """coalesce(name <> 'form_submitted' AND lower(data ->> 'is_machine') = 'true', false)"""
"""SQL over the table event: a program did it, such as one that follows the links of every mail. A form that somebody
filled in is a lead whatever its fields are called."""


OF_PEOPLE = "name IN ('note_added', 'call_connected', 'call_tried', 'task_snoozed', 'task_delegated')"
"""SQL over the table event: a person wrote something, or called."""


class Event(SQLModel, table=True):
    """Something that happened to a contact. Append-only; only `reacted_at` is ever filled in, and merging changes whose
    it is.
    """

    id: int | None = identity()
    name: str
    """Past tense: form_submitted, link_clicked, order_placed, task_done, ..."""
    topic: str | None = None
    """What it was about: the form's name, the task's number, the product's code."""
    contact_id: int = reference("contact.id", nullable=False, on_delete="CASCADE")
    source: str | None = None
    key: str | None = Field(default=None, unique=True)
    """The sender's own id, written `source:id`: the second of two equal ones is dropped."""
    data: dict[str, Any] = json_document()
    at: datetime = moment(nullable=False)
    """When it happened, by the sender's account; never later than received_at."""
    received_at: datetime = moment(now=True)
    reacted_at: datetime | None = moment()
    """When journeys were started, resumed and ended for it."""
    is_history: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """Told late: it counts on its day, and starts, resumes, mails and asks nobody."""

    __table_args__ = (
        Index("event_contact", "contact_id", "id"),
        Index("event_unreacted", "id", postgresql_where=text("reacted_at IS NULL")),
        Index("event_name_at", "name", "at"),
        # Cancellations and refunds, by whose they are and by the shop's number of the order.
        Index("event_about_orders", "contact_id", postgresql_where=text(ABOUT_ORDERS)),
        Index("event_order_reference", text("(data ->> 'reference')"), postgresql_where=text(ABOUT_ORDERS)),
        Index("event_opportunity", text("(data ->> 'reference')"), postgresql_where=text(ABOUT_OPPORTUNITIES)),
        # What people wrote and whom they called: few among the events of a contact that reads a lot.
        Index("event_of_people", "contact_id", "id", postgresql_where=text(OF_PEOPLE)),
        # Who has been silent for how long: 2 s instead of 15 s over a million contacts.
        Index("event_own_action", "contact_id", "at", postgresql_where=text(CONTACT_ACTION)),
    )


class RejectedLead(SQLModel, table=True):
    """A lead that was not taken: kept byte for byte until a person repairs it or says what it is."""

    __tablename__ = "rejected_lead"

    id: int | None = identity()
    source: str
    content_type: str
    raw: bytes
    query: str | None = None
    """That of the address it was posted to: some senders put fields there."""
    problems: list[dict[str, str]] = json_document("[]")
    """One per field: what was found, what was expected."""
    received_at: datetime = moment(now=True)
    repaired_at: datetime | None = moment()
    """When a person was done with it."""
    event_id: int | None = Field(default=None, sa_type=BigInteger)
    """The event that the repaired lead became."""
    key: str | None = Field(default=None, unique=True)
    """The key of a row of an imported file: the same row, imported again, is not stored twice."""
    held_reason: str | None = None
    """It could be read, but a person has to say first whether it is a lead or spam; why. Null: it could not be read."""
    network_address: str | None = None
    """Where a held lead was posted from."""
    is_spam: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """A person called it spam: it is closed, at `repaired_at`, without an event."""

    alerted_at: datetime | None = moment()
    """When managers were mailed that nobody repairs it."""

    __table_args__ = (
        Index("rejected_lead_open", "id", postgresql_where=text("repaired_at IS NULL")),
        Index(
            "rejected_lead_alert",
            "received_at",
            postgresql_where=text("repaired_at IS NULL AND alerted_at IS NULL"),
        ),
        Index("rejected_lead_held_alerted", "alerted_at", postgresql_where=text("held_reason IS NOT NULL")),
    )


class FormPost(SQLModel, table=True):
    """One lead that was posted to a public form, so that posts can be counted. Later posts delete the old ones."""

    __tablename__ = "form_post"

    id: int | None = identity()
    key: bytes
    """A keyed hash of the source and of who or what posted: no address can be read from it."""
    at: datetime = moment(nullable=False)

    __table_args__ = (Index("form_post_key", "key", "at"), Index("form_post_at", "at"))


class UnreadValue(SQLModel, table=True):
    """A value of a lead that fits no reading of its field. It is shown wherever the lead is, and never guessed."""

    __tablename__ = "unread_value"

    id: int | None = identity()
    contact_id: int = reference("contact.id", nullable=False, index=True, on_delete="CASCADE")
    event_id: int = Field(sa_type=BigInteger)
    """The event of the lead that gave it."""
    field: str
    """Ours, such as `start_by`."""
    found: str
    """As it came; JSON if it was no text."""
    expected: str
    """What would have been understood, such as `a date such as 2026-03-31`."""
    received_at: datetime = moment(nullable=False)
    repaired_at: datetime | None = moment()
    repaired_by: str | None = None

    __table_args__ = (Index("unread_value_open", "id", postgresql_where=text("repaired_at IS NULL")),)
