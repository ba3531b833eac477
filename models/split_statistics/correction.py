"""Several comparisons at once: the more there are, the more each has to show."""

from collections.abc import Sequence

from models.split_statistics.always_valid import ERROR


def holm(p_values: Sequence[float]) -> list[float]:
    """The same p-values in the same order, made larger so that one false finding among all is as rare as for one.

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
