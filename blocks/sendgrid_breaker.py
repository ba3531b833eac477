"""A circuit breaker shared by all threads of one delivery run: pauses on HTTP 429, and stops for the rest of the run on
failures that concern every email.
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from blocks.email_feed import STOP_CHECK_SECONDS
from blocks.send_result import SendResult, SendStatus
from blocks.sendgrid_response import TooManyRequests

# The sum of all pauses; after longer ones the next delivery goes on.
LONGEST_WAIT_SECONDS = 30.0
# So that a reset that is over already is not asked for again at once.
SHORTEST_PAUSE_SECONDS = 0.1
# A person has to decide about each email without an answer. While SendGrid is broken, not all of them are risked.
MOST_UNKNOWN_IN_A_ROW = 10
STOPPED = "the delivery was stopped while SendGrid asked for a pause"


class CircuitBreaker:
    """Used by all threads of a delivery. A pause pauses them all."""

    def __init__(self, is_stopping: Callable[[], bool]) -> None:
        self.retry_after: timedelta | None = None
        """How long SendGrid asks to be left alone, if that is why the breaker tripped."""
        self._is_stopping = is_stopping
        self._lock = threading.Lock()
        self._tripped = threading.Event()
        self._trip_reason: str | None = None
        self._open_at = 0.0
        self._wait_left = LONGEST_WAIT_SECONDS
        self._unknown_in_a_row = 0

    def wait_until_ready(self) -> str | None:
        """Waits until requests may be sent. Gives the reason if the breaker has tripped or it is to stop, else None."""
        while not self._tripped.is_set() and (left := self._open_at - time.monotonic()) > 0:
            if self._is_stopping():
                return STOPPED
            self._tripped.wait(min(left, STOP_CHECK_SECONDS))
        return self._trip_reason

    def pause(self, pause: TooManyRequests) -> None:
        """Let no request through for so long; trip when the pauses add up to more than the longest wait."""
        with self._lock:
            now = time.monotonic()
            open_at = now + max(pause.seconds, SHORTEST_PAUSE_SECONDS)
            self._wait_left -= max(0.0, open_at - max(now, self._open_at))
            if self._wait_left < 0:
                self.retry_after = self.retry_after or timedelta(seconds=pause.seconds)
                self._trip(pause.reason)
            else:
                self._open_at = max(self._open_at, open_at)

    def record(self, result: SendResult) -> None:
        """Trip after a result that concerns every email, or after too many unknown ones in a row."""
        with self._lock:
            self._unknown_in_a_row = self._unknown_in_a_row + 1 if result.status == SendStatus.UNKNOWN else 0
            if result.status == SendStatus.UNAVAILABLE or self._unknown_in_a_row >= MOST_UNKNOWN_IN_A_ROW:
                self._trip(result.reason or "SendGrid takes nothing now")

    def _trip(self, reason: str) -> None:
        self._trip_reason = self._trip_reason or reason
        self._tripped.set()
