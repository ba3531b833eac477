"""Evidence that may be looked at every day: the mixture sequential probability ratio test for two rates.

Robbins, "Statistical methods related to the law of the iterated logarithm", Annals of Mathematical Statistics 41, 1970;
Johari, Pekelis and Walsh, "Always valid inference: continuous monitoring of A/B tests", arXiv:1512.04922. With d the
difference of the rates, V its variance and t2 the variance of the differences that are expected,

    L = sqrt(V / (V + t2)) exp(t2 d^2 / (2 V (V + t2)))

is a martingale of mean 1 when there is no difference, so whoever looks however often sees it above 1 / alpha with a
probability of at most alpha (Ville's inequality). The p-value is the smallest 1 / L so far.

The proof is for a known V. While counts are small an estimate of V can be near 0 by chance, and the promise is broken
by far: with 2 and 38 contacts a day and rates of 1 %, half of all tests without a difference are called one. So V is
estimated on the careful side, and nothing is said before there is enough of it (`has_enough`); tests hold the promise
to that over equal and unequal shares, rare and frequent successes.
"""

from collections.abc import Iterable, Iterator
from math import exp, log, sqrt

from models.splits.statistics.interval import Counts, Interval

ERROR = 0.05
"""How many of the tests without a difference may be said to have one."""
MIN_EXPECTED = 5
"""Successes, and failures, that are to be expected in the smaller variant (Cochran's rule for tables)."""


def p_values(looks: Iterable[tuple[Counts, Counts]], lift: float) -> Iterator[float]:
    """The p-value at each look, in the order of time: it never rises. `lift` is the difference worth finding."""
    smallest = 1.0
    for first, second in looks:
        smallest = min(smallest, exp(-max(0.0, log_likelihood_ratio(first, second, lift))))
        yield smallest


def log_likelihood_ratio(first: Counts, second: Counts, lift: float) -> float:
    """The logarithm of L at one look; 0 while there is too little to say anything.

    t2 is lift squared: the differences that are expected are as large as the one worth finding. Any other choice made
    before the test would be as true and only slower.
    """
    return evidence(second.rate - first.rate, variance(first, second), lift) if has_enough(first, second) else 0.0


def evidence(difference: float, v: float, lift: float) -> float:
    """The logarithm of L for a difference with the variance `v`."""
    t2 = lift**2
    return log(v / (v + t2)) / 2 + t2 * difference**2 / (2 * v * (v + t2))


def always_valid_interval(first: Counts, second: Counts, lift: float, error: float = ERROR) -> Interval:
    """Second's rate less first's, by one look: those of all looks together hold the truth in 1 - error of the tests."""
    if not has_enough(first, second):
        return Interval(-1.0, 1.0)
    half = critical_difference(variance(first, second), lift, error)
    difference = second.rate - first.rate
    return Interval(max(-1.0, difference - half), min(1.0, difference + half))


def confidence_sequence(
    looks: Iterable[tuple[Counts, Counts]], lift: float, error: float = ERROR
) -> Iterator[Interval]:
    """The always-valid interval at each look that all looks so far leave: it never widens.

    The range to `p_values`: it leaves 0 out exactly when the p-value is below `error`. Where two looks contradict each
    other, as when people began to behave otherwise, nothing is left: `low` is above `high`.
    """
    low, high = -1.0, 1.0
    for first, second in looks:
        now = always_valid_interval(first, second, lift, error)
        low, high = max(low, now.low), min(high, now.high)
        yield Interval(low, high)


def critical_difference(v: float, lift: float, error: float) -> float:
    """The difference at which L is 1 / error."""
    t2 = lift**2
    return sqrt(2 * v * (v + t2) / t2 * (log(1 / error) + log((v + t2) / v) / 2))


def has_enough(first: Counts, second: Counts) -> bool:
    """Whether the normal distribution is near enough. It looks at both variants as one, so it favours neither."""
    both = first + second
    if not min(first.contacts, second.contacts):
        return False
    rarer = min(both.successes, both.contacts - both.successes)
    return rarer * min(first.contacts, second.contacts) / both.contacts >= MIN_EXPECTED


def variance(first: Counts, second: Counts) -> float:
    """Of the difference: the larger of what it is with and without one, a success and a failure added to each count."""
    together = _spread(first + second) * (1 / first.contacts + 1 / second.contacts)
    apart = _spread(first) / first.contacts + _spread(second) / second.contacts
    return max(together, apart)


def _spread(counts: Counts) -> float:
    rate = (counts.successes + 1) / (counts.contacts + 2)
    return rate * (1 - rate)
