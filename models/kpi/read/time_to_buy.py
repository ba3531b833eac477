"""How long leads take to buy: the mean of buyers, and the curve of all, those who have not bought counted in."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from models.kpi.definitions.kpi import MedianWait, arrived, days_taken
from models.kpi.interval import SMALL
from models.kpi.read.question import Question
from models.kpi.read.sums import Cut, read_sums
from models.kpi.read.waits import Waits, read_days_waits
from models.orders.kaplan_meier import SurvivalCurve
from models.orders.time_to_buy import TimeToBuyOfAll, estimate_from_curve
from models.tables.kpi import Dimension

Begin = Literal["lead", "mql", "sql"]


@dataclass(frozen=True, kw_only=True)
class TimeToBuyReading:
    """Of any product or of one, from a milestone on. Times in whole days."""

    begin: Begin
    product: str
    """Its code; empty: any product."""
    buyers: int
    """By period: who bought for the first time in the period."""
    mean: float | None
    """Of these buyers."""
    waits: Waits
    """By cohort: those who came to the milestone in the period."""
    curve: SurvivalCurve | None
    """The share of them that has not bought, over the days; None while nobody has."""
    of_all: TimeToBuyOfAll | None
    """What the curve says; None while nobody has bought."""

    @property
    def is_small(self) -> bool:
        """Whether there are so few in the cohort that it says little."""
        return self.waits.n < SMALL


def read_time_to_buy(connection: Connection, question: Question, begin: Begin = "lead") -> list[TimeToBuyReading]:
    """First of any product, then of each product that anybody bought, by code."""
    any_product = _read(connection, question, begin, "customer", Cut())
    each = _read(connection, question, begin, "bought", Cut(Dimension.PRODUCT))
    return (any_product or [_reading(begin, "", 0, 0, Waits())]) + each


def _read(connection: Connection, question: Question, begin: Begin, goal: str, cut: Cut) -> list[TimeToBuyReading]:
    waits = read_days_waits(connection, question, MedianWait(basis="", begin=begin, goal=goal), cut)
    days, buyers = days_taken(begin, goal), arrived(begin, goal)
    sums = {cell.member: terms for cell, terms in read_sums(connection, question, (days, buyers), cut).items()}
    return [
        _reading(
            begin,
            member,
            int(sums.get(member, {}).get(buyers, 0)),
            float(sums.get(member, {}).get(days, 0)),
            waits.get(member, Waits()),
        )
        for member in sorted(waits.keys() | sums.keys())
    ]


def _reading(begin: Begin, product: str, buyers: int, days: float, waits: Waits) -> TimeToBuyReading:
    curve = waits.curve()
    return TimeToBuyReading(
        begin=begin,
        product=product,
        buyers=buyers,
        mean=days / buyers if buyers else None,
        waits=waits,
        curve=curve,
        of_all=estimate_from_curve(curve, leads=waits.n, buyers=waits.happened_count) if curve else None,
    )
