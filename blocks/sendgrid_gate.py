"""What all letters of one delivery pass on their way: closed for a while when SendGrid asks for it, or for good."""

import threading
import time

from blocks.mailer import Delivery, Fate
from blocks.sendgrid_answer import Pause

# In all; longer pauses are left to the next delivery.
LONGEST_WAIT_SECONDS = 30.0
# So that a reset that is over already is not asked for again at once.
SHORTEST_PAUSE_SECONDS = 0.1
# Each mail without an answer has to be settled later. While the other side is broken, not all of them are risked.
MOST_UNKNOWN_IN_A_ROW = 10


class Gate:
    """Used by all threads of a delivery. A pause is one pause for all of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shut = threading.Event()
        self._shut_because: str | None = None
        self._open_at = 0.0
        self._patience = LONGEST_WAIT_SECONDS
        self._unknown_in_a_row = 0

    def pass_through(self) -> str | None:
        """Come back when requests may go out; why none may any more, if that is so."""
        while not self._shut.is_set() and (left := self._open_at - time.monotonic()) > 0:
            self._shut.wait(left)
        return self._shut_because

    def pause(self, pause: Pause) -> None:
        """Nobody passes for so long; for good if it has been too long by now."""
        with self._lock:
            now = time.monotonic()
            open_at = now + max(pause.seconds, SHORTEST_PAUSE_SECONDS)
            self._patience -= max(0.0, open_at - max(now, self._open_at))
            if self._patience < 0:
                self._shut_for_good(pause.because)
            else:
                self._open_at = max(self._open_at, open_at)

    def learn(self, delivery: Delivery) -> None:
        """Shut after an answer that would be the same for every letter."""
        with self._lock:
            self._unknown_in_a_row = self._unknown_in_a_row + 1 if delivery.fate == Fate.UNKNOWN else 0
            if delivery.fate == Fate.LATER or self._unknown_in_a_row >= MOST_UNKNOWN_IN_A_ROW:
                self._shut_for_good(delivery.because or "SendGrid takes nothing now")

    def _shut_for_good(self, because: str) -> None:
        self._shut_because = self._shut_because or because
        self._shut.set()
