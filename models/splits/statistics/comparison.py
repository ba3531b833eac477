"""Variants beside each other: every two of them, looked at once and looked at every day."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import erfc, sqrt

from models.splits.statistics.always_valid import (
    ERROR,
    always_valid_interval,
    confidence_sequence,
    has_enough,
    p_values,
)
from models.splits.statistics.interval import Counts, InterimLook, Interval, score_interval


def corrected_p(p: float, variants: int) -> float:
    """A p-value of one of all comparisons between so many variants, corrected by Bonferroni's method.

    Of all methods the one whose ranges are as simple as its p-values: those of `error_of_each`. A range leaves 0 out
    exactly when the corrected p-value is below the error. It asks nothing of how the comparisons hang together.
    """
    return min(1.0, p * max(1, pairs_of(variants)))


def pairs_of(variants: int) -> int:
    """How many comparisons there are between so many variants."""
    return variants * (variants - 1) // 2


def error_of_each(variants: int, error: float = ERROR) -> float:
    """What is left of the error to each comparison, for ranges and for planning."""
    return error / max(1, pairs_of(variants))


@dataclass(frozen=True)
class OneLook:
    """Two variants for somebody who looks a single time, on a day that was set before; corrected."""

    interval: Interval
    """Of the difference."""
    p: float


@dataclass(frozen=True)
class Comparison:
    """Two variants at the last look; `difference` is the second's rate less the first's.

    All ranges and p-values are corrected for the number of comparisons, and a range leaves 0 out exactly when its
    p-value is below ERROR.
    """

    first: str
    second: str
    counts: tuple[Counts, Counts]
    always_valid: Interval
    """Of the difference, whoever looks however often: what all looks so far leave."""
    p: float
    """Always valid: of the best look so far."""
    today: Interval
    """The always-valid interval of the last look alone."""
    one_look: OneLook | None
    """None while there is too little for the normal distribution that it goes by."""

    @property
    def difference(self) -> float:
        """From -1 to 1."""
        return self.counts[1].rate - self.counts[0].rate

    @property
    def is_known(self) -> bool:
        """Whether there is enough to say anything at all."""
        return has_enough(*self.counts)

    @property
    def has_turned(self) -> bool:
        """Whether one was ahead by more than chance explains, and is not today."""
        return self.p < ERROR and self.better is None

    @property
    def better(self) -> str | None:
        """The one that is ahead by more than chance explains, today as well as by its p-value; None if neither is.

        The p-value is of the best day so far: without today's interval a lead that has turned round would count. And
        without the range, one that turned round so far that the other one is ahead now.
        """
        if self.p >= ERROR or not self.today.excludes_zero or self.always_valid.low > self.always_valid.high:
            return None
        return self.second if self.difference > 0 else self.first

    @property
    def worse(self) -> str | None:
        """The other one."""
        return {self.first: self.second, self.second: self.first}.get(self.better or "")


def compare(looks: Sequence[InterimLook], variants: Sequence[str], lift: float) -> list[Comparison]:
    """Each variant with each other, by all looks in the order of time; corrected for all of these comparisons."""
    return [
        _compared(one, two, [(look.counts[one], look.counts[two]) for look in looks], lift, len(variants))
        for one, two in combinations(variants, 2)
    ]


def _compared(one: str, two: str, looks: Sequence[tuple[Counts, Counts]], lift: float, variants: int) -> Comparison:
    last, error = looks[-1] if looks else (Counts(), Counts()), error_of_each(variants)
    return Comparison(
        one,
        two,
        counts=last,
        always_valid=[Interval(-1.0, 1.0), *confidence_sequence(looks, lift, error)][-1],
        p=corrected_p([1.0, *p_values(looks, lift)][-1], variants),
        today=always_valid_interval(*last, lift, error),
        one_look=_one_look(*last, variants) if has_enough(*last) else None,
    )


def _one_look(first: Counts, second: Counts, variants: int) -> OneLook:
    interval = score_interval(first, second, 1 - error_of_each(variants))
    return OneLook(interval, corrected_p(pooled_z_p(first, second), variants))


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
