"""The days that a report is about, as addresses and forms give them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.kpi.period import Period, PeriodError, first_whole_month, presets, read_known_on, read_period

TODAY = date(2026, 11, 30)
NEW_YORK = ZoneInfo("America/New_York")


def test_without_dates_it_is_the_last_thirty_days() -> None:
    assert read_period(None, " ", TODAY) == Period(date(2026, 11, 1), TODAY)


def test_one_date_is_enough() -> None:
    assert read_period("2026-10-01", None, TODAY) == Period(date(2026, 10, 1), TODAY)
    assert read_period(None, "2026-10-30", TODAY) == Period(date(2026, 10, 1), date(2026, 10, 30))


def test_what_is_still_to_come_is_cut_off() -> None:
    assert read_period("2026-11-01", "2026-12-31", TODAY) == Period(date(2026, 11, 1), TODAY)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-11-30", "2026-10-01", "the other way round"),
        ("1976-11-01", "2026-11-30", "longer than 10 years"),
        ("2027-01-01", "2027-02-01", "still to come: today is 30 Nov 2026"),
        ("01/02/2026", None, "from: '01/02/2026' is no date. Write it as 2026-03-02."),
        (None, "2026-02-30", "to: '2026-02-30' is no date"),
        ("2026-10-01; DROP TABLE", None, "is no date"),
        ("9999-12-31", "9999-12-31", "still to come"),
        ("0001-01-01", None, "longer than 10 years"),
    ],
)
def test_a_period_that_cannot_be_is_answered_with_a_sentence(first: str | None, last: str | None, words: str) -> None:
    with pytest.raises(PeriodError, match=words):
        read_period(first, last, TODAY)


def test_ten_years_can_be_asked_for_also_from_a_leap_day() -> None:
    assert read_period("2016-12-01", None, TODAY).days == 3652
    with pytest.raises(PeriodError):
        read_period("2016-02-29", "2026-02-28", TODAY)


def test_a_whole_month_is_compared_with_the_month_before() -> None:
    march = Period(date(2026, 3, 1), date(2026, 3, 31))
    assert march.before == Period(date(2026, 2, 1), date(2026, 2, 28))
    quarter = Period(date(2026, 1, 1), date(2026, 3, 31))
    assert quarter.before == Period(date(2025, 10, 1), date(2025, 12, 31))
    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    assert year.before == Period(date(2025, 1, 1), date(2025, 12, 31))


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 800))
def test_the_period_before_ends_the_day_before(first: date, days: int) -> None:
    period = Period(first, first + timedelta(days=days))
    assert period.before.last == first - timedelta(days=1)
    assert abs(period.before.days - period.days) <= 3
    assert period.weeks * 7 == pytest.approx(period.days)


def test_presets_end_today_or_where_they_are_over() -> None:
    offered = presets(TODAY)
    assert offered["Last 7 days"] == Period(date(2026, 11, 24), TODAY)
    assert offered["This month"] == Period(date(2026, 11, 1), TODAY)
    assert offered["Last month"] == Period(date(2026, 10, 1), date(2026, 10, 31))
    assert offered["This quarter"] == Period(date(2026, 10, 1), TODAY)
    assert offered["Last quarter"] == Period(date(2026, 7, 1), date(2026, 9, 30))
    assert offered["Last year"] == Period(date(2025, 1, 1), date(2025, 12, 31))


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)))
def test_no_preset_is_ever_in_the_future_or_upside_down(today: date) -> None:
    assert all(period.first <= period.last <= today for period in presets(today).values())


def test_as_known_on_a_day_is_at_its_end_by_the_companys_clock() -> None:
    at = read_known_on("2026-11-01", TODAY, NEW_YORK)  # the day on which the clock is set back
    assert at is not None
    assert at.astimezone(UTC) == datetime(2026, 11, 2, 5, tzinfo=UTC)
    assert read_known_on("", TODAY, NEW_YORK) is None


@pytest.mark.parametrize(("text", "words"), [("tomorrow", "is no date"), ("2026-12-01", "still to come")])
def test_nobody_knows_what_is_known_tomorrow(text: str, words: str) -> None:
    with pytest.raises(PeriodError, match=words):
        read_known_on(text, TODAY, NEW_YORK)


def test_the_first_whole_month_is_one_of_which_no_day_is_missing() -> None:
    assert first_whole_month(date(2026, 3, 1)).first == date(2026, 3, 1)
    assert first_whole_month(date(2026, 3, 2)).first == date(2026, 4, 1)
    assert first_whole_month(date(2026, 12, 31)) == Period(date(2027, 1, 1), date(2027, 1, 31))
