"""What a variant must not do while it wins: make people unsubscribe, or call us spam."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations

from models.split_statistics.always_valid import always_valid_interval
from models.split_statistics.counts import Counts

HARM = 0.01
"""The rise of such a rate that is looked for: a percentage point."""


@dataclass(frozen=True)
class Harm:
    """A variant after which something bad is more frequent than after another, by more than chance explains."""

    event: str
    variant: str
    counts: Counts
    than: str
    other: Counts


def harms(event: str, counts: Mapping[str, Counts]) -> Iterator[Harm]:
    """Every variant whose rate is above another's by its always-valid interval: no correction, a false alarm is cheap.

    `counts` are of all contacts so far, however fresh: waiting until their time is over would let harm go on. Variants
    are filled at the same time, so their contacts are of the same age and the comparison is fair.
    """
    for better, worse in permutations(counts, 2):
        if always_valid_interval(counts[better], counts[worse], HARM).low > 0:
            yield Harm(event, worse, counts[worse], better, counts[better])
