"""What belongs to this installation: its secrets and every playbook that was ever applied."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from models.column import identity, json_document, moment, reference


class Secret(SQLModel, table=True):
    """A random value made when the database is set up, shared by every process on it."""

    name: str = Field(primary_key=True)
    value: str
    disabled_at: datetime | None = moment()
    """Since when it opens nothing, as the ops password that all share once everybody has a login."""


class OpsSession(SQLModel, table=True):
    """Somebody who has logged in on one browser; gone once they log out."""

    __tablename__ = "ops_session"

    digest: str = Field(primary_key=True)
    """Of the token in the cookie, and of the shared password if it was opened by that; neither can be told from it."""
    opened_at: datetime = moment()
    expires_at: datetime = moment()
    login_id: int | None = reference("login.id", index=True)
    """Null: by the password that all share."""
    browser: str | None = None
    """What it calls itself."""
    network_address: str | None = None
    seen_at: datetime | None = moment()
    """When it last opened a page, to a few minutes."""


class AppliedPlaybook(SQLModel, table=True):
    """A playbook as it was applied; the newest is in force."""

    __tablename__ = "playbook"

    id: int | None = identity()
    document: dict[str, Any] = json_document()
    applied_at: datetime = moment(now=True)
