"""When reports are mailed, and about which days. Pure."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from models.kpi.period import Period

AT = time(7)
"""In the company's time zone: before people begin, and after the run of the night."""
DAY = timedelta(days=1)
LONGEST_BREAK = 40
"""Days; whoever does not work within this time gets the mail all the same."""


class MailKind(StrEnum):
    """Which mail."""

    DAILY = "daily"
    """Every working day, about the days since the one before."""
    WEEKLY = "weekly"
    """On the first working day of a week, about the week before."""
    REVIEW = "review"
    """On the first working day of a month, about the month before."""


@dataclass(frozen=True)
class WorkingDays:
    """On which days somebody works."""

    weekdays: frozenset[int]
    """Monday is 0."""
    holidays: Container[date]

    def at_or_after(self, day: date) -> date:
        """This day if somebody works, else the next one."""
        return next((one for one in _from(day, 1) if self._works(one)), day)

    def at_or_before(self, day: date) -> date:
        """This day if somebody works, else the one before."""
        return next((one for one in _from(day, -1) if self._works(one)), day)

    def _works(self, day: date) -> bool:
        return day.weekday() in self.weekdays and day not in self.holidays


@dataclass(frozen=True)
class DueMail:
    """One mail, due on one morning."""

    kind: MailKind
    day: date
    """On which it is due."""
    period: Period
    """What it is about; it ends before that day."""

    def at(self, zone: ZoneInfo) -> datetime:
        """When it is due."""
        return datetime.combine(self.day, AT, zone)

    def counted_from(self, zone: ZoneInfo) -> datetime:
        """A run of the report that began later has all of the period."""
        return datetime.combine(self.period.last + DAY, time(), zone)


def newest(kind: MailKind, days: WorkingDays, now: datetime) -> DueMail:
    """The newest mail of a kind whose moment has come. `now` is in the company's time zone."""
    today = now.date() if now.time() >= AT else now.date() - DAY
    mail = _due_about(kind, days, today)
    while mail.day > today:
        mail = _due_about(kind, days, mail.period.first)
    return mail


def following(mail: DueMail, days: WorkingDays) -> DueMail:
    """The next mail of the same kind."""
    after = mail.day
    found = mail
    while found.day <= mail.day:
        after += DAY
        found = _due_about(mail.kind, days, after)
    return found


def _due_about(kind: MailKind, days: WorkingDays, day: date) -> DueMail:
    """The mail of the day, week or month that a day is in."""
    match kind:
        case MailKind.DAILY:
            due = days.at_or_before(day)
            first = days.at_or_before(due - DAY)
        case MailKind.WEEKLY:
            monday = day - day.weekday() * DAY
            return DueMail(kind, days.at_or_after(monday), Period(monday - 7 * DAY, monday - DAY))
        case MailKind.REVIEW:
            begin = day.replace(day=1)
            return DueMail(kind, days.at_or_after(begin), Period((begin - DAY).replace(day=1), begin - DAY))
    return DueMail(kind, due, Period(first, due - DAY))


def _from(day: date, step: int) -> Iterator[date]:
    return (day + step * number * DAY for number in range(LONGEST_BREAK))
