"""A part of a whole with its range, and the first whole month that was reported, which later ones are compared with."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, text

from models.kpi.interval import SMALL, share_interval
from models.kpi.period import Period, first_whole_month
from models.kpi.read.question import Question
from models.kpi.versions import as_known
from models.splits.statistics.interval import Interval

KpiTable = Literal["kpi_message", "kpi_journey_step"]


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    @property
    def value(self) -> float | None:
        """From 0 to 1; None of nothing."""
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> Interval | None:
        """Wilson's, at 95%; None of nothing."""
        return share_interval(self.count, self.of)

    @property
    def is_small(self) -> bool:
        """Whether it is of so few that it says little."""
        return self.of < SMALL


def baseline_month(connection: Connection, table: KpiTable, question: Question) -> Period | None:
    """The first whole month of a table; None where the period of the question does not come after it."""
    first = connection.execute(
        text(f"SELECT min(day) FROM {table} WHERE {as_known(question.known_at)}"), {"known_at": question.known_at}
    ).scalar()
    if first is None:
        return None
    month = first_whole_month(first)
    return month if month.last < question.period.first else None


def sums_of(columns: Iterable[str]) -> str:
    """SQL: these columns added up."""
    return ", ".join(f"sum({name}) AS {name}" for name in columns)


def bound(question: Question, period: Period) -> dict[str, Any]:
    """What the statements about days bind."""
    return {"first": period.first, "last": period.last, "known_at": question.known_at}
