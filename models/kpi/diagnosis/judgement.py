"""Whether the figures support a cause, and by how much: pure, over counts."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.kpi.diagnosis.stratified import ERROR, StratifiedComparison, Stratum, compare_strata
from models.splits.statistics.interval import Counts

EXPOSED, OTHERS = "exposed", "others"
WORTH_SAYING = 0.05
"""By what part of the others' rate a group must be worse, or it is not worth a sentence, however many there are."""


@dataclass(frozen=True)
class GroupCounts:
    """Those of one team, alike in one respect, and of one group."""

    team_id: int
    stratum: str
    group: str
    counts: Counts


@dataclass(frozen=True)
class Claim:
    """That a group does worse than the others."""

    group: str
    """`exposed`, or which one."""
    comparison: StratifiedComparison
    p: float
    """Corrected for how many groups the rule compares."""

    @property
    def missed(self) -> float:
        """How many successes the group would have had more, had it done as well as the others."""
        return self.comparison.difference * self.comparison.group.contacts

    def holds(self, factor: float) -> bool:
        """Whether it is worse by more than chance explains and enough to say so; `factor` corrects for all rules."""
        seen = self.comparison
        return self.p * factor < ERROR and seen.interval.low > 0 and seen.difference >= WORTH_SAYING * seen.others.rate


def of_team(cells: Iterable[GroupCounts], team_id: int) -> list[GroupCounts]:
    """Those of one team; 0 for all."""
    return [cell for cell in cells if team_id in (0, cell.team_id)]


def compare_exposed(cells: Sequence[GroupCounts]) -> list[Claim]:
    """Those who met with a cause beside those who did not; nothing where they are too few."""
    return _claims([EXPOSED], cells)


def compare_groups(cells: Sequence[GroupCounts]) -> list[Claim]:
    """Each group beside all others together; groups that are too small count among the others only."""
    return _claims(sorted({cell.group for cell in cells}), cells)


def _claims(groups: Sequence[str], cells: Sequence[GroupCounts]) -> list[Claim]:
    seen = [(group, compare_strata(_strata(cells, group))) for group in groups]
    told = [(group, comparison) for group, comparison in seen if comparison is not None]
    return [Claim(group, comparison, min(1.0, comparison.p * len(told))) for group, comparison in told]


def _strata(cells: Iterable[GroupCounts], group: str) -> list[Stratum]:
    groups: dict[str, Counts] = defaultdict(Counts)
    others: dict[str, Counts] = defaultdict(Counts)
    for cell in cells:
        (groups if cell.group == group else others)[cell.stratum] += cell.counts
    return [Stratum(groups[stratum], others[stratum]) for stratum in sorted({*groups, *others})]
