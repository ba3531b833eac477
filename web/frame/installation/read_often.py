"""What every page shows of the database, read at most once a second."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from models.database import NoDatabase, engine

Value = TypeVar("Value")


class ReadOften(Generic[Value]):
    """A value as it was read last. One thread reads it anew, so that pages that hold a connection already do not all
    ask for a second one.

    While the database is away it is what it was: pages about that say so, and this is not what they fail by.
    """

    SECONDS = 1.0

    def __init__(self, read: Callable[[Connection], Value], before: Value) -> None:
        self._read = read
        self._value = before
        self._read_at = float("-inf")
        self._lock = Lock()

    def read(self) -> Value:
        """As it was at most a second ago; what was handed in as `before`, if it could never be read."""
        with self._lock:
            if time.monotonic() - self._read_at > self.SECONDS:
                self._value = self._read_anew()
                self._read_at = time.monotonic()
            return self._value

    def _read_anew(self) -> Value:
        try:
            with engine().connect() as connection:
                return self._read(connection)
        except (NoDatabase, DBAPIError):
            return self._value

    def forget(self) -> None:
        """Read it anew next time."""
        self._read_at = float("-inf")
