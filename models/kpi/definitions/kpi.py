"""What a definition of a KPI is made of: words for people, and sums of the KPI tables. Pure."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from models.playbook.goal_target import read_target
from models.tables.kpi import KpiName, Reading, Unit


class Better(StrEnum):
    """Which way is good."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True)
class Term:
    """One number that KPIs are made of: a column of a KPI table, added up over the rows of a question."""

    table: Literal["kpi_daily", "kpi_cohort", "kpi_funnel", "kpi_message"]
    name: str
    """The measure, or where a cohort begins; empty where the table has a column for each number."""
    column: str
    goal: str = ""
    """Of kpi_cohort: where it goes to."""
    dated: Literal["begin", "goal", "last day"] = "begin"
    """Which day is to be in the period; `last day`: what stood at the end of it."""
    sign: int = 1

    @property
    def unsigned(self) -> "Term":
        """The number itself, whichever way it counts."""
        return self if self.sign == 1 else replace(self, sign=1)

    def __neg__(self) -> "Term":
        return replace(self, sign=-self.sign)

    def __str__(self) -> str:
        name = f"{self.name} to {self.goal}" if self.goal else self.name
        return f"{name}.{self.column}" if name else self.column


Sum = tuple[Term, ...]


def counted(measure: str) -> Term:
    """How many there were."""
    return Term("kpi_daily", measure, "count")


def money(measure: str) -> Term:
    """What they brought."""
    return Term("kpi_daily", measure, "amount")


def summed(measure: str) -> Term:
    """The values of a measure, added up."""
    return Term("kpi_daily", measure, "value")


def reached(begin: str, goal: str) -> Term:
    """How many of those who began have come to the goal, before they began or after."""
    return Term("kpi_cohort", begin, "count", goal)


def reached_after(begin: str, goal: str) -> Term:
    """How many of those who began have come to the goal since, not before."""
    return Term("kpi_cohort", begin, "after", goal)


def arrived(begin: str, goal: str) -> Term:
    """How many came to the goal in the period, having begun before."""
    return Term("kpi_cohort", begin, "after", goal, dated="goal")


def days_taken(begin: str, goal: str) -> Term:
    """The days that they had needed, all together."""
    return Term("kpi_cohort", begin, "days", goal, dated="goal")


def stages(column: str) -> Term:
    """A column of kpi_funnel, of all stages and days."""
    return Term("kpi_funnel", "", column)


def standing(column: str) -> Term:
    """A column of kpi_funnel, of all stages on the last day."""
    return Term("kpi_funnel", "", column, dated="last day")


def mails(column: str) -> Term:
    """A column of kpi_message, of all mails of the period."""
    return Term("kpi_message", "", column)


@dataclass(frozen=True, kw_only=True)
class Total:
    """A sum."""

    basis: str
    """On which day what counts."""
    of: Sum

    @property
    def terms(self) -> Sum:
        """All that it is made of."""
        return self.of


@dataclass(frozen=True, kw_only=True)
class WeeklyTotal(Total):
    """A sum, divided by the weeks of the period."""


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """One sum divided by another."""

    basis: str
    numerator: Sum
    denominator: Sum

    @property
    def terms(self) -> Sum:
        """All that it is made of."""
        return self.numerator + self.denominator


@dataclass(frozen=True, kw_only=True)
class Velocity:
    """What the pipeline brings a day: opportunities x win rate x mean value / mean days to win.

    The number of deals that were won cancels out of mean value and mean days.
    """

    basis: str
    opportunities: Term
    won: Term
    lost: Term
    value: Term
    days: Term

    @property
    def terms(self) -> Sum:
        """All that it is made of."""
        return (self.opportunities, self.won, self.lost, self.value, self.days)


@dataclass(frozen=True, kw_only=True)
class MedianWait:
    """The time until half of those who began have come to the goal, those who still wait counted in (Kaplan-Meier)."""

    basis: str
    begin: str
    goal: str

    @property
    def terms(self) -> Sum:
        """Nothing that adds up: it is read from the times of all."""
        return ()


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The share of those who stood when the period began who stand at its end."""

    basis: str
    won: str
    """The measure by which one begins to stand."""
    lost: str
    """And by which one no longer does."""

    @property
    def terms(self) -> Sum:
        """Nothing that adds up over the period."""
        return ()


How = Total | WeeklyTotal | Ratio | Velocity | MedianWait | Kept


@dataclass(frozen=True, kw_only=True)
class Example:
    """A worked example; a test computes it."""

    words: str
    value: float
    sums: dict[str, float] = field(default_factory=dict)
    """By the names of their terms."""
    reading: Reading = Reading.PERIOD
    weeks: float = 1.0
    """How long the period is."""
    happened: tuple[float, ...] = ()
    """Of a wait: how long each took to whom it has happened."""
    waiting: tuple[float, ...] = ()
    """For how long each of the others has waited."""


@dataclass(frozen=True, kw_only=True)
class Kpi:
    """One KPI, once: what pages, mails, exports, views and docs say about it, and how it is computed."""

    name: KpiName
    title: str
    definition: str
    formula: str
    """In words."""
    unit: Unit
    better: Better
    period: How | None = None
    cohort: How | None = None
    example: Example
    edge_cases: tuple[str, ...] = ()
    source: str
    """Where the definition is from."""

    def readings(self) -> dict[Reading, How]:
        """How it is computed, by reading; the one that goals go by comes first."""
        return {
            reading: how
            for reading, how in ((Reading.PERIOD, self.period), (Reading.COHORT, self.cohort))
            if how is not None
        }

    @property
    def main_reading(self) -> Reading:
        """The one that goals and headlines go by."""
        return next(iter(self.readings()))

    def read_target(self, text: str, *, currency: str | None = None) -> float:
        """What a goal of it says, in its unit: `60%` as 0.6, `30m` as 1800 seconds, `21d` as 21 days.

        `currency` is that of the reports; None takes any. Raises TargetError, with a sentence.
        """
        return read_target(text, self.unit, currency=currency)
