"""Round robin and weighted rotation, by one algorithm.

With each lead everybody's credit grows by their share, and whoever gets the lead pays a whole one. Among those who have
something coming, the one goes first whose credit would reach a whole lead soonest: earliest deadline first over the
windows of a proportionate schedule. Then nobody is ever a whole lead ahead of or behind their share (Baruah, Cohen,
Plaxton and Varvel, "Proportionate progress: a notion of fairness in resource allocation", Algorithmica 15, 1996).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

WHOLE_LEAD = 10**12
"""A lead, in trillionths."""


def lead_shares(weights: Sequence[Fraction]) -> list[int]:
    """What each weight is of a whole lead. They sum to WHOLE_LEAD exactly; weights are above 0."""
    common = lcm(*(weight.denominator for weight in weights))
    return apportion(WHOLE_LEAD, [int(weight * common) for weight in weights])


def apportion(amount: int, by: Sequence[int]) -> list[int]:
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


@dataclass(slots=True)
class Rotation:
    """Shares and credits of the available reps, by place, both in trillionths of a lead."""

    shares: Sequence[int]
    credits: list[int]

    def accrue(self) -> None:
        """Add each share to its credit, once for each lead."""
        self.credits = [credit + share for credit, share in zip(self.credits, self.shares, strict=True)]

    def next_place(self, among: Sequence[int]) -> int:
        """The place of the rep who is next; of equal ones the first. Reps with a credit above 0 go first."""
        ready = [place for place in among if self.credits[place] > 0] or among
        return min(ready, key=lambda place: (WHOLE_LEAD - self.credits[place]) / self.shares[place])

    def charge(self, place: int) -> None:
        """Subtract a whole lead from the credit of the rep who gets it."""
        self.credits[place] -= WHOLE_LEAD
        if max(self.credits) >= WHOLE_LEAD or min(self.credits) <= -WHOLE_LEAD:
            self.credits = clamp_credits(self.credits)


def rebalance_credits(shares: Sequence[int], credits: Sequence[int], present_before: Sequence[bool]) -> list[int]:
    """Credits of those who are there now, when some have left or come since the last lead.

    What those who left had coming, or had got ahead, goes to the others by their shares, so that credits sum to 0.
    Whoever comes back is no further ahead or behind than a lead from any who stayed: they are neither flooded to
    catch up nor left out.
    """
    here = [place for place in range(len(shares)) if present_before[place]]
    balanced = _balanced([shares[place] for place in here], [credits[place] for place in here])
    if balanced:
        low, high = max(balanced) - WHOLE_LEAD, min(balanced) + WHOLE_LEAD
        resumed = [min(high, max(low, credit)) for credit in credits]
        for place, credit in zip(here, balanced, strict=True):
            resumed[place] = credit
    else:
        resumed = list(credits)
    return clamp_credits(_balanced(shares, resumed))


def clamp_credits(credits: Sequence[int]) -> list[int]:
    """Credits that sum to the same, none a whole lead or more either way: what is over goes to those with room."""
    most = WHOLE_LEAD - 1
    kept = [min(most, max(-most, credit)) for credit in credits]
    over = sum(credits) - sum(kept)
    room = [most - credit if over > 0 else most + credit for credit in kept]
    return [credit + part for credit, part in zip(kept, apportion(over, room), strict=True)]


def _balanced(shares: Sequence[int], credits: Sequence[int]) -> list[int]:
    excess = apportion(sum(credits), shares)
    return [credit - part for credit, part in zip(credits, excess, strict=True)]
