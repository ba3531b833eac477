"""Scoring: rules that give points, decay, thresholds; and the qualification of leads."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

from models.playbook.section import EventPattern, Section, Text

MOST_POINTS = 10_000


class AwardFrequency(StrEnum):
    """How often an event earns a rule's points."""

    EACH = "each time"
    DAILY = "once a day"
    ONCE = "once"


class Direction(StrEnum):
    """Which way a score crosses a threshold."""

    RISING = "rising"
    FALLING = "falling"


def read_percent(value: object) -> Decimal:
    """`3%` as 0.03."""
    text = value.strip() if isinstance(value, str) else ""
    if not text.endswith("%") or not text[:-1].strip().replace(".", "", 1).isdecimal():
        raise ValueError("a percentage such as 3% or 0.5% was expected")
    return Decimal(text[:-1].strip()) / 100


def write_percent(share: Decimal) -> str:
    """0.03 as `3%`."""
    return f"{(share * 100).normalize():f}%"


def _whole_cents(points: Decimal) -> Decimal:
    if points == 0 or abs(points) > MOST_POINTS or points != points.quantize(Decimal("0.01")):
        raise ValueError(
            f"points between -{MOST_POINTS:,} and {MOST_POINTS:,} other than 0, to the cent, were expected"
        )
    return points.quantize(Decimal("0.01"))


def _as_number(value: object) -> object:
    """Keys of JSON are text."""
    return int(value) if isinstance(value, str) and value.isdigit() else value


def _decay_rate_in_range(rate: Decimal) -> Decimal:
    if rate != 0 and not Decimal("0.001") <= rate <= Decimal("0.9"):
        raise ValueError("0% (scores stay) or a rate between 0.1% and 90% a day was expected")
    return rate


Percent = Annotated[Decimal, BeforeValidator(read_percent), PlainSerializer(write_percent)]
Points = Annotated[Decimal, AfterValidator(_whole_cents)]
Level = Annotated[Literal[1, 2, 3], BeforeValidator(_as_number)]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
"""What events, pages and addresses call it, such as `hot` or `ask-for-a-call`."""


class ScoreRule(Section):
    """Points for what is true of a contact (explicit), or for what a contact does (behavioural, with `on`)."""

    name: Text
    points: Points
    on: tuple[EventPattern, ...] = ()
    where: str | None = None
    """A condition on the event's data, such as amount >= 100."""
    when: str | None = None
    """A condition on the contact."""
    counts: AwardFrequency = AwardFrequency.EACH
    at_most: Annotated[Decimal, Field(gt=0, decimal_places=2)] | None = None
    """However often it happens, this rule makes up no more of a score."""
    decays: bool = True

    @property
    def is_explicit(self) -> bool:
        """Follows the contact's fields rather than events."""
        return not self.on


class Threshold(Section):
    """A score that matters. Crossing it is the event score_rose:<name>, or score_fell:<name> when falling."""

    name: Slug
    score: Points
    direction: Direction = Direction.RISING


class Scoring(Section):
    """How scores come about."""

    decay: Annotated[Percent, AfterValidator(_decay_rate_in_range)] = Decimal("0.03")
    """What part of it a score loses each day."""
    rules: tuple[ScoreRule, ...] = ()
    thresholds: tuple[Threshold, ...] = ()


class Qualification(Section):
    """What qualifies a lead beyond its stage. What people say goes before what these conditions say."""

    levels: dict[Level, str] = Field(default_factory=dict)
    """MQL level -> condition; the highest level whose condition is true counts."""
    budget: str | None = None
    """BANT: the condition under which an answer that nobody has given yet is taken to be yes."""
    authority: str | None = None
    need: str | None = None
    timeline: str | None = None
