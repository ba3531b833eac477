"""The variants of a split test and the keyed hash that chooses between them. Pure."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b, sha256
from itertools import accumulate
from math import isfinite

HELD_OUT, ON_THE_JOURNEY = "held out", "on the journey"

RESOLUTION = 2**53
"""As many different draws as a double between 0 and 1 can tell apart."""


@dataclass(frozen=True, slots=True)
class Variants:
    """What one test chooses between: variant -> its share beside the others' shares, 0 for one that is off."""

    test: str
    weights: Mapping[str, float]
    is_holdout: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError for a test without a name, and for weights by which nothing can be drawn."""
        if not self.test.strip():
            raise ValueError("A split test needs a name, such as 'call invitation'.")
        if not all(map(_is_weight, self.weights.values())) or not any(self.weights.values()) or "" in self.weights:
            raise ValueError(
                f"The split test '{self.test}' has the weights {dict(self.weights)}. Give each variant a name and a "
                "number from 0 up, and at least one of them more than 0, such as {'times': 1, 'calendar': 1}."
            )

    def variant_at(self, draw: float) -> str:
        """The variant in whose part of the line from 0 to 1 a draw falls.

        The parts lie in the order of the variants' names: what a row records is enough to find its variant again.
        """
        drawable = sorted(name for name, weight in self.weights.items() if weight > 0)
        ends = list(accumulate(self.weights[name] for name in drawable))
        # Rounding can put a draw just below 1 on the very end of the line.
        return drawable[min(bisect_right(ends, draw * ends[-1]), len(drawable) - 1)]


def _is_weight(weight: object) -> bool:
    return isinstance(weight, int | float) and isfinite(weight) and weight >= 0


def hash_draw(key: str, test: str, contact: int, without: str = "") -> float:
    """Where a contact falls from 0 up to 1: evenly, in each test anew, and nobody without the key can tell beforehand.

    `without`: a variant that was taken out of the test. Who had it is drawn again, independently of the first draw,
    which fell into that variant's part of the line and so is no longer even.
    """
    said = "\0".join((test, str(contact), without))
    digest = blake2b(said.encode(), key=sha256(key.encode()).digest(), digest_size=8).digest()
    return (int.from_bytes(digest) >> 11) / RESOLUTION


def holdout_name(journey: str) -> str:
    """What the test of a journey against no journey is called."""
    return f"{journey} holdout"


def holdout_of(journey: str, share: float) -> Variants:
    """A journey against no journey, for a small share of contacts. Raises ValueError unless 0 <= share < 1."""
    if not 0 <= share < 1:
        raise ValueError(
            f"{journey}: a holdout of {share} was found. Give the share of contacts who are kept off the journey, "
            "from 0 up and less than 1, such as holdout=0.05."
        )
    return Variants(holdout_name(journey), {HELD_OUT: share, ON_THE_JOURNEY: round(1 - share, 12)}, is_holdout=True)
