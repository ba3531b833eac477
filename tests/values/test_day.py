"""Dates in the spellings of a country; what could be two days is no date."""

from contextlib import suppress
from datetime import date, datetime
from typing import Any

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from models.values.readers.bad_value import BadValue
from models.values.readers.country import locales_of
from models.values.readers.day import read_date


def reading(value: Any, country: str = "US") -> str | None:
    try:
        return read_date(value, country).isoformat()
    except BadValue:
        return None


@pytest.mark.parametrize(
    "written",
    [
        *("2026-03-31", "2026/3/31", "2026.03.31", "20260331", "03/31/2026", "31/03/2026", "31.03.2026", "31.3.2026"),
        *("31-03-2026", "31 March 2026", "March 31, 2026", "March 31st, 2026", "31st of March, 2026", "Mar 31 2026"),
        *("31-Mar-2026", "31-Mar-26", "Mar. 31, 2026", "Tuesday, March 31, 2026", "Tue, 31 Mar 2026 10:00:00 +0200"),
        *("31. März 2026", "31. Maerz 2026", "Dienstag, 31. März 2026", "31 mars 2026", "le 31 mars 2026"),
        *("31 de marzo de 2026", "31 de março de 2026", "31 marzo 2026", "31 maart 2026", "31 marca 2026"),
        *("31 марта 2026", "31 марта 2026 г.", "2026. március 31.", "2026年3月31日", "2026년 3월 31일", "٣١/٠٣/٢٠٢٦"),
        *("2026-03-31T10:00:00Z", "2026-03-31 10:00:00", "3/31/2026 2:30 PM", "31.03.2026, 10:00 Uhr", " 2026-03-31 "),
        "Tue Mar 31 2026 10:00:00 GMT+0200 (Central European Summer Time)",
        *(date(2026, 3, 31), datetime(2026, 3, 31, 9)),  # noqa: DTZ001
    ],
)
@pytest.mark.parametrize("country", ["US", "DE", "FR", "CA", "JP"])
def test_what_names_one_day_is_read_everywhere(written: Any, country: str) -> None:
    assert reading(written, country) == "2026-03-31"


@pytest.mark.parametrize(
    ("written", "by_country"),
    [
        ("03/04/2026", {"US": "2026-03-04", "GB": "2026-04-03", "FR": "2026-04-03", "CA": None, "SE": None}),
        ("03.04.2026", {"DE": "2026-04-03", "FR": "2026-04-03", "CA": "2026-04-03", "US": None}),
        ("3-4-2026", {"US": "2026-03-04", "NL": "2026-04-03", "CA": None}),
        ("03/03/2026", {"US": "2026-03-03", "CA": "2026-03-03"}),
        ("3/31/26", {"US": "2026-03-31", "GB": None, "DE": None}),
        ("31/03/26", {"GB": "2026-03-31", "US": None, "CA": None}),
        ("31.03.26", {"DE": "2026-03-31", "US": None, "GB": None}),
        ("26-03-31", {"US": None, "DE": None, "SE": None}),
        ("1/2/69", {"US": "1969-01-02"}),
        ("1/2/68", {"US": "2068-01-02"}),
    ],
)
def test_the_country_settles_which_is_the_day(written: str, by_country: dict[str, str | None]) -> None:
    assert {country: reading(written, country) for country in by_country} == by_country


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            "May",
            "12",
            "next week",
            "tomorrow",
            "asap",
            "ASAP!",
            "soon",
            "Q2 2026",
            "2026",
            "March 2026",
            "March 31",
        ),
        *("31 Mar", "31/03", "12:30", "46112", "46112.0", "1774915200", "30/02/2026", "2025-02-29", "13/13/2026"),
        *("2026-31-03", "31 April 2026", "0206-03-31", "2569-03-31", "9999-99-99", "Monday, March 31, 2026", "3月31日"),
        *(
            "31 listopad 2026",
            "between March and May 2026",
            "03/31/2026 or later",
            "2026-03-31 / 2026-04-01",
            "²/³/2026",
        ),
        *(46112, 46112.0, True, None, ["2026-03-31"], "1" * 101),
    ],
)
@pytest.mark.parametrize("country", ["US", "DE", "CA"])
def test_what_is_no_one_day_is_refused(written: Any, country: str) -> None:
    assert reading(written, country) is None


@given(st.dates(date(1970, 1, 1), date(2100, 1, 1)), st.sampled_from(["US", "DE", "FR", "GB", "PL", "BR", "NL", "IT"]))
def test_a_date_written_by_the_country_is_read_back(day: date, country: str) -> None:
    locale = locales_of(country)[0]
    for written in (format_date(day, "long", locale), format_date(day, "full", locale), day.strftime("%d %b %Y")):
        assert read_date(written, country) == day


@given(st.text() | st.text("0123456789/-. Maryg", max_size=14) | st.integers() | st.floats())
def test_anything_at_all_is_a_day_or_refused(written: Any) -> None:
    with suppress(BadValue):
        assert 1900 <= read_date(written).year < 2200
