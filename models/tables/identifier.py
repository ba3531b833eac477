"""What contacts are recognised by, contacts that were merged, and identifiers that two contacts claim."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.column import identity, json_document, moment, reference


class IdentifierKind(StrEnum):
    """What an identifier is."""

    EMAIL = "email"
    """Normalised as `contact.email`. One contact at a time holds it."""
    PHONE = "phone"
    """E.164. People may share one: a family, a switchboard."""
    SOURCE_KEY = "source_key"
    """A source's own id of the person, written `source:id`. One contact at a time holds it."""


class Identifier(SQLModel, table=True):
    """Something that a contact is or was recognised by: every address, number and sender's id they ever gave.

    The current address and number stand on the contact as well; mail goes to that address.
    """

    id: int | None = identity()
    contact_id: int = reference("contact.id", nullable=False, on_delete="CASCADE")
    kind: IdentifierKind = Field(sa_type=Text)
    value: str
    source: str | None = None
    """Who told it first."""
    first_seen_at: datetime = moment(nullable=False)
    last_seen_at: datetime = moment(nullable=False)

    __table_args__ = (
        UniqueConstraint("contact_id", "kind", "value", name="identifier_of_contact"),
        Index("identifier_held", "kind", "value", unique=True, postgresql_where=text("kind <> 'phone'")),
        Index("identifier_phone", "value", postgresql_include=["contact_id"], postgresql_where=text("kind = 'phone'")),
        # What is typed into a search stands anywhere in an address.
        Index(
            "identifier_search",
            text("value gin_trgm_ops"),
            postgresql_using="gin",
            postgresql_where=text("kind <> 'phone'"),
        ),
    )


class ContactMerge(SQLModel, table=True):
    """One contact merged into another, with all that is needed to separate them again."""

    __tablename__ = "contact_merge"

    id: int | None = identity()
    kept_id: int = Field(sa_type=BigInteger, index=True)
    merged_id: int = Field(sa_type=BigInteger, index=True)
    """The number of the contact that is gone; links to it lead to the kept one."""
    reason: str
    merged_by: str
    """A person, a flow, or the source of the lead that showed it."""
    merged_at: datetime = moment(nullable=False)
    separated_at: datetime | None = moment()
    separated_by: str | None = None
    trace: dict[str, Any] = json_document()
    """What each of the two was before, and which rows changed hands."""


class IdentityConflict(SQLModel, table=True):
    """An identifier that a lead gave for one contact while another one holds it: a person decides whose it is."""

    __tablename__ = "identity_conflict"

    id: int | None = identity()
    contact_id: int = reference("contact.id", nullable=False, index=True, on_delete="CASCADE")
    """The contact that the lead was taken for."""
    held_by_id: int = reference("contact.id", nullable=False, index=True, on_delete="CASCADE")
    kind: IdentifierKind = Field(sa_type=Text)
    value: str
    event_id: int | None = Field(default=None, sa_type=BigInteger)
    found_at: datetime = moment(nullable=False)
    decided_at: datetime | None = moment()
    decided_by: str | None = None
    decision: str | None = None

    __table_args__ = (
        Index(
            "identity_conflict_open",
            *("contact_id", "held_by_id", "kind", "value"),
            unique=True,
            postgresql_where=text("decided_at IS NULL"),
        ),
    )


class DuplicateReason(StrEnum):
    """What makes two contacts look like one person, the surest first."""

    MAILBOX = "same mailbox"
    """Addresses that the provider delivers to one mailbox: dots at Gmail, what stands behind a plus."""
    NUMBER_AND_NAME = "same number and name"
    ADDRESS = "same name and postal address"
    NUMBER = "same number, names that fit"
    COMPANY = "same name and company"
    SENDER_ID = "same name, same id at two senders"
    LOCAL_PART = "same name, same mailbox name at two providers"
    SHARED_MAILBOX = "same mailbox, another name"


class LikelyDuplicate(SQLModel, table=True):
    """Two contacts that may be one person; found anew every night, until a person merges them or says who they are."""

    __tablename__ = "likely_duplicate"

    id: int | None = identity()
    contact_id: int = reference("contact.id", nullable=False, on_delete="CASCADE")
    """The one with the lower number."""
    other_id: int = reference("contact.id", nullable=False, index=True, on_delete="CASCADE")
    reasons: list[str] = json_document("[]")
    """Each a DuplicateReason, the surest first."""
    likelihood: int
    """From 0 to 100, for the order of the list."""
    found_at: datetime = moment(nullable=False)
    decided_at: datetime | None = moment()
    """When a person said that they are two people: they are not shown again."""
    decided_by: str | None = None

    __table_args__ = (
        UniqueConstraint("contact_id", "other_id", name="likely_duplicate_pair"),
        CheckConstraint("contact_id < other_id", name="likely_duplicate_order"),
        Index("likely_duplicate_open", text("likelihood DESC"), "id", postgresql_where=text("decided_at IS NULL")),
    )
