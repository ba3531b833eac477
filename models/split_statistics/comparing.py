"""Variants beside each other: every two of them, looked at once and looked at every day."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import erfc, sqrt

from models.split_statistics.always_valid import ERROR, always_valid_interval, p_values
from models.split_statistics.correction import holm
from models.split_statistics.counts import Counts, Interval, Look
from models.split_statistics.interval import newcombe


@dataclass(frozen=True)
class Comparison:
    """Two variants at the last look; `difference` is the second's rate less the first's."""

    first: str
    second: str
    counts: tuple[Counts, Counts]
    interval: Interval
    """Of the difference, for one look."""
    p_for_one_look: float
    always_valid: Interval
    """Of the difference, whoever looks however often."""
    p: float
    """Always valid, before the correction for several comparisons."""
    corrected: float

    @property
    def difference(self) -> float:
        """From -1 to 1."""
        return self.counts[1].rate - self.counts[0].rate

    @property
    def better(self) -> str | None:
        """The one that is ahead by more than chance explains, today as well as by its p-value; None if neither is.

        The p-value is of the best day so far: without today's interval a lead that has turned round would count.
        """
        if self.corrected >= ERROR or not self.always_valid.excludes_zero:
            return None
        return self.second if self.difference > 0 else self.first

    @property
    def worse(self) -> str | None:
        """The other one."""
        return {self.first: self.second, self.second: self.first}.get(self.better or "")


def compare(looks: Sequence[Look], variants: Sequence[str], lift: float) -> list[Comparison]:
    """Each variant with each other, by all looks in the order of time; the p-values corrected by Holm's method."""
    pairs = list(combinations(variants, 2))
    seen = [[(look.counts[one], look.counts[two]) for look in looks] for one, two in pairs]
    always = [list(p_values(each, lift))[-1] if each else 1.0 for each in seen]
    last = [each[-1] if each else (Counts(), Counts()) for each in seen]
    return [
        Comparison(
            *pair,
            counts=counts,
            interval=newcombe(*counts),
            p_for_one_look=pooled_z(*counts),
            always_valid=always_valid_interval(*counts, lift),
            p=p,
            corrected=corrected,
        )
        for pair, counts, p, corrected in zip(pairs, last, always, holm(always), strict=True)
    ]


def pooled_z(first: Counts, second: Counts) -> float:
    """The two-sided p-value of two rates, by the normal distribution; 1 when there is nothing to tell them apart.

    Fisher's normal approximation with the pooled rate, as in every textbook. True for one look alone.
    """
    both = first + second
    spread = both.rate * (1 - both.rate)
    if not spread or not min(first.contacts, second.contacts):
        return 1.0
    z = (second.rate - first.rate) / sqrt(spread * (1 / first.contacts + 1 / second.contacts))
    return erfc(abs(z) / sqrt(2))
