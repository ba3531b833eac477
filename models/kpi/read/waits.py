"""How long it takes from one milestone to another, for all who came to the first: those who wait are counted in."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from models.kpi.definitions.kpi import MedianWait
from models.kpi.read.question import Question
from models.kpi.read.sums import Cut
from models.kpi.versions import as_known
from models.orders.kaplan_meier import NO_LENGTHS, Lengths, SurvivalCurve, weighted_survival_curve
from models.tables.kpi import Dimension


@dataclass(frozen=True)
class Waits:
    """How long it took those to whom it has happened, and how long the others have waited. Seconds or days."""

    happened: Lengths = NO_LENGTHS
    waiting: Lengths = NO_LENGTHS

    @classmethod
    def together(cls, several: Sequence["Waits"]) -> "Waits":
        """All of them as one."""
        return cls(
            Lengths.together([one.happened for one in several]), Lengths.together([one.waiting for one in several])
        )

    @property
    def n(self) -> int:
        """How many there are, all together."""
        return self.happened_count + self.waiting_count

    @property
    def happened_count(self) -> int:
        """To how many it has happened."""
        return self.happened.total

    @property
    def waiting_count(self) -> int:
        """How many still wait."""
        return self.waiting.total

    def curve(self) -> SurvivalCurve | None:
        """The share that still waits, over time; None where it has happened to nobody."""
        return weighted_survival_curve(self.happened, self.waiting) if self.happened_count else None


def known_at(connection: Connection, question: Question) -> datetime | None:
    """When what is reported was counted: the last run, or the last one by the moment that is asked for."""
    found: datetime | None = connection.execute(
        text("SELECT max(known_at) FROM kpi_run WHERE CAST(:at AS timestamptz) IS NULL OR known_at <= :at"),
        {"at": question.known_at},
    ).scalar()
    return found


def _known_day(connection: Connection, at: datetime) -> date:
    """The day of a run by the company's clock at that time, by which days are told."""
    zone = "coalesce(CAST(nullif(settings, '') AS jsonb) ->> 'zone', 'UTC')"
    query = text(f"SELECT CAST(known_at AT TIME ZONE {zone} AS date) FROM kpi_run WHERE known_at = :at")
    found: date = connection.execute(query, {"at": at}).scalar_one()
    return found


CAME = """
-- By the days that it took, whenever they began; and by the day on which they began, however long it took.
SELECT {member} AS member, day, days, sum(count) AS number FROM kpi_cohort
WHERE {rows} AND begin = :begin AND goal = :goal AND day BETWEEN :first AND :last AND {known}
GROUP BY GROUPING SETS (({member}, days), ({member}, day))
"""

BEGAN = """
SELECT {member} AS member, day, greatest(0, CAST(:known_day AS date) - day) AS age, sum(count) AS number
FROM kpi_daily WHERE {rows} AND measure = :begin AND day BETWEEN :first AND :last AND {known}
GROUP BY 1, 2
"""


def read_days_waits(connection: Connection, question: Question, how: MedianWait, cut: Cut) -> dict[str, Waits]:
    """By member: whole days from the beginning, in the period, to the goal, by kpi_cohort and kpi_daily.

    Whoever had come to the goal before they began is left out: they say nothing about how long it takes.
    """
    at = known_at(connection, question)
    if at is None:
        return {}
    # By product the goal is what was bought, of whatever lead: everybody could have bought each product.
    everybody = Cut() if cut.dimension is Dimension.PRODUCT and how.goal == "bought" else cut
    values = cut.values(question) | {"begin": how.begin, "goal": how.goal, "known_day": _known_day(connection, at)}
    known = as_known(question.known_at)
    came = connection.execute(text(CAME.format(member=cut.member, rows=cut.rows(question), known=known)), values)
    happened: dict[str, list[tuple[float, int]]] = defaultdict(list)
    gone: dict[tuple[str, date], int] = defaultdict(int)
    for member, day, days, number in came:
        if day is not None:
            gone[member, day] = number
        elif days >= 0:
            happened[member].append((days, number))
    began = connection.execute(
        text(BEGAN.format(member=everybody.member, rows=everybody.rows(question), known=known)),
        values | everybody.values(question),
    ).all()
    waiting: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for of, day, age, number in began:
        for member in [of] if everybody is cut else list(happened):
            left = number - gone.get((member, day), 0)
            if left > 0:
                waiting[member].append((age, left))
    return {
        member: Waits(Lengths.of(happened[member]), Lengths.of(waiting[member]))
        for member in happened.keys() | waiting.keys()
    }
