"""When a person works: hours of the week in their own time zone, without holidays and absences. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HORIZON = timedelta(days=400)
"""Who does not work within this time does not work: a year's leave is longer than any lead waits."""

Span = tuple[time, time]
"""From, until (not included); 00:00 as the end is midnight."""
Week = Mapping[int, tuple[Span, ...]]
"""Weekday (Monday is 0) -> spans in rising order that do not overlap."""


class OpenHours(ABC):
    """Hours that are open, however they come about, to ask when and how long they are."""

    @property
    @abstractmethod
    def zones(self) -> tuple[str, ...]:
        """The time zones whose hours they are."""

    @abstractmethod
    def spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """From and until of each span that ends after `start`, one after the other, in UTC, up to the horizon."""

    def next_open(self, at: datetime) -> datetime | None:
        """The first moment from `at` on that is open; None when it is too far off to count on."""
        return next((max(at, begin) for begin, _ in self.spans(at)), None)

    def add(self, start: datetime, length: timedelta) -> datetime | None:
        """The moment at which `length` of open time has passed since `start`; None as for next_open."""
        for begin, end in self.spans(start):
            begin = max(start, begin)
            if begin + length <= end:
                return begin + length
            length -= end - begin
        return None

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much open time there is between two moments."""
        found = timedelta(0)
        for begin, until in self.spans(start):
            if begin >= end:
                break
            found += min(until, end) - max(begin, start)
        return found


@dataclass(frozen=True)
class WorkingHours(OpenHours):
    """A calendar to ask whether and when somebody works. Without a week they work around the clock."""

    zone: str = "UTC"
    week: Week | None = None
    away: tuple[tuple[date, date], ...] = ()
    """First and last day of each absence."""
    holidays: Container[date] = frozenset()

    def is_open(self, at: datetime) -> bool:
        """Whether they work at a moment."""
        return any(begin <= at < end for begin, end in self._spans_of(self._local_day(at)))

    def deadline(self, start: datetime, length: timedelta) -> datetime | None:
        """The moment that is `length` of working time after `start`; None as for next_open.

        Whole days are working days: one day from Friday at ten is Monday at ten, and from Friday night Tuesday morning.
        Who works around the clock has days of 24 hours.
        """
        if self.week is None:
            return self.add(start, length)
        days, rest = divmod(length, timedelta(days=1))
        moment = self.next_open(start)
        for _ in range(days):
            moment = self._on_next_working_day(moment) if moment is not None else None
        return self.add(moment, rest) if moment is not None else None

    def _on_next_working_day(self, at: datetime) -> datetime | None:
        """The same time of the next day with working hours; its nearest working moment where nobody works then."""
        today = self._local_day(at)
        wanted = at.astimezone(ZoneInfo(self.zone)).time()
        for ahead in range(1, HORIZON.days):
            day = today + timedelta(days=ahead)
            if spans := list(self._spans_of(day)):
                same = self._moment(day, wanted)
                return next((max(same, begin) for begin, end in spans if same < end), spans[-1][1])
        return None

    @property
    def zones(self) -> tuple[str, ...]:
        """Their own."""
        return (self.zone,)

    def spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Spans that end after `start`, day by day up to the horizon."""
        day, last = self._local_day(start), self._local_day(start + HORIZON)
        while day <= last:
            yield from ((begin, end) for begin, end in self._spans_of(day) if end > start)
            day += timedelta(days=1)

    def _spans_of(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        if day in self.holidays or any(first <= day <= last for first, last in self.away):
            return
        whole_day = ((time(0), time(0)),)
        for begin, end in whole_day if self.week is None else self.week.get(day.weekday(), ()):
            yield self._moment(day, begin), self._moment(day if end > begin else day + timedelta(days=1), end)

    def _moment(self, day: date, at: time) -> datetime:
        """In UTC, where differences are true also across a change of the clocks."""
        return datetime.combine(day, at, ZoneInfo(self.zone)).astimezone(UTC)

    def _local_day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.zone)).date()


def read_week(days: Mapping[str, str]) -> Week:
    """`{mon-fri: "09:00-12:00, 13:00-17:30", sat: "10:00-14:00"}` as a Week. Raises ValueError saying what is wrong."""
    week: dict[int, tuple[Span, ...]] = {}
    for name, text in days.items():
        for weekday in _weekdays(name):
            if weekday in week:
                raise ValueError(f"{DAYS[weekday]} stands here twice: give each day its hours once")
            week[weekday] = _read_spans(text)
    if not any(week.values()):
        raise ValueError("nobody works never: give at least one day its hours, such as mon-fri: 09:00-17:30")
    return week


def _weekdays(name: str) -> range:
    first, _, last = name.partition("-")
    if first not in DAYS or (last or first) not in DAYS:
        raise ValueError(f"{name!r} was found, a day or days such as mon, sat or mon-fri were expected")
    begin, end = DAYS.index(first), DAYS.index(last or first)
    if end < begin:
        raise ValueError(f"{name!r} was found, days in the order of the week were expected, such as mon-fri")
    return range(begin, end + 1)


def _read_spans(text: str) -> tuple[Span, ...]:
    spans = tuple(_read_span(part) for part in text.split(",")) if text.strip() else ()
    for (_, end), (begin, _) in pairwise(spans):
        if begin < end or end == time(0):
            raise ValueError(f"{text!r} was found, hours one after the other were expected: 09:00-12:00, 13:00-17:30")
    return spans


def _read_span(text: str) -> Span:
    try:
        begin, end = (time.fromisoformat(part.strip()) for part in text.replace("24:00", "00:00").split("-"))
    except ValueError:
        raise ValueError(f"{text.strip()!r} was found, hours such as 09:00-17:30 were expected") from None
    if begin >= end and end != time(0):
        raise ValueError(f"{text.strip()!r} ends before it begins: hours past midnight belong to two days")
    return begin, end
