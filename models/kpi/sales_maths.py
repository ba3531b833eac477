"""Sales maths: what a number of leads brings in orders and money, step by step, and what it would with better steps.

Pure. Of twenty leads a week half are followed up, half of those qualify, half of those order: 2.5 orders, $50,000 at
$20,000 each. With all of them followed up the same people bring 5 orders and $100,000.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

STEPS = ("followed_up", "qualified", "ordered")
"""The shares that leads pass, in this order."""


@dataclass(frozen=True)
class SalesMaths:
    """A week's leads and the share of them that passes each step; None where nobody came so far yet."""

    leads: float
    followed_up: float | None
    """Of all leads."""
    qualified: float | None
    """Of those followed up."""
    ordered: float | None
    """Of those qualified."""
    mean_order: Decimal | None
    """What an order brings, in one currency."""

    @property
    def orders(self) -> float | None:
        """Orders from a week's leads; None where a share is not known."""
        shares = [getattr(self, step) for step in STEPS]
        if self.leads and None in shares:
            return None
        orders = self.leads
        for share in shares:
            orders *= share or 0.0
        return orders

    @property
    def revenue(self) -> Decimal | None:
        """What these orders bring; None where orders or their mean amount are not known."""
        if self.orders is None or self.mean_order is None:
            return None
        return (Decimal(repr(self.orders)) * self.mean_order).quantize(Decimal("0.01"))

    def with_share(self, step: str, share: float) -> "SalesMaths":
        """The same with one step at another share, from 0 to 1. Raises ValueError for another step or share."""
        if step not in STEPS:
            raise ValueError(f"There is no step {step!r} in sales maths; its steps are {', '.join(STEPS)}.")
        if not 0 <= share <= 1:
            raise ValueError(f"A share is a number from 0 to 1, not {share}.")
        shares = {name: getattr(self, name) for name in STEPS} | {step: share}
        return SalesMaths(leads=self.leads, mean_order=self.mean_order, **shares)


@dataclass(frozen=True)
class Improvement:
    """What one step at another share would bring, all else as it is."""

    step: str
    share: float
    maths: SalesMaths
    more_orders: float
    """A week; below zero where the step does better already."""
    more_revenue: Decimal | None


FULL_FOLLOW_UP: Mapping[str, float] = {"followed_up": 1.0}
"""Every lead is followed up: what one can decide, unlike whether leads buy."""


def improvements(now: SalesMaths, shares: Mapping[str, float] = FULL_FOLLOW_UP) -> list[Improvement]:
    """Each of these steps at the share that is wished for, one at a time; empty while the orders are not known."""
    if now.orders is None:
        return []
    found = []
    for step, share in shares.items():
        then = now.with_share(step, share)
        more_revenue = None if then.revenue is None or now.revenue is None else then.revenue - now.revenue
        found.append(Improvement(step, share, then, (then.orders or 0.0) - now.orders, more_revenue))
    return found


def maths_of(
    *, weeks: float, leads: int, followed_up: int, qualified: int, ordered: int, mean_order: Decimal | None
) -> SalesMaths:
    """From counts of one cohort: leads, and how many of them passed each step.

    Whoever ordered without having been qualified or followed up counts as having passed those steps too, or a share
    would be above one.
    """
    qualified = max(qualified, ordered)
    followed_up = max(followed_up, qualified)
    if weeks <= 0:
        raise ValueError(f"Sales maths needs a length of time, not {weeks} weeks.")
    return SalesMaths(
        leads / weeks,
        _share(followed_up, leads),
        _share(qualified, followed_up),
        _share(ordered, qualified),
        mean_order,
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
