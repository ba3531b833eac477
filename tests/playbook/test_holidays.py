"""Holidays: those of a country and its parts by the law, the company's own by their dates; nobody works on them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from models.playbook import BadPlaybook, Company, load
from models.playbook.holidays import HolidayTerms
from models.playbook.send_window import sending_hours
from models.response.sla_clocks import SlaClocks
from models.values.working_hours import WorkingHours, read_week
from tests.support.playbook import SHIPPED, the_shipped_playbook

OFFICE = read_week({"mon-fri": "09:00-17:00"})


def in_new_york(*at: int) -> datetime:
    return datetime(*at, tzinfo=ZoneInfo("America/New_York"))  # type: ignore[arg-type, misc]


def company(holidays: Any) -> Company:
    written = the_shipped_playbook().company.model_dump(mode="json")
    return Company.model_validate(written | {"holidays": holidays})


@pytest.mark.parametrize(
    ("place", "day", "is_one"),
    [
        ({"country": "US"}, "2026-11-26", True),  # Thanksgiving
        ({"country": "US"}, "2026-07-03", True),  # the 4th is a Saturday
        ({"country": "US"}, "2027-12-31", True),  # New Year's Day of 2028 is one, too
        ({"country": "US"}, "2026-07-06", False),
        ({"country": "US", "subdivision": "CA"}, "2026-03-31", True),  # Cesar Chavez Day
        ({"country": "US", "subdivision": "NY"}, "2026-03-31", False),
        ({"country": "CA"}, "2026-07-01", True),  # Canada Day
        ({"country": "CA", "subdivision": "QC"}, "2026-06-24", True),  # Saint-Jean-Baptiste
        ({"country": "CA", "subdivision": "ON"}, "2026-06-24", False),
        ({"country": "DE"}, "2026-10-03", True),  # German Unity Day
        ({"country": "DE", "subdivision": "BY"}, "2026-06-04", True),  # Corpus Christi
        ({"country": "DE", "subdivision": "BE"}, "2026-06-04", False),
        ({"country": "DE", "subdivision": "BE"}, "2026-03-08", True),  # International Women's Day
        ({"country": "US", "days": ["2026-12-24"]}, "2026-12-24", True),
        ({"country": "US"}, "2026-12-24", False),
        (["2026-12-24"], "2026-12-24", True),
        (["2026-12-24"], "2026-12-25", False),
        ([], "2026-12-25", False),
    ],
)
def test_public_holidays_are_those_of_the_place(place: Any, day: str, is_one: bool) -> None:
    assert (date.fromisoformat(day) in company(place).holidays) is is_one


@pytest.mark.parametrize("written", [["2026-12-24"], {"country": "US", "subdivision": "CA", "days": ["2026-12-24"]}])
def test_holidays_are_stored_as_they_were_written(written: Any) -> None:
    assert company(written).model_dump(mode="json")["holidays"] == written


def test_work_and_marketing_rest_over_a_long_weekend() -> None:
    holidays = HolidayTerms(country="US")
    thursday, monday = in_new_york(2026, 7, 2, 16, 30), in_new_york(2026, 7, 6, 9, 0)
    hours = WorkingHours("America/New_York", OFFICE, holidays=holidays)
    mail = sending_hours((("mon-fri", "09:00-17:00"),), None, "America/New_York", holidays)

    assert hours.add(thursday, timedelta(hours=1)) == monday + timedelta(minutes=30)
    assert mail is not None
    assert mail.next_open(thursday + timedelta(hours=1)) == monday


def test_the_response_clock_rests_on_thanksgiving() -> None:
    hours = WorkingHours("America/New_York", OFFICE, holidays=HolidayTerms(country="US"))
    clocks = SlaClocks(the_shipped_playbook(), {1: hours}, WorkingHours())
    friday_morning = in_new_york(2026, 11, 27, 9, 5).astimezone(UTC)

    assert clocks.due_at(1, in_new_york(2026, 11, 26, 11, 0)) == friday_morning


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{country: USA}", "company.holidays.country: 'USA' was found: a country by its two letters was expected"),
        ("{country: US, subdivision: BY}", "company.holidays.subdivision: 'BY' was found: a part of US was expected"),
        ("{subdivision: BY}", "company.holidays.subdivision: 'BY' was found: a part of a country was found without"),
        ("{country: US, day: [2026-12-24]}", "company.holidays.day: day is not known here"),
        ("[some day]", "company.holidays"),
    ],
)
def test_a_place_that_is_not_known_is_told_with_its_line(written: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "playbook.yaml"
    path.write_text(SHIPPED.read_text().replace("\nteams:", f"  holidays: {written}\n\nteams:", 1))
    line = path.read_text().split("\n").index(f"  holidays: {written}") + 1

    with pytest.raises(BadPlaybook) as refused:
        load(path)
    assert refused.value.sentences[0].startswith(f"{path}, line {line}: {told}")
