"""A split test together with the others of its journey: every combination with its rate, and whether they depend."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from models.playbook import current_playbook
from models.splits.combinations import combination_counts
from models.splits.evaluation import EvaluatedSplit
from models.splits.results import find_tests, results
from models.splits.statistics.interaction import Interaction, strongest_interaction
from models.splits.statistics.interval import Counts
from models.splits.statistics.wording import points


@dataclass(frozen=True)
class CombinationGrid:
    """This test together with another one of the journey."""

    other: str
    rows: list[str]
    columns: list[str]
    cells: dict[tuple[str, str], Counts]
    summary: str


def combination_grids(connection: Connection, evaluated: EvaluatedSplit, now: datetime) -> Iterator[CombinationGrid]:
    """One for each other test of the journey in which contacts were drawn as well. A holdout fills no grid."""
    mine, entries = evaluated.test, current_playbook(connection).split_tests
    for other in find_tests(connection):
        if other.journey != mine.journey or other.name == mine.name or other.is_holdout or mine.is_holdout:
            continue
        found = combination_counts(connection, evaluated.results, results(connection, other, entries, now), now)
        if found:
            yield _combination_grid(other.name, found)


def _combination_grid(other: str, found: dict[tuple[str, str], Counts]) -> CombinationGrid:
    rows, columns = (sorted(set(names)) for names in zip(*found, strict=True))
    return CombinationGrid(other, rows, columns, found, interaction_text(strongest_interaction(found)))


def interaction_text(found: Interaction | None) -> str:
    """Whether the tests can be read each for itself."""
    if found is None:
        return "Some combinations have too few results yet to say how the tests hang together."
    (one, two), (here, there) = found.rows, found.columns
    if found.p >= 0.05:
        return (
            "Nothing here speaks against reading each test for itself: what is better in the one shows no dependence "
            "on the other that chance does not explain. Dependences take about four times as many contacts to see."
        )
    return (
        f"The tests depend on each other (p = {found.p:.2g}, one look): “{one}” less “{two}” is "
        f"{points(abs(found.difference))} {'higher' if found.difference > 0 else 'lower'} with “{here}” than with "
        f"“{there}”. Choose a combination, not each by itself."
    )
