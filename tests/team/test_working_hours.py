"""Working hours: zones, breaks, holidays and the two days a year on which clocks change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.working_hours import WorkingHours, read_week

HOUR = timedelta(hours=1)
OFFICE = WorkingHours("America/New_York", read_week({"mon-thu": "09:00-12:00, 13:00-17:00", "fri": "09:00-15:00"}))
MONDAY_NOON = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)  # 12:00 in New York


def new_york(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    """A moment of 2026 by the clock of New York, before the clocks change on 8 March."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC) + 5 * HOUR


def test_breaks_evenings_and_weekends_are_closed() -> None:
    assert OFFICE.is_open(new_york(2, 9))
    assert not OFFICE.is_open(new_york(2, 12))
    assert OFFICE.is_open(new_york(2, 16, 59))
    assert not OFFICE.is_open(new_york(2, 17))
    assert not OFFICE.is_open(new_york(6, 15))
    assert OFFICE.next_open(new_york(2, 12, 30)) == new_york(2, 13)
    assert OFFICE.next_open(new_york(2, 10)) == new_york(2, 10)


def test_five_minutes_at_the_end_of_friday_end_on_monday() -> None:
    assert OFFICE.add(new_york(6, 14, 58), timedelta(minutes=5)) == datetime(2026, 3, 9, 13, 3, tzinfo=UTC)


def test_holidays_and_absences_are_days_where_the_person_is() -> None:
    away = WorkingHours("America/New_York", OFFICE.week, ((date(2026, 3, 4), date(2026, 3, 4)),), {date(2026, 3, 3)})
    assert away.next_open(new_york(2, 17)) == new_york(5, 9)


def test_without_hours_people_work_around_the_clock() -> None:
    always = WorkingHours()
    assert always.is_open(MONDAY_NOON)
    assert always.add(MONDAY_NOON, timedelta(days=3)) == MONDAY_NOON + timedelta(days=3)


def test_a_night_shift_ends_at_midnight_and_the_next_day_begins_with_it() -> None:
    night = WorkingHours("UTC", read_week({"mon": "22:00-24:00", "tue": "00:00-06:00"}))
    assert night.add(datetime(2026, 3, 2, 22, tzinfo=UTC), 8 * HOUR) == datetime(2026, 3, 3, 6, tzinfo=UTC)


def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is() -> None:
    sunday = WorkingHours("America/New_York", read_week({"sun": "00:00-24:00"}))
    assert sunday.between(datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 3, 10, tzinfo=UTC)) == 23 * HOUR
    assert sunday.between(datetime(2026, 10, 31, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)) == 25 * HOUR


def test_who_is_away_for_good_never_opens() -> None:
    gone = WorkingHours("UTC", None, ((date(2020, 1, 1), date(9999, 1, 1)),))
    assert gone.next_open(MONDAY_NOON) is None
    assert gone.add(MONDAY_NOON, HOUR) is None


@pytest.mark.parametrize(
    ("days", "told"),
    [
        ({"monday": "09:00-17:00"}, "a day or days such as mon"),
        ({"fri-mon": "09:00-17:00"}, "days in the order of the week"),
        ({"mon-fri": "09:00-17:00", "fri": "09:00-15:00"}, "fri stands here twice"),
        ({"mon": "9-5"}, "hours such as 09:00-17:30"),
        ({"mon": "17:00-09:00"}, "ends before it begins"),
        ({"mon": "09:00-13:00, 12:00-17:00"}, "one after the other"),
        ({"mon": ""}, "at least one day"),
        ({}, "at least one day"),
    ],
)
def test_hours_that_cannot_be_read_say_why(days: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_week(days)


@given(begin=st.integers(0, 525_600), minutes=st.integers(1, 20_000))
def test_added_time_is_time_worked(begin: int, minutes: int) -> None:
    start, length = MONDAY_NOON + timedelta(minutes=begin), timedelta(minutes=minutes)
    end = OFFICE.add(start, length)
    assert end is not None
    assert OFFICE.between(start, end) == length
