"""A table whose cells are darker the more there is: cohorts by week, requests by hour and weekday."""

from collections.abc import Sequence
from dataclasses import dataclass

LEVELS = 6
"""Shades above the empty one."""


@dataclass(frozen=True)
class HeatCell:
    """One cell: what it says, what it opens, and how dark it is, from 0 to LEVELS."""

    says: str
    level: int
    about: str = ""
    """What it says when pointed at."""
    opens: str = ""
    is_small: bool = False
    """Of too few to go by."""


@dataclass(frozen=True)
class HeatRow:
    """A row with its name and what stands beside it, such as how many there are in all."""

    name: str
    beside: str
    cells: Sequence[HeatCell]
    opens: str = ""


@dataclass(frozen=True)
class HeatTable:
    """The table; `corner` says what its rows are and `beside` what stands beside their names."""

    title: str
    corner: str
    beside: str
    headings: Sequence[str]
    rows: Sequence[HeatRow]
    note: str = ""


def heat_level(value: float | None, most: float) -> int:
    """How dark a value is beside the largest one: 0 for nothing, LEVELS for the most."""
    if value is None or value <= 0 or most <= 0:
        return 0
    return max(1, min(LEVELS, round(LEVELS * value / most)))
