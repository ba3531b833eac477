"""Emitting events that Tend observes itself; the clock reacts to them, so they start, resume and end runs."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from models.tables.event import Event


def emit(
    connection: Connection,
    name: str,
    *,
    contact_id: int,
    at: datetime,
    topic: str | None = None,
    source: str,
    key: str | None = None,
    data: dict[str, Any] | None = None,
) -> bool:
    """Add one event that happens now, at `at`; false when one with this key is there already."""
    row = {"name": name, "topic": topic, "contact_id": contact_id, "source": source, "key": key, "data": data or {}}
    adding = insert(Event).values(row | {"at": at, "received_at": at}).on_conflict_do_nothing(index_elements=["key"])
    return connection.execute(adding).rowcount == 1
