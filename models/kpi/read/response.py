"""How fast requests for a person were followed up: quantiles and shares, those who still wait counted in."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from sqlalchemy import Connection

from models.kpi.definitions.kpi import MedianWait
from models.kpi.interval import SMALL, share_interval
from models.kpi.measures import WITHIN
from models.kpi.read.question import Question
from models.kpi.read.sums import Cut
from models.kpi.read.waits import Waits, read_response_waits
from models.orders.kaplan_meier import TimeEstimate
from models.tables.kpi import Dimension


@dataclass(frozen=True, kw_only=True)
class ResponseTimes:
    """Requests of a period and how long they waited for one thing, such as the first attempt. Times in seconds."""

    member: str
    requests: int
    followed_up: int
    median: TimeEstimate | None
    """None while fewer than half have come; so for the next."""
    p90: TimeEstimate | None
    waits: Waits

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
        return sum(count for time, count in self.waits.happened if time <= seconds)

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


GOALS = ("first_contact", "first_contact_working", "first_talk", "first_talk_working")


def read_response(
    connection: Connection, question: Question, dimension: Dimension = Dimension.ALL, *, by_team: bool = False
) -> Response:
    """The requests of the period: of everybody, of each member of a dimension, or of each team. Members without any
    request are not in it.
    """
    cut = Cut(dimension, by_team=by_team)
    contact, contact_working, talk, talk_working = (_times(connection, question, goal, cut) for goal in GOALS)
    return Response(contact=contact, contact_working=contact_working, talk=talk, talk_working=talk_working)


def read_first_contacts(connection: Connection, question: Question, dimension: Dimension) -> Sequence[ResponseTimes]:
    """To the first attempt, by the clock, alone."""
    return _times(connection, question, "first_contact", Cut(dimension))


def _times(connection: Connection, question: Question, goal: str, cut: Cut) -> list[ResponseTimes]:
    waits = read_response_waits(connection, question, MedianWait(basis="", begin="request", goal=goal), cut)
    return [response_times(member, waits[member]) for member in sorted(waits)]


def response_times(member: str, waits: Waits) -> ResponseTimes:
    """Pure: the quantiles of what was waited."""
    curve = waits.curve()
    return ResponseTimes(
        member=member,
        requests=waits.n,
        followed_up=waits.happened_count,
        median=curve.time_until(0.5, inf) if curve else None,
        p90=curve.time_until(0.1, inf) if curve else None,
        waits=waits,
    )
