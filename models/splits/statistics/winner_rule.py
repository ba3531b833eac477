"""Evaluates a split test: its status, the plan, and which variant may be declared the winner. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from models.splits.statistics.always_valid import has_enough
from models.splits.statistics.comparison import Comparison, compare, error_of_each
from models.splits.statistics.guardrail import SRM_P_LIMIT, GuardrailBreach, harms, srm_p
from models.splits.statistics.interval import Counts, InterimLook
from models.splits.statistics.sample_size import (
    contacts_for_one_look,
    contacts_when_looked_at_daily,
    effective_size,
    total_to_draw,
)

LARGEST_DEFAULT_LIFT, SMALLEST_LIFT = 0.05, 0.001
RELATIVE_LIFT = 0.25
"""The part of the usual rate that is worth finding where the playbook names no lift: of 2 % half a point."""


class SplitStatus(StrEnum):
    """How far a test has come."""

    SAMPLE_RATIO_MISMATCH = "the split is broken"
    """Nothing that it says can be trusted."""
    WAITING = "no results yet"
    """No contact's time is over."""
    UNDER_WAY = "under way"
    """Fewer contacts than planned, and no variant ahead."""
    AHEAD = "one is ahead"
    """By more than chance explains, but with fewer contacts than planned."""
    UNDECIDED = "undecided"
    """As many contacts as one look would take; whoever looks every day needs more."""
    DECIDED = "decided"
    """One variant is better than each other, and there are as many contacts as planned."""
    NO_DIFFERENCE = "no difference found"
    """As many contacts as it takes to find the difference worth finding in about 8 of 10 cases where it is there."""


@dataclass(frozen=True)
class Plan:
    """How many contacts a test takes."""

    rate: float
    """That success is usual at: of all variants together."""
    lift: float
    one_look: int
    """Per variant, for who looks once."""
    looked_at_daily: int
    """Per variant, for who looks every day."""
    to_draw: int
    """Over all variants by their shares, until `watched` are known."""
    to_draw_for_one_look: int


@dataclass(frozen=True)
class SplitEvaluation:
    """What a test says."""

    status: SplitStatus
    comparisons: list[Comparison]
    plan: Plan | None
    """None before the first result: it starts from the rate that is usual."""
    harms: list[GuardrailBreach]
    srm_p: float
    leader: str | None
    """The variant that is better than each other, by more than chance explains."""
    winner: str | None
    """The leader, if nothing speaks against making it the winner."""

    @property
    def has_srm(self) -> bool:
        """Whether the draw strays from the shares by more than chance explains."""
        return self.srm_p < SRM_P_LIMIT


def evaluate_split(
    looks: Sequence[InterimLook],
    shares: Mapping[str, float],
    lift: float,
    drawn: tuple[Mapping[str, int], Mapping[str, float]],
    guardrails: Mapping[str, Mapping[str, Counts]],
) -> SplitEvaluation:
    """`drawn` are contacts per variant beside how many the weights expect; `lift` is the difference worth finding."""
    comparisons = compare(looks, list(shares), lift)
    plan = make_plan(looks[-1].counts, shares, lift) if looks else None
    broken, p = [harm for event, counts in guardrails.items() for harm in harms(event, counts)], srm_p(*drawn)
    leader = _leader(comparisons, shares)
    status = _status(comparisons, plan, leader, p)
    is_fine = status is SplitStatus.DECIDED and leader not in [harm.variant for harm in broken]
    return SplitEvaluation(status, comparisons, plan, broken, p, leader, leader if is_fine else None)


def default_lift(looks: Sequence[InterimLook]) -> float:
    """The difference worth finding where the playbook names none: a quarter of the usual rate, at most 5 points.

    Of the rarer of success and failure, so that it can be found near 100 % too. The always-valid test asks that it is
    not chosen by the difference: so it stays as the first look says that has enough in all variants, and looks at all
    of them together, which says nothing about which one is ahead.
    """
    known = next((look for look in looks if _all_have_enough(look)), looks[-1] if looks else None)
    together = sum(known.counts.values(), Counts()) if known else Counts()
    # One of each added, for before the first successes.
    return lift_at((together.successes + 1) / (together.contacts + 2))


def lift_at(rate: float) -> float:
    """The difference worth finding where this rate, from 0 to 1, is usual and nobody says otherwise."""
    return min(LARGEST_DEFAULT_LIFT, max(SMALLEST_LIFT, RELATIVE_LIFT * min(rate, 1 - rate)))


def _all_have_enough(look: InterimLook) -> bool:
    return all(has_enough(one, two) for one, two in combinations(look.counts.values(), 2))


def make_plan(counts: Mapping[str, Counts], shares: Mapping[str, float], lift: float) -> Plan | None:
    """By the rate of all variants together, with each comparison's part of the error; None for fewer than two."""
    if len(shares) < 2:
        return None
    rate, error = sum(counts.values(), Counts()).rate, error_of_each(len(shares))
    watched = contacts_when_looked_at_daily(rate, lift, error=error)
    one_look = contacts_for_one_look(rate, lift, error=error)
    parts = list(shares.values())
    return Plan(rate, lift, one_look, watched, total_to_draw(watched, parts), total_to_draw(one_look, parts))


def _leader(comparisons: Sequence[Comparison], variants: Mapping[str, float]) -> str | None:
    beaten = {(one.better, one.worse) for one in comparisons}
    ahead = [one for one in variants if all((one, other) in beaten for other in variants if other != one)]
    return ahead[0] if len(variants) > 1 and ahead else None


def _status(comparisons: Sequence[Comparison], plan: Plan | None, leader: str | None, p: float) -> SplitStatus:
    if p < SRM_P_LIMIT:
        return SplitStatus.SAMPLE_RATIO_MISMATCH
    known = min((effective_size(*one.counts) for one in comparisons), default=0.0)
    if plan is None or not known:
        return SplitStatus.WAITING
    if leader:
        return SplitStatus.DECIDED if known >= plan.one_look else SplitStatus.AHEAD
    if known >= plan.looked_at_daily:
        return SplitStatus.NO_DIFFERENCE
    return SplitStatus.UNDECIDED if known >= plan.one_look else SplitStatus.UNDER_WAY
