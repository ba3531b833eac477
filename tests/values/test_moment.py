"""When something happened, as forms, shops, spreadsheets and programs write it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from models.values.readers.bad_value import BadValue
from models.values.readers.moment import read_moment

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        # Stripe, Typeform, Shopify, Facebook lead ads, Shopify's export, HubSpot, Unix.
        ("2026-03-31T14:30:00Z", "2026-03-31T14:30:00+00:00"),
        ("2026-03-31T14:30:00.123456789Z", "2026-03-31T14:30:00.123456+00:00"),
        ("2026-03-31T14:30:00-04:00", "2026-03-31T18:30:00+00:00"),
        ("2026-03-31T14:30:00+0000", "2026-03-31T14:30:00+00:00"),
        ("2026-03-31 14:30:00 -0400", "2026-03-31T18:30:00+00:00"),
        ("2026-03-31 14:30:00 UTC", "2026-03-31T14:30:00+00:00"),
        (1774967400, "2026-03-31T14:30:00+00:00"),
        ("1774967400000", "2026-03-31T14:30:00+00:00"),
        (1774967400.5, "2026-03-31T14:30:00+00:00"),
        # Without a zone the company's counts, in winter and in summer time.
        ("2026-03-31 14:30:00", "2026-03-31T18:30:00+00:00"),
        ("2026-01-31 14:30", "2026-01-31T19:30:00+00:00"),
        # Google Forms, Excel, Jotform, Gravity Forms.
        ("3/31/2026 14:30:00", "2026-03-31T18:30:00+00:00"),
        ("3/31/2026 2:30 PM", "2026-03-31T18:30:00+00:00"),
        ("03/31/2026, 2:30:15 pm", "2026-03-31T18:30:15+00:00"),
        ("March 31, 2026 at 2:30 pm", "2026-03-31T18:30:00+00:00"),
        ("Mar 31, 2026 12:05 AM", "2026-03-31T04:05:00+00:00"),
        ("Mar 31, 2026 12:05 PM EDT", "2026-03-31T16:05:00+00:00"),
        # RFC 2822, as in mails, and what JavaScript prints.
        ("Tue, 31 Mar 2026 14:30:00 -0400", "2026-03-31T18:30:00+00:00"),
        ("Tue, 31 Mar 2026 18:30:00 GMT", "2026-03-31T18:30:00+00:00"),
        ("Tue Mar 31 2026 14:30:00 GMT-0400 (Eastern Daylight Time)", "2026-03-31T18:30:00+00:00"),
        # A day alone is its noon; leap days are days.
        ("2026-03-31", "2026-03-31T16:00:00+00:00"),
        ("02/29/2024", "2024-02-29T17:00:00+00:00"),
        # The hour that is skipped in spring.
        ("2026-03-08 02:30", "2026-03-08T07:30:00+00:00"),
        # Clocks run ahead.
        ("2026-12-01", NOW.isoformat()),
    ],
)
def test_what_is_written_is_what_is_meant(written: object, meant: str) -> None:
    assert read_moment(written, "US", NEW_YORK, NOW) == datetime.fromisoformat(meant)


@pytest.mark.parametrize(
    ("written", "country", "meant"),
    [
        ("31.03.2026 14:30", "DE", "2026-03-31T12:30:00+00:00"),
        ("31.03.2026, 14:30 Uhr", "DE", "2026-03-31T12:30:00+00:00"),
        ("31. März 2026 um 14:30", "DE", "2026-03-31T12:30:00+00:00"),
        ("03/04/2026 14:30", "GB", "2026-04-03T12:30:00+00:00"),
        ("31/03/2026 14h30", "FR", "2026-03-31T12:30:00+00:00"),
    ],
)
def test_each_country_in_its_own_way(written: str, country: str, meant: str) -> None:
    assert read_moment(written, country, BERLIN, NOW) == datetime.fromisoformat(meant)


@pytest.mark.parametrize(
    "written", ["0000-00-00 00:00:00", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00", "1899-12-30", "1900-01-00"]
)
def test_the_empty_dates_of_programs_are_none(written: str) -> None:
    assert read_moment(written, "US", NEW_YORK, NOW) is None


@pytest.mark.parametrize(
    "written",
    [
        *("yesterday", "14:30", "45747", "2026", "2026-02-29", "2026-03-31 25:00", "2026-03-31 13:30 pm", "May"),
        *("1999-12-31", "2028-01-01", "31.12.1999", True, None, ["2026-03-31"], "2026-03-31 14:30 Mars/Olympus"),
        *("9" * 400, 1e300, float("nan"), float("inf"), "2026-03-31T14:30:00+99:00"),
    ],
)
def test_what_is_not_clear_is_not_guessed(written: object) -> None:
    with pytest.raises(BadValue):
        read_moment(written, "US", NEW_YORK, NOW)


def test_a_moment_of_now_is_not_moved() -> None:
    for at in (NOW, NOW - timedelta(microseconds=1)):
        assert read_moment(at.isoformat(), "US", NEW_YORK, NOW) == at
