"""Starting the runs of a journey by hand, by a segment, or from another journey."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from flows.runtime.definitions.definition import Definition
from models.journeys import runs


def start_runs(connection: Connection, definition: Definition, starts: Sequence[tuple[int, str]], now: datetime) -> int:
    """Start a journey for (contact id, reason) pairs; the number of new runs.

    A pair that was started before is ignored.
    """
    keys = [(contact, definition.start_key(reason)) for contact, reason in starts]
    return runs.start_runs(connection, definition.name, keys, exclusive=definition.exclusive, now=now)
