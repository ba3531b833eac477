"""Bands: where a number lies in most of the plays."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flows.rehearsal.result import Result

LOW, HIGH = 0.1, 0.9
"""One play in ten is below, one in ten above."""


@dataclass(frozen=True)
class Band:
    """A number over all plays: its tenth percentile, its median and its ninetieth."""

    low: float
    middle: float
    high: float

    def __str__(self) -> str:
        if round(self.low) == round(self.high):
            return f"{self.middle:,.0f}"
        return f"{self.middle:,.0f} ({self.low:,.0f} to {self.high:,.0f})"

    def holds(self, value: float) -> bool:
        """Whether a value lies within it."""
        return self.low <= value <= self.high


def band(values: Sequence[float]) -> Band:
    """The band of at least one value."""
    return Band(_percentile(values, LOW), _percentile(values, 0.5), _percentile(values, HIGH))


def bands_by_key(results: Sequence[Result], counts: Callable[[Result], Any]) -> dict[Any, Band]:
    """The band of each key of a count, the most frequent first; a play without the key has 0 of it."""
    keys = dict.fromkeys(key for result in results for key in counts(result))
    found = {key: band([counts(result).get(key, 0) for result in results]) for key in keys}
    return dict(sorted(found.items(), key=lambda one: (-one[1].middle, str(one[0]))))


def _percentile(values: Iterable[float], place: float) -> float:
    """By linear interpolation between the two nearest values."""
    ordered = sorted(values)
    position = place * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (position - below) * (ordered[above] - ordered[below])
