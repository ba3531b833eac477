"""Whole numbers divided exactly: shares of a lead in trillionths, so that nothing is lost to rounding."""

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

WHOLE = 10**12
"""A lead, in trillionths."""


def shares(weights: Sequence[Fraction]) -> list[int]:
    """What each weight is of a whole lead. They sum to WHOLE exactly; weights are above 0."""
    common = lcm(*(weight.denominator for weight in weights))
    return spread(WHOLE, [int(weight * common) for weight in weights])


def spread(amount: int, by: Sequence[int]) -> list[int]:
    """`amount` (also below 0) in parts that sum to it, proportional to `by`, none of which is below 0.

    By largest remainders; of equal ones the first. Nothing can be spread where all of `by` are 0.
    """
    total = sum(by)
    if not total:
        return [0] * len(by)
    parts = [amount * one // total for one in by]
    largest = sorted(range(len(by)), key=lambda i: -(amount * by[i] % total))
    for i in largest[: amount - sum(parts)]:
        parts[i] += 1
    return parts
