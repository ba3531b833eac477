"""When reports are mailed, and about which days."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.kpi.mails.due import MailKind, WorkingDays, following, newest

NEW_YORK = ZoneInfo("America/New_York")


def working_days(*holidays: date, weekdays: Iterable[int] = range(5)) -> WorkingDays:
    return WorkingDays(frozenset(weekdays), holidays)


def at(day: int, hour: int = 8, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=NEW_YORK)


def about(kind: MailKind, now: datetime, days: WorkingDays) -> tuple[str, str]:
    """The day on which the newest mail is due, and what it is about."""
    mail = newest(kind, days, now)
    return str(mail.day), f"{mail.period.first} {mail.period.last}"


def test_on_monday_the_week_before_is_mailed() -> None:
    assert about(MailKind.WEEKLY, at(9), working_days()) == ("2026-03-09", "2026-03-02 2026-03-08")
    assert about(MailKind.WEEKLY, at(9, 6), working_days()) == ("2026-03-02", "2026-02-23 2026-03-01")
    assert about(MailKind.WEEKLY, at(13), working_days()) == ("2026-03-09", "2026-03-02 2026-03-08")


def test_a_week_whose_monday_is_a_holiday_begins_on_tuesday() -> None:
    holiday = working_days(date(2026, 3, 9))
    assert about(MailKind.WEEKLY, at(9), holiday)[0] == "2026-03-02"
    assert about(MailKind.WEEKLY, at(10), holiday) == ("2026-03-10", "2026-03-02 2026-03-08")


def test_every_morning_the_days_since_the_last_working_day_are_mailed() -> None:
    assert about(MailKind.DAILY, at(10), working_days()) == ("2026-03-10", "2026-03-09 2026-03-09")
    assert about(MailKind.DAILY, at(9), working_days()) == ("2026-03-09", "2026-03-06 2026-03-08")
    assert about(MailKind.DAILY, at(8), working_days()) == ("2026-03-06", "2026-03-05 2026-03-05")


def test_on_the_first_working_day_of_a_month_the_month_before_is_reviewed() -> None:
    assert about(MailKind.REVIEW, at(2), working_days()) == ("2026-03-02", "2026-02-01 2026-02-28")
    assert about(MailKind.REVIEW, at(1), working_days()) == ("2026-02-02", "2026-01-01 2026-01-31")


def test_whoever_works_on_sundays_gets_it_then() -> None:
    assert about(MailKind.REVIEW, at(1), working_days(weekdays=range(7)))[0] == "2026-03-01"


@pytest.mark.parametrize("kind", MailKind)
@given(hours=st.integers(0, 24 * 400), holiday=st.dates(date(2026, 1, 1), date(2027, 1, 31)))
def test_mails_follow_each_other_and_none_is_about_days_to_come(kind: MailKind, hours: int, holiday: date) -> None:
    now, days = at(1, 0, 1) + timedelta(hours=hours), working_days(holiday)
    mail = newest(kind, days, now)
    after = following(mail, days)
    assert mail.at(NEW_YORK) <= now < after.at(NEW_YORK)
    assert mail.period.last < mail.day <= now.date()
    assert after.period.first > mail.period.first
    assert newest(kind, days, after.at(NEW_YORK)) == after
