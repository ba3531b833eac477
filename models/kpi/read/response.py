"""How fast requests for a person were followed up: quantiles and shares, those who still wait counted in."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf

from sqlalchemy import Connection

from models.kpi.interval import SMALL, share_interval
from models.kpi.measures import WITHIN
from models.kpi.read.question import Question
from models.kpi.read.requests import read_response_waits
from models.kpi.read.sums import Cut
from models.kpi.read.waits import Waits
from models.orders.kaplan_meier import SurvivalCurve, TimeEstimate
from models.tables.kpi import Dimension


@dataclass(frozen=True)
class ResponseTimes:
    """Requests of a period and how long they waited for one thing, such as the first attempt. Times in seconds."""

    member: str
    waits: Waits

    @cached_property
    def requests(self) -> int:
        """How many there were."""
        return self.waits.n

    @cached_property
    def followed_up(self) -> int:
        """To how many it has come."""
        return self.waits.happened_count

    @cached_property
    def median(self) -> TimeEstimate | None:
        """Within which it came to half of them; None while fewer than half have come."""
        return self._curve.time_until(0.5, inf) if self._curve else None

    @cached_property
    def p90(self) -> TimeEstimate | None:
        """Within which it came to nine in ten; None while fewer have come."""
        return self._curve.time_until(0.1, inf) if self._curve else None

    @cached_property
    def _curve(self) -> SurvivalCurve | None:
        return self.waits.curve()

    @property
    def never(self) -> int:
        """How many have had nothing so far."""
        return self.requests - self.followed_up

    @property
    def is_small(self) -> bool:
        """Whether there are so few that it says little."""
        return self.requests < SMALL

    def within(self, seconds: float) -> int:
        """How many had waited no longer than that; who still waits is not among them."""
        return self.waits.happened.within(seconds)

    def shares(self) -> dict[str, tuple[float, float, float] | None]:
        """The share within each of the usual times, such as `30m`: (share, low, high), None without requests."""
        return {name: self.share(self.within(seconds)) for name, seconds in WITHIN}

    def share(self, count: int) -> tuple[float, float, float] | None:
        """So many of all requests: (share, low, high) by Wilson; None without requests."""
        interval = share_interval(count, self.requests)
        return None if interval is None else (count / self.requests, interval.low, interval.high)


@dataclass(frozen=True, kw_only=True)
class Response:
    """To the first attempt and to the first talk; by the clock and by working hours."""

    contact: Sequence[ResponseTimes]
    contact_working: Sequence[ResponseTimes]
    talk: Sequence[ResponseTimes]
    talk_working: Sequence[ResponseTimes]

    @property
    def together(self) -> "Response":
        """The requests of all members as one, so that they need not be read again; without any it has no member."""
        return Response(**{goal: _together(times) for goal, times in vars(self).items()})


GOALS = ("first_contact", "first_contact_working", "first_talk", "first_talk_working")


def read_response(
    connection: Connection, question: Question, dimension: Dimension = Dimension.ALL, *, by_team: bool = False
) -> Response:
    """The requests of the period: of everybody, of each member of a dimension, or of each team. Members without any
    request are not in it.
    """
    found = read_response_waits(connection, question, GOALS, Cut(dimension, by_team=by_team))
    times = [[ResponseTimes(*one) for one in found[goal].items()] for goal in GOALS]
    return Response(**dict(zip(("contact", "contact_working", "talk", "talk_working"), times, strict=True)))


def _together(times: Sequence[ResponseTimes]) -> list[ResponseTimes]:
    return [ResponseTimes("", Waits.together([one.waits for one in times]))] if times else []
