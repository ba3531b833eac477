"""Two tests at once: whether what is better in the one depends on what the contact got in the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import erfc, sqrt

from models.splits.statistics.always_valid import MIN_EXPECTED
from models.splits.statistics.interval import Counts

CombinationCounts = Mapping[tuple[str, str], Counts]
"""(variant of the one test, variant of the other) -> who got both."""


@dataclass(frozen=True)
class Interaction:
    """How far the effect of one test differs between two variants of the other."""

    rows: tuple[str, str]
    columns: tuple[str, str]
    difference: float
    """Of differences of rates, from -2 to 2; 0: the one does not depend on the other."""
    p: float
    """Two-sided, for one look, corrected for all interactions that the grid has."""


def strongest_interaction(cells: CombinationCounts) -> Interaction | None:
    """Of all quadruples of cells the one that stands out most; None while a cell has too few contacts: fewer than it
    takes to expect MIN_EXPECTED successes and failures in it.

    The difference of differences over its standard error, with a success and a failure added to each cell; Bonferroni.
    """
    rows, columns = sorted({row for row, _ in cells}), sorted({column for _, column in cells})
    found = [_interaction(cells, two, of) for two in combinations(rows, 2) for of in combinations(columns, 2)]
    smallest = min((cells.get((row, column), Counts()).contacts for row in rows for column in columns), default=0)
    rate = sum(cells.values(), Counts()).rate
    if not found or smallest * min(rate, 1 - rate) < MIN_EXPECTED:
        return None
    best = min(found, key=lambda one: one.p)
    return Interaction(best.rows, best.columns, best.difference, min(1.0, best.p * len(found)))


def _interaction(cells: CombinationCounts, rows: tuple[str, str], columns: tuple[str, str]) -> Interaction:
    four = [cells.get((row, column), Counts()) for row in rows for column in columns]
    rates = [(cell.successes + 1) / (cell.contacts + 2) for cell in four]
    difference = (rates[0] - rates[1]) - (rates[2] - rates[3])
    error = sqrt(sum(rate * (1 - rate) / (cell.contacts + 2) for rate, cell in zip(rates, four, strict=True)))
    return Interaction(rows, columns, difference, erfc(abs(difference) / error / sqrt(2)))
