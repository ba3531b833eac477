"""A Postgres that is restarted is back within seconds: whoever posts a lead waits for it that long."""

import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError

AWAY = (OperationalError, InterfaceError)
LOCK_NOT_AVAILABLE = "55P03"
PATIENCE_SECONDS = 5.0
PAUSE_SECONDS = 0.1

Stored = TypeVar("Stored")


class Outage:
    """Since when Postgres has been away, as this process has seen it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None

    def end(self) -> None:
        """It answers."""
        self._since = None

    def is_worth_waiting(self) -> bool:
        """Whether it has been away for so short that it may be back in a moment. Long outages hold up nobody."""
        if self._since is None:
            self._since = self._clock()
        return self._clock() - self._since < PATIENCE_SECONDS


_outage = Outage()


def retry_while_away(store: Callable[[], Stored], outage: Outage = _outage) -> Stored:
    """Store, and try again while Postgres is away for a moment. What is stored needs a key: the answer to a commit
    may be what was lost. Raises the last error when it stays away.
    """
    while True:
        try:
            stored = store()
        except AWAY as error:
            # Whoever holds a lock for so long, as a migration does, will not be done in a moment.
            if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE or not outage.is_worth_waiting():
                raise
            time.sleep(PAUSE_SECONDS)
        else:
            outage.end()
            return stored
