"""The days that a report is about: chosen by name or by two dates, and the same number of days before. Pure."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.wording import full_date

LONGEST_YEARS = 10
DEFAULT_DAYS = 30


class PeriodError(ValueError):
    """A period that cannot be reported; the sentence says what was found and what to do."""


@dataclass(frozen=True)
class Period:
    """Whole days of the company's time zone, from the first to the last, both of them included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise PeriodError(
                f"The period ends on {full_date(self.last)}, before it begins on {full_date(self.first)}. "
                "Give the two dates the other way round."
            )

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def weeks(self) -> float:
        """How many weeks it has, as a fraction."""
        return self.days / 7

    @property
    def before(self) -> "Period":
        """As many days, right before it: what it is compared with. A whole month has the whole month before it, and so
        have whole quarters and years.
        """
        last = self.first - timedelta(days=1)
        for months in (1, 3, 12):
            if self == calendar_months(self.first, months):
                return calendar_months(last, months)
        return Period(last - timedelta(days=self.days - 1), last)

    def __str__(self) -> str:
        return full_date(self.first) if self.days == 1 else f"{full_date(self.first)} to {full_date(self.last)}"


def last_days(days: int, today: date) -> Period:
    """So many days, today being the last."""
    return Period(today - timedelta(days=days - 1), today)


def calendar_months(day: date, months: int = 1) -> Period:
    """The month of a day, its quarter (3 months) or its year (12): all days of it, whether they are over or not."""
    month = (day.month - 1) // months * months + 1
    last = month + months - 1
    return Period(date(day.year, month, 1), date(day.year, last, monthrange(day.year, last)[1]))


def first_whole_month(first: date) -> Period:
    """The first month that was counted from its first to its last day, if `first` is the first day that was counted:
    what later months are compared with.
    """
    month = calendar_months(first)
    return month if first == month.first else calendar_months(month.last + timedelta(days=1))


def presets(today: date) -> dict[str, Period]:
    """The periods that are offered by name. Those that are not over end today."""
    month, quarter, year = (calendar_months(today, months) for months in (1, 3, 12))
    return {
        "Last 7 days": last_days(7, today),
        "Last 30 days": last_days(30, today),
        "Last 90 days": last_days(90, today),
        "This month": Period(month.first, today),
        "Last month": calendar_months(month.first - timedelta(days=1), 1),
        "This quarter": Period(quarter.first, today),
        "Last quarter": calendar_months(quarter.first - timedelta(days=1), 3),
        "This year": Period(year.first, today),
        "Last year": calendar_months(year.first - timedelta(days=1), 12),
    }


def read_period(first: str | None, last: str | None, today: date) -> Period:
    """The period between two dates such as 2026-03-02, as addresses and forms give them.

    Without a first date it has as many days as reports have by default, without a last one it ends today. It never ends
    after today: what is still to come is cut off. Raises PeriodError with a sentence for people.
    """
    end = min(read_day(last, "to"), today) if last and last.strip() else today
    begin = read_day(first, "from") if first and first.strip() else end - timedelta(days=DEFAULT_DAYS - 1)
    if begin > today:
        raise PeriodError(
            f"The period begins on {full_date(begin)}, which is still to come: today is {full_date(today)}. "
            "Give a date that is not after today."
        )
    period = Period(begin, end)
    if _years_later(period.first, LONGEST_YEARS) <= period.last:
        raise PeriodError(
            f"The period from {full_date(period.first)} to {full_date(period.last)} is longer than "
            f"{LONGEST_YEARS} years. Give a shorter one."
        )
    return period


def read_day(text: str, name: str) -> date:
    """A date such as 2026-03-02; `name` is what the address or the form calls it. Raises PeriodError."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise PeriodError(f"{name}: {text.strip()[:40]!r} is no date. Write it as 2026-03-02.") from None


def read_known_on(text: str | None, today: date, zone: ZoneInfo) -> datetime | None:
    """The end of the day of which a report asks what was known then; None for what is known now. Raises PeriodError."""
    if not text or not text.strip():
        return None
    day = read_day(text, "as-known-on")
    if day > today:
        raise PeriodError(f"as-known-on: {full_date(day)} is still to come, so nobody knows yet what is known then.")
    return datetime.combine(day + timedelta(days=1), time(), zone)


def _years_later(day: date, years: int) -> date:
    if day.year + years > date.max.year:
        return date.max
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
