"""How the double fails when it is told to."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from random import Random

HANG = "hang"
"""No answer, for as long as the sender waits."""
CUT = "cut"
"""The connection is gone."""


@dataclass(frozen=True)
class Failure:
    """One request that fails."""

    kind: str
    """A status such as 500, `hang` or `cut`."""
    accepts: bool = False
    """The mail is taken all the same."""
    reset_seconds: float = 1.0
    """What a 429 says about when to come again."""

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
    """Those that were asked for, in order; then by chance."""

    def __init__(self, share: float, random: Random) -> None:
        self._share = share
        self._random = random
        self._planned: deque[Failure] = deque()

    def plan(self, failures: Sequence[Failure]) -> None:
        """The next requests fail so."""
        self._planned.extend(failures)

    def reset(self) -> None:
        """What was planned does not happen."""
        self._planned.clear()

    def next(self) -> Failure | None:
        """How the request that has just come fails; None: it does not."""
        if self._planned:
            return self._planned.popleft()
        return self._random.choice(RANDOM_FAILURES) if self._random.random() < self._share else None
