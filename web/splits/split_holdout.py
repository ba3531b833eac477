"""What a journey brings beyond those who would have come to its goal anyway."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from models.splits import HELD_OUT, ON_THE_JOURNEY
from models.splits.cells import paid
from models.splits.decide import Judged
from models.splits.statistics.interval import Interval, relative
from models.splits.statistics.money import Amounts, welch


@dataclass(frozen=True)
class Brings:
    """What a journey brings beyond those who would have bought anyway."""

    relative: Interval | None
    ratio: float | None
    currency: str | None
    amounts: dict[str, Amounts]
    money: Interval | None
    """More per contact, for one look."""


def brings(connection: Connection, judged: Judged, now: datetime) -> Brings | None:
    """Of a holdout; None while it lacks one of its two variants."""
    counts = judged.results.counts
    if not {HELD_OUT, ON_THE_JOURNEY} <= counts.keys():
        return None
    held, on = counts[HELD_OUT], counts[ON_THE_JOURNEY]
    bought = paid(connection, judged.results, now)
    currency, amounts = bought or (None, {})
    complete = {HELD_OUT, ON_THE_JOURNEY} <= amounts.keys()
    return Brings(
        relative(held, on),
        on.rate / held.rate - 1 if held.rate else None,
        currency,
        amounts,
        welch(amounts[HELD_OUT], amounts[ON_THE_JOURNEY]) if complete else None,
    )
