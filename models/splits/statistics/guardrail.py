"""What a variant must not do while it wins: make people unsubscribe, or call us spam."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations

from models.splits.statistics.always_valid import MIN_EXPECTED, always_valid_interval
from models.splits.statistics.interval import Counts

SRM_P_LIMIT = 0.001
"""Below this p-value the split is taken to be broken, as is usual for this check: it is made every day."""


def srm_p(drawn: Mapping[str, int], expected: Mapping[str, float]) -> float:
    """How probable it is that chance alone strays so far from the shares, or farther; 1 while too few were drawn.

    Pearson's chi-square, once MIN_EXPECTED are due in each variant: of 20 draws by 1 to 99 two are no sign of anything.
    `expected` is the sum of the shares that held for each draw, so weights may change.
    """
    if any(drawn.get(variant, 0) for variant, due in expected.items() if not due):
        return 0.0
    due = {variant: count for variant, count in expected.items() if count}
    if len(due) < 2 or min(due.values()) < MIN_EXPECTED:
        return 1.0
    # scipy takes a second to import, and not every page asks.
    from scipy.special import chdtrc

    statistic = sum((drawn.get(variant, 0) - count) ** 2 / count for variant, count in due.items())
    return float(chdtrc(len(due) - 1, statistic))


HARM = 0.01
"""The rise of such a rate that is looked for: a percentage point."""


@dataclass(frozen=True)
class GuardrailBreach:
    """A variant after which something bad is more frequent than after another, by more than chance explains."""

    event: str
    variant: str
    counts: Counts
    compared_with: str
    compared_counts: Counts


def harms(event: str, counts: Mapping[str, Counts]) -> Iterator[GuardrailBreach]:
    """Every variant whose rate is above another's by its always-valid interval: no correction, a false alarm is cheap.

    `counts` are of all contacts so far, however fresh: waiting until their time is over would let harm go on. Variants
    are filled at the same time, so their contacts are of the same age and the comparison is fair.
    """
    for better, worse in permutations(counts, 2):
        if always_valid_interval(counts[better], counts[worse], HARM).low > 0:
            yield GuardrailBreach(event, worse, counts[worse], better, counts[better])
