"""What a journey brings beyond those who would have come to its goal anyway."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from models.splits import HELD_OUT, ON_THE_JOURNEY
from models.splits.combinations import amounts_paid
from models.splits.evaluation import EvaluatedSplit
from models.splits.statistics.interval import Interval, relative
from models.splits.statistics.money import Amounts, welch


@dataclass(frozen=True)
class HoldoutEffect:
    """What a journey brings beyond those who would have bought anyway."""

    relative_lift: Interval | None
    lift: float | None
    currency: str | None
    amounts: dict[str, Amounts]
    amount_difference: Interval | None
    """More per contact, for one look."""


def holdout_effect(connection: Connection, evaluated: EvaluatedSplit, now: datetime) -> HoldoutEffect | None:
    """Of a holdout; None while it lacks one of its two variants."""
    counts = evaluated.results.counts
    if not {HELD_OUT, ON_THE_JOURNEY} <= counts.keys():
        return None
    held, on = counts[HELD_OUT], counts[ON_THE_JOURNEY]
    bought = amounts_paid(connection, evaluated.results, now)
    currency, amounts = bought or (None, {})
    complete = {HELD_OUT, ON_THE_JOURNEY} <= amounts.keys()
    return HoldoutEffect(
        relative(held, on),
        on.rate / held.rate - 1 if held.rate else None,
        currency,
        amounts,
        welch(amounts[HELD_OUT], amounts[ON_THE_JOURNEY]) if complete else None,
    )
