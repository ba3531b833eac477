"""When the owner of a lead is asked about it next: by the playbook's cycle, and by what they have said. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.playbook.feedback import FeedbackCycle, FeedbackTerms
from models.tables.feedback import FeedbackLevel, FeedbackResult
from models.values.working_hours import WorkingHours

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Said:
    """What the owner said last of a lead."""

    contacted: str | None = None
    status: str | None = None
    result: FeedbackResult | None = None
    next_on: date | None = None
    """The day on which they want to be asked again."""


@dataclass(frozen=True)
class SoFar:
    """What has come of asking about a lead."""

    since: datetime
    """When its owner got it."""
    level: FeedbackLevel
    """What is known, whoever told it."""
    requests: int
    """How often they were asked."""
    said: Said | None = None
    is_answered: bool = False
    """Whether they answered the last request, or said something before the first."""


def next_request(
    terms: FeedbackTerms, cycle: FeedbackCycle, so_far: SoFar, zone: str, now: datetime
) -> datetime | None:
    """The moment of the next request, before working hours are looked at; None when no more is asked.

    A day that they named comes first, then what their answer calls for, then the cycle. A moment that is longer away
    than the time since they got the lead is not made up for: whoever answered a day before the next one is asked at the
    one after it.
    """
    if so_far.level >= cycle.until or so_far.requests >= cycle.at_most:
        return None
    if (named := _named_day(so_far.said, zone, now)) is not None:
        return named
    planned = _planned(cycle, so_far, now)
    again = _called_for(terms, so_far.said) if so_far.is_answered else None
    return planned if planned is None or again is None else now + again


def _planned(cycle: FeedbackCycle, so_far: SoFar, now: datetime) -> datetime | None:
    moments = [so_far.since + length for length in cycle.after]
    if so_far.requests == 0:
        return max(now, moments[0])
    left = [moment for moment in sorted(moments)[so_far.requests :] if moment > now]
    if left:
        return left[0]
    return now + cycle.every if cycle.every is not None else None


def _named_day(said: Said | None, zone: str, now: datetime) -> datetime | None:
    """The beginning of the day; None once it has come: they are asked then."""
    if said is None or said.next_on is None:
        return None
    named = datetime.combine(said.next_on, time(), ZoneInfo(zone)).astimezone(UTC)
    return named if named > now else None


def _called_for(terms: FeedbackTerms, said: Said | None) -> timedelta | None:
    """The status says more than the action; what the playbook no longer has says nothing."""
    if said is None:
        return None
    by_status = [one.again for one in terms.statuses if one.answer == said.status]
    by_action = [one.again for one in terms.contacted if one.answer == said.contacted]
    return next((again for again in (*by_status, *by_action) if again is not None), None)


def morning_or_moment(hours: WorkingHours, at: datetime, from_at: datetime) -> datetime:
    """When it may go out: what is a day or more away at the beginning of that working day, so that all of a day come
    as one mail; what is sooner at its moment, or when they work next.
    """
    zone = ZoneInfo(hours.zone)
    if at - from_at >= DAY:
        at = datetime.combine(at.astimezone(zone).date(), time(), zone).astimezone(UTC)
    # Whoever does not work within a year is asked all the same: the lead is not to wait in silence.
    return hours.next_open(at) or at
