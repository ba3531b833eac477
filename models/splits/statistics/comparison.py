"""Variants beside each other: every two of them, looked at once and looked at every day."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import erfc, sqrt

from models.splits.statistics.always_valid import ERROR, always_valid_interval, p_values
from models.splits.statistics.interval import Counts, InterimLook, Interval, newcombe


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for several comparisons by Holm's method, in the order given.

    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979. It asks
    nothing of how the comparisons hang together, and each p-value may be an always-valid one.
    """
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, p_values[place] * (len(p_values) - rank)))
        adjusted[place] = largest
    return adjusted


def pairs_of(variants: int) -> int:
    """How many comparisons there are between so many variants."""
    return variants * (variants - 1) // 2


def error_of_each(variants: int, error: float = ERROR) -> float:
    """What is left to each comparison, for planning (Bonferroni: Holm asks no more than that)."""
    return error / max(1, pairs_of(variants))


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


def compare(looks: Sequence[InterimLook], variants: Sequence[str], lift: float) -> list[Comparison]:
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
            p_for_one_look=pooled_z_p(*counts),
            always_valid=always_valid_interval(*counts, lift),
            p=p,
            corrected=corrected,
        )
        for pair, counts, p, corrected in zip(pairs, last, always, holm(always), strict=True)
    ]


def pooled_z_p(first: Counts, second: Counts) -> float:
    """The two-sided p-value of two rates, by the normal distribution; 1 when there is nothing to tell them apart.

    Fisher's normal approximation with the pooled rate, as in every textbook. True for one look alone.
    """
    both = first + second
    spread = both.rate * (1 - both.rate)
    if not spread or not min(first.contacts, second.contacts):
        return 1.0
    z = (second.rate - first.rate) / sqrt(spread * (1 / first.contacts + 1 / second.contacts))
    return erfc(abs(z) / sqrt(2))
