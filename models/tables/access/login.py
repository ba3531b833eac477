"""Who may log in, how often somebody guessed, and who of ops did what."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from models.column import identity, json_document, moment, reference


class Role(StrEnum):
    """What somebody who is logged in may do. Each may do what those before it may."""

    LOOK = "look"
    """Read everything, change nothing."""
    WORK = "work"
    """Act on leads, tasks and mails."""
    SET_UP = "set up"
    """Decide what cannot be taken back by a click, and who may log in: merging, pauses, split tests, logins."""

    def includes(self, other: "Role") -> bool:
        """Whether who has this role may do what the other one may."""
        return list(Role).index(self) >= list(Role).index(other)


class Login(SQLModel, table=True):
    """Somebody of ops or a manager, with a password of their own. Never deleted: the audit names them."""

    id: int | None = identity()
    name: str
    """As the timeline and the audit call them."""
    email: str = Field(unique=True)
    """In small letters; links that set a password go there."""
    role: Role = Field(sa_type=Text)
    password_hash: str | None = None
    """By argon2id, with its parameters and salt. Null until the invitation was used."""
    link_number: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Stands in the newest link that sets a password. It grows with each link and when one is used: each works once."""
    link_expires_at: datetime | None = moment()
    """Until when that link works; null when none does."""
    invited_by: str
    invited_at: datetime = moment(nullable=False)
    password_set_at: datetime | None = moment()
    seen_at: datetime | None = moment()
    """When they last opened a page, to a few minutes."""
    disabled_at: datetime | None = moment()


class LoginGuess(SQLModel, table=True):
    """Passwords that were tried in a row for an address, whether it has a login or not; gone after the right one."""

    __tablename__ = "login_guess"

    key: bytes = Field(sa_type=LargeBinary, primary_key=True)
    """A keyed hash of the address, or of a browser that has logged in there before: no address can be read from it."""
    count: int
    until: datetime = moment(nullable=False)
    """Before it no further one is checked."""
    at: datetime = moment(nullable=False)

    __table_args__ = (Index("login_guess_at", "at"),)


class Audit(SQLModel, table=True):
    """Something that a person did on the pages for ops. Append-only."""

    id: int | None = identity()
    at: datetime = moment(nullable=False)
    login_id: int | None = reference("login.id")
    """Null: by the shared password, or at the machine itself."""
    who: str
    """Their name at that moment."""
    action: str
    """In words that go on after the name: `merged two contacts`."""
    contact_id: int | None = reference("contact.id", on_delete="SET NULL")
    path: str
    network_address: str | None = None
    data: dict[str, Any] = json_document()
    """What of it a person may ask about later: never a password, a key or a token."""

    __table_args__ = (
        Index("audit_at", "at"),
        Index("audit_contact", "contact_id", "id"),
        Index("audit_login", "login_id", "id"),
    )
