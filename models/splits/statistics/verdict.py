"""What a split test says by now, and whether a variant may be made the winner. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from models.splits.statistics.comparing import Comparison, compare, error_of_each
from models.splits.statistics.guardrail import ALARM, Harm, harms, split_p
from models.splits.statistics.interval import Counts, Look
from models.splits.statistics.planning import contacts_for_one_look, contacts_when_watched, in_all, worth_of

DEFAULT_LIFT = 0.05
"""The difference worth finding where the playbook names none."""


class Standing(StrEnum):
    """How far a test has come."""

    MISMATCHED = "the split is broken"
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
    watched: int
    """Per variant, for who looks every day."""
    to_draw: int
    """Over all variants by their shares, until `watched` are known."""
    to_draw_for_one_look: int


@dataclass(frozen=True)
class Verdict:
    """What a test says."""

    standing: Standing
    comparisons: list[Comparison]
    plan: Plan | None
    """None before the first result: it starts from the rate that is usual."""
    harms: list[Harm]
    split_p: float
    leader: str | None
    """The variant that is better than each other, by more than chance explains."""
    winner: str | None
    """The leader, if nothing speaks against making it the winner."""

    @property
    def is_mismatched(self) -> bool:
        """Whether the draw strays from the shares by more than chance explains."""
        return self.split_p < ALARM


def judge(
    looks: Sequence[Look],
    shares: Mapping[str, float],
    lift: float,
    drawn: tuple[Mapping[str, int], Mapping[str, float]],
    guardrails: Mapping[str, Mapping[str, Counts]],
) -> Verdict:
    """`drawn` are contacts per variant beside how many the weights expect; `lift` is the difference worth finding."""
    comparisons = compare(looks, list(shares), lift)
    plan = plan_of(looks[-1].counts, shares, lift) if looks else None
    broken, p = [harm for event, counts in guardrails.items() for harm in harms(event, counts)], split_p(*drawn)
    leader = _leader(comparisons, shares)
    standing = _standing(comparisons, plan, leader, p)
    is_fine = standing is Standing.DECIDED and leader not in [harm.variant for harm in broken]
    return Verdict(standing, comparisons, plan, broken, p, leader, leader if is_fine else None)


def plan_of(counts: Mapping[str, Counts], shares: Mapping[str, float], lift: float) -> Plan | None:
    """By the rate of all variants together, with each comparison's part of the error; None for fewer than two."""
    if len(shares) < 2:
        return None
    rate, error = sum(counts.values(), Counts()).rate, error_of_each(len(shares))
    watched = contacts_when_watched(rate, lift, error=error)
    one_look = contacts_for_one_look(rate, lift, error=error)
    parts = list(shares.values())
    return Plan(rate, lift, one_look, watched, in_all(watched, parts), in_all(one_look, parts))


def _leader(comparisons: Sequence[Comparison], variants: Mapping[str, float]) -> str | None:
    beaten = {(one.better, one.worse) for one in comparisons}
    ahead = [one for one in variants if all((one, other) in beaten for other in variants if other != one)]
    return ahead[0] if len(variants) > 1 and ahead else None


def _standing(comparisons: Sequence[Comparison], plan: Plan | None, leader: str | None, p: float) -> Standing:
    if p < ALARM:
        return Standing.MISMATCHED
    known = min((worth_of(*one.counts) for one in comparisons), default=0.0)
    if plan is None or not known:
        return Standing.WAITING
    if leader:
        return Standing.DECIDED if known >= plan.one_look else Standing.AHEAD
    if known >= plan.watched:
        return Standing.NO_DIFFERENCE
    return Standing.UNDECIDED if known >= plan.one_look else Standing.UNDER_WAY
