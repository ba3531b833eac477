"""Wrong passwords from one network, counted in this process: whoever tries one password on many logins has to wait."""

from collections import OrderedDict
from threading import Lock

ALLOWED = 5
FIRST_PAUSE_SECONDS = 2
LONGEST_PAUSE_SECONDS = 300
REMEMBERED = 10_000


class WrongGuesses:
    """Counts in this process alone: those of one login are counted in the database as well."""

    def __init__(self) -> None:
        self._guesses: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = Lock()

    def begin(self, guesser: str, now: float) -> int:
        """Count a guess before it is checked, so that of many at once none is checked for free; gives for how many
        seconds none is checked, 0 where this one may be. One that was not wrong is taken back.
        """
        with self._lock:
            if pause := self.pause(guesser, now):
                return pause
            self._add(guesser, now)
            return 0

    def add(self, guesser: str, now: float) -> None:
        """One more wrong guess; the pause doubles each time."""
        with self._lock:
            self._add(guesser, now)

    def take_back(self, guesser: str, now: float) -> None:
        """A guess that was begun was not wrong, or not checked."""
        with self._lock:
            count, _ = self._guesses.pop(guesser, (0, now))
            if count > 1:
                self._guesses[guesser] = (count - 1, now)

    def _add(self, guesser: str, now: float) -> None:
        count, _ = self._guesses.pop(guesser, (0, now))
        self._guesses[guesser] = (count + 1, now + _pause_after(count + 1))
        if len(self._guesses) > REMEMBERED:
            self._guesses.popitem(last=False)

    def pause(self, guesser: str, now: float) -> int:
        """For how many seconds guesses of theirs are answered from memory; 0 when the database is asked."""
        _, until = self._guesses.get(guesser, (0, now))
        return max(0, round(until - now + 0.5)) if until > now else 0


def _pause_after(count: int) -> float:
    if count < ALLOWED:
        return 0
    return min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(count - ALLOWED, 10))


wrong_guesses = WrongGuesses()
