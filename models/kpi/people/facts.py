"""The people behind a count of facts: a cell of kpi_daily, or of kpi_cohort, added up over days."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, text

from models.kpi.measures import BY_NAME, COHORTS
from models.kpi.people.lines import NoSuchNumber, NumberAsked
from models.kpi.versions import as_known
from models.tables.kpi import Dimension

SAME_REF = {
    "opportunity": ("won", "lost"),
    "request": ("first_contact", "first_contact_working", "first_talk", "first_talk_working", "in_sla"),
    "offer_made": ("offer_accepted", "offer_declined", "offer_expired"),
}
"""Measures whose facts are each about one deal, request or offer -> what became of just that one."""
SEVERAL = ("opportunity", "won", "lost", "bought")
"""Measures of COHORTS that a contact may have several facts of."""
PAIRS = (*COHORTS, *((begin, goal) for begin, goals in SAME_REF.items() for goal in goals))

PERIOD = """
SELECT f.id, f.contact_id, f.day, f.at, f.rep_id, f.source, f.product, f.journey, f.amount, f.currency, f.value
FROM kpi_fact f
WHERE f.measure = :measure AND f.day BETWEEN :first AND :last AND {known_f} AND {where}
"""

COHORT = """
-- Of each contact the first that came to the goal; each deal begins by itself, and is won or lost by itself.
SELECT f.id, f.contact_id, {dated}.day, {dated}.at, f.rep_id, f.source, g.product, f.journey, g.amount, g.currency,
       {value} AS value
FROM kpi_fact f JOIN kpi_fact g ON g.contact_id = f.contact_id AND g.measure = :goal {same_ref}
WHERE f.measure = :measure AND {dated}.day BETWEEN :first AND :last AND {known_f} AND {known_g} AND {where}
"""

MISSING = """
NOT EXISTS (SELECT FROM kpi_fact g WHERE g.contact_id = f.contact_id AND g.measure = :goal AND {known} {same_ref})
"""

IS_FIRST = """
NOT EXISTS (SELECT FROM kpi_fact e WHERE e.contact_id = {alias}.contact_id AND e.measure = {alias}.measure
                                     AND (e.at, e.ref) < ({alias}.at, {alias}.ref) AND {known})
"""

DAILY_COUNT = """
SELECT coalesce(sum(count), 0) FROM kpi_daily
WHERE measure = :begin AND day BETWEEN :first AND :last AND {cell}
"""

COHORT_COUNT = """
SELECT coalesce(sum(count), 0) FROM kpi_cohort
WHERE begin = :begin AND goal = :goal AND {day} BETWEEN :first AND :last AND {cell}
"""


@dataclass(frozen=True, kw_only=True)
class FactsAsked(NumberAsked):
    """Which number: a cell of kpi_daily, or of kpi_cohort where there is a goal, added up over days."""

    measure: str
    """Of cohorts, where they begin."""
    goal: str = ""
    """Of those who began, only who has come to this measure."""
    dated: Literal["begin", "goal"] = "begin"
    """Of cohorts: which of the two days is to be in the period."""
    after: bool = False
    """Of cohorts: leaves out who came to the goal before they began."""
    missing: bool = False
    """Of cohorts: only those who have not come to the goal."""
    currency: str = ""
    """Only those with an amount in it; empty: all."""
    weekday: int = 0
    """Only those of it, 1 for Monday; 0: all."""
    hours: tuple[int, int] | None = None
    """Only those from one hour of the day to before the other."""
    zone: str = "UTC"
    """By whose clock weekday and hours are."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.measure not in BY_NAME:
            raise NoSuchNumber(f"There is no measure {self.measure[:40]!r}. Measures are: {', '.join(BY_NAME)}.")
        if self.goal and (self.measure, self.goal) not in PAIRS:
            pairs = ", ".join(f"{begin} to {goal}" for begin, goal in PAIRS)
            raise NoSuchNumber(f"No cohort goes from {self.measure!r} to {self.goal[:40]!r}. There are: {pairs}.")

    @property
    def is_same_ref(self) -> bool:
        """Whether both are about the same deal, request or offer, rather than the same contact."""
        return self.goal in SAME_REF.get(self.measure, ())

    @property
    def is_cohort(self) -> bool:
        """Whether kpi_cohort has it; what became of requests and offers counts on their own day."""
        return (self.measure, self.goal) in COHORTS

    @property
    def values(self) -> dict[str, Any]:
        """What its SQL binds."""
        return super().values | {
            "measure": BY_NAME[self.measure].facts,
            "begin": self.measure,
            "goal": self.goal,
            "currency": self.currency,
            "weekday": self.weekday,
            "from_hour": self.hours[0] if self.hours else 0,
            "to_hour": self.hours[1] if self.hours else 24,
            "zone": self.zone,
        }

    def count(self, connection: Connection) -> int:
        """The number itself, as the KPI tables have it."""
        if self.weekday or self.hours:
            return int(connection.execute(text(f"SELECT count(*) FROM ({self.select}) AS f"), self.values).scalar_one())
        if not self.goal:
            return self._daily(connection, self.measure)
        came = self._cohort(connection) if self.is_cohort else self._daily(connection, self.goal)
        return self._daily(connection, self.measure) - came if self.missing else came

    def _daily(self, connection: Connection, measure: str) -> int:
        of_currency = " AND currency = :currency" if self.currency else ""
        query = text(DAILY_COUNT.format(cell=f"{self.cell}{of_currency}"))
        return int(connection.execute(query, self.values | {"begin": measure}).scalar_one())

    def _cohort(self, connection: Connection) -> int:
        day = "day" if self.dated == "begin" else "day + days"
        query = text(COHORT_COUNT.format(day=day, cell=f"{self.cell}{' AND days >= 0' if self.after else ''}"))
        return int(connection.execute(query, self.values).scalar_one())

    @property
    def select(self) -> str:
        """SQL: the facts, of cohorts by the day that is asked for."""
        conditions = " AND ".join(self._conditions())
        known = {"known_f": as_known(self.known_at, "f"), "known_g": as_known(self.known_at, "g")}
        if not self.goal or self.missing:
            return PERIOD.format(where=conditions, **known)
        return COHORT.format(
            where=conditions,
            dated="f" if self.dated == "begin" or not self.is_cohort else "g",
            same_ref=self._same_ref,
            value="(g.day - f.day)::float" if self.is_cohort else "g.value",
            **known,
        )

    @property
    def _same_ref(self) -> str:
        return "AND g.ref = f.ref" if self.is_same_ref else ""

    def _conditions(self) -> Iterator[str]:
        yield f"({BY_NAME[self.measure].where or 'true'})"
        # Whoever buys a product had not bought it when they began.
        is_bought = self.goal == "bought" and self.dimension is Dimension.PRODUCT
        yield self.of_member("g" if is_bought else "f")
        if self.team_id:
            yield "f.team_id = :team"
        if self.currency:
            yield "f.currency = :currency"
        if self.weekday:
            yield "extract(isodow FROM f.at AT TIME ZONE :zone) = :weekday"
        if self.hours:
            yield "extract(hour FROM f.at AT TIME ZONE :zone) BETWEEN :from_hour AND :to_hour - 1"
        if self.missing:
            yield MISSING.format(known=as_known(self.known_at, "g"), same_ref=self._same_ref)
        elif self.goal:
            yield from self._first_of_several(is_bought)

    def _first_of_several(self, is_bought: bool) -> Iterator[str]:
        if self.after:
            yield "g.day >= f.day"
        if self.is_same_ref:
            return
        # Each deal begins by itself, and each product has a row of its own where products are asked for.
        if self.goal in SEVERAL and not is_bought:
            yield IS_FIRST.format(alias="g", known=as_known(self.known_at, "e"))
