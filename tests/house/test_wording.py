"""Dates, lengths, numbers and money read alike everywhere, because one module writes them."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from models import wording
from tests.house.imports import FILES
from tests.support.paths import ROOT

NOON = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
SPELLED_BY_HAND = re.compile(r"%[aAbBpc]|%-d")
"""Names of days and months, as strftime writes them."""


@pytest.mark.parametrize(
    ("length", "long", "short"),
    [
        (timedelta(minutes=80), "1 hour 20 minutes", "1h 20m"),
        (timedelta(minutes=1), "1 minute", "1m"),
        (timedelta(seconds=59), "less than a minute", "<1m"),
        (timedelta(hours=1, seconds=59), "1 hour", "1h"),
        (timedelta(days=2, hours=3, minutes=4), "2 days 3 hours", "2d 3h"),
        (timedelta(days=1, minutes=5), "1 day", "1d"),
        (timedelta(weeks=2), "2 weeks", "2w"),
        (timedelta(days=30), "30 days", "30d"),
        (None, "–", "–"),  # noqa: RUF001  a dash, as in other empty places
    ],
)
def test_a_length_has_two_units_at_the_most(length: timedelta | None, long: str, short: str) -> None:
    assert (wording.duration(length), wording.short(length)) == (long, short)


@pytest.mark.parametrize(
    ("away", "told"),
    [
        (timedelta(hours=3), "in 3 hours"),
        (timedelta(minutes=-119), "1 hour ago"),
        (timedelta(minutes=59, seconds=59), "in 59 minutes"),
        (timedelta(seconds=-10), "1 minute ago"),
        (timedelta(days=-15), "2 weeks ago"),
        (timedelta(days=-65), "2 months ago"),
        (timedelta(days=-800), "2 years ago"),
    ],
)
def test_a_moment_is_as_far_off_as_whole_units_tell(away: timedelta, told: str) -> None:
    assert wording.relative(NOON + away, NOON) == told


def test_a_moment_is_told_by_the_readers_clock() -> None:
    assert wording.moment(NOON, "America/New_York") == "Monday 2 March, 12:00 EST"
    assert wording.short_moment(NOON, "Europe/Rome") == "Mon 2 Mar, 18:00 CET"
    assert wording.date_and_time(NOON) == "2 Mar 2026, 17:00"
    assert wording.full_date(date(2026, 3, 2)) == "2 Mar 2026"
    assert wording.day_of(datetime(2026, 3, 2, 23, 30, tzinfo=UTC), "Europe/Rome") == date(2026, 3, 3)


def test_numbers_shares_and_money() -> None:
    assert [wording.number(value) for value in (12345, 12.5, 0.256)] == ["12,345", "12.5", "0.26"]
    assert (wording.percent(0.456), wording.percent(0.456, 1)) == ("46%", "45.6%")
    assert [wording.money(*price) for price in ((190, "USD"), (1234.5, "EUR"))] == ["$190", "€1,234.50"]
    counts = (wording.counted(1, "lead"), wording.counted(2000, "lead"), wording.counted(0, "reply", "replies"))
    assert counts == ("1 lead", "2,000 leads", "0 replies")


def test_nobody_else_names_days_and_months() -> None:
    files = [*FILES.values(), *(ROOT / "templates").rglob("*.html")]
    found = {str(path.relative_to(ROOT)) for path in files if SPELLED_BY_HAND.search(_code(path.read_text()))}
    assert not found


def _code(text: str) -> str:
    """Without what Jinja and SQL write with a percent sign and a letter."""
    return re.sub(r"\{%-?.*?%\}|LIKE '.*?'|width: [0-9]+%", "", text)


def test_no_page_writes_a_moment_by_itself() -> None:
    """The filter `moment` and moment_text know whose clock it is, and say its name."""
    by_hand = re.compile(r"strftime|\.astimezone\(\)|date_and_time\(|format_datetime|\{\w[\w.]*:%")
    pages = [path for path in (ROOT / "web").rglob("*.py") if path.name != "moments.py"]
    pages += (ROOT / "templates" / "pages").rglob("*.html")
    assert len(pages) > 100
    assert [path.name for path in pages if by_hand.search(path.read_text())] == []
