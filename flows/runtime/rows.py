"""What a turn collects to write at its end, and the driver it writes with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import Connection as Driver
from sqlalchemy import Connection

from models import MessageKind


@dataclass(slots=True)
class NewMessage:
    """A row of the outbox."""

    key: str
    contact_id: int
    run_id: int
    kind: MessageKind
    template: str
    data: Mapping[str, Any]
    to_address: str | None = None
    task_id: int | None = None


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to begin on another journey."""

    journey: str
    contact_id: int
    key: str


def driver(connection: Connection) -> Driver[Any]:
    """The psycopg connection below, for COPY and for rows without a layer between."""
    found = connection.connection.driver_connection
    assert isinstance(found, Driver)
    return found
