"""Failures of the fake: planned by a test or a person, or drawn at random."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from random import Random

HANG = "hang"
"""The request is never answered."""
CUT = "cut"
"""The connection is cut without an answer."""


@dataclass(frozen=True)
class Failure:
    """One request that fails."""

    kind: str
    """A status such as 500, `hang` or `cut`."""
    accepts: bool = False
    """Whether the mail is accepted nevertheless."""
    reset_seconds: float = 1.0
    """After how many seconds a 429 says that requests are accepted again."""

    def __post_init__(self) -> None:
        if self.kind not in (HANG, CUT) and self.kind not in (str(int(status)) for status in HTTPStatus):
            raise ValueError(f"found the failure {self.kind!r}, expected {HANG}, {CUT} or a status such as 500")


RANDOM_FAILURES = (
    Failure("500"),
    Failure("500", accepts=True),
    Failure(CUT),
    Failure(CUT, accepts=True),
    Failure("429", reset_seconds=0),
)


class Failures:
    """The planned failures, in order; after those a random share of requests fails."""

    def __init__(self, share: float, random: Random) -> None:
        self._share = share
        self._random = random
        self._planned: deque[Failure] = deque()

    def plan(self, failures: Sequence[Failure]) -> None:
        """Let the next requests fail like this, one for each failure."""
        self._planned.extend(failures)

    def reset(self) -> None:
        """Forget the planned failures."""
        self._planned.clear()

    def next(self) -> Failure | None:
        """How the request that has just come fails; None: it does not."""
        if self._planned:
            return self._planned.popleft()
        return self._random.choice(RANDOM_FAILURES) if self._random.random() < self._share else None
