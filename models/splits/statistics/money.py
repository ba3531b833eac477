"""What variants bring in: the amount per contact, those who buy nothing included."""

from dataclasses import dataclass
from math import sqrt

from models.splits.statistics.interval import CONFIDENCE, Interval


@dataclass(frozen=True)
class Amounts:
    """What the contacts of one variant paid."""

    contacts: int = 0
    total: float = 0.0
    squares: float = 0.0
    """The sum of each contact's amount squared."""

    @property
    def mean(self) -> float:
        """Per contact; 0 of nobody."""
        return self.total / self.contacts if self.contacts else 0.0

    @property
    def variance(self) -> float:
        """Of the amounts, as estimated from a sample of two or more."""
        return max(0.0, self.squares - self.total * self.mean) / (self.contacts - 1)


def welch(first: Amounts, second: Amounts, confidence: float = CONFIDENCE) -> Interval | None:
    """The interval of second's mean less first's, for one look; None while there are fewer than two contacts of each.

    Welch, "The generalization of Student's problem when several different population variances are involved",
    Biometrika 34, 1947.
    """
    if min(first.contacts, second.contacts) < 2:
        return None
    parts = [one.variance / one.contacts for one in (first, second)]
    difference, whole = second.mean - first.mean, sum(parts)
    if not whole:
        return None
    freedom = whole**2 / sum(part**2 / (one.contacts - 1) for part, one in zip(parts, (first, second), strict=True))
    # scipy takes a second to import, and not every page asks.
    from scipy.special import stdtrit

    half = float(stdtrit(freedom, (1 + confidence) / 2)) * sqrt(whole)
    return Interval(difference - half, difference + half)
