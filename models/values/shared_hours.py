"""Hours that are open in several calendars at the same time, as of somebody whose time zone is one of a few. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from models.values.working_hours import HORIZON, OpenHours, WorkingHours

SAMPLE_WEEKS = tuple(datetime(2027, month, 1, tzinfo=UTC) + timedelta(days=14) for month in range(1, 13))
"""A week of each month, so that each summer time of the world is among them, and the weeks in which some have begun."""
WEEK = timedelta(weeks=1)


@dataclass(frozen=True, eq=False)
class SharedHours(OpenHours):
    """What is open in each of these calendars."""

    calendars: tuple[WorkingHours, ...]
    horizon: timedelta = HORIZON
    """How far it is looked ahead."""

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones of the calendars, each once."""
        return tuple(dict.fromkeys(calendar.zone for calendar in self.calendars))

    def spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Spans that end after `start`, as far as the nearest horizon."""
        calendars = [calendar.spans(start) for calendar in self.calendars]
        current = [next(spans, None) for spans in calendars]
        while all(current):
            begin, end = max(span[0] for span in current if span), min(span[1] for span in current if span)
            if begin >= start + self.horizon:
                return
            if begin < end:
                yield begin, end
            current = [
                next(spans, None) if span and span[1] == end else span
                for spans, span in zip(calendars, current, strict=True)
            ]

    def next_open(self, at: datetime) -> datetime | None:
        """As of each; the mails of a batch ask for the same moment."""
        return _next_open(self, at)


@lru_cache(maxsize=10_000)
def _next_open(hours: SharedHours, at: datetime) -> datetime | None:
    return OpenHours.next_open(hours, at)


def share_hours(calendars: Sequence[WorkingHours]) -> OpenHours:
    """The hours that are open in all of the calendars, the first of which matters most.

    Where a week has no such hour, calendars are left out, the last first, until every one has.
    """
    shared = [SharedHours(tuple(calendars[:count])) for count in range(len(calendars), 1, -1)]
    return next((hours for hours in shared if _open_in_each_week(hours)), calendars[0])


def _open_in_each_week(hours: SharedHours) -> bool:
    without_holidays = tuple(WorkingHours(one.zone, one.week) for one in hours.calendars)
    week = SharedHours(without_holidays, WEEK)
    return all(any(week.spans(monday)) for monday in SAMPLE_WEEKS)
