"""The review of a month as a page: the same as in its mail."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert

from models.database import engine
from models.kpi.period import Period
from models.tables.kpi import KpiGoal
from tests.support.kpi_tables import a_run, daily
from tests.support.playbook import apply_playbook
from tests.support.web_pages import browser
from web.reports.chapters.review import month_to_review


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()
    a_run(datetime(2026, 4, 1, 8, tzinfo=UTC))
    for month in (1, 2, 3):
        daily(date(2026, month, 1), "opportunity", 100)
        daily(date(2026, month, 3), "opportunity_connected", 60 + month)


def goal(month: int, **columns: object) -> None:
    first, last = date(2026, month, 1), date(2026, month, 28)
    row = {"first_day": first, "last_day": last, "kpi": "connection_rate", "team_id": 0, "rep_id": 0, "target": 0.6}
    known = {"is_chance": False, "proposed": None, "known_from": datetime(2026, 4, 1, tzinfo=UTC)}
    counts = {"reached": 0.6 + month / 100, "numerator": 60 + month, "denominator": 100, "status": "met"}
    with engine().begin() as connection:
        connection.execute(insert(KpiGoal), [row | known | counts | columns])


@pytest.mark.parametrize(
    ("first", "last", "month"),
    [
        (date(2026, 3, 1), date(2026, 3, 31), 3),
        (date(2026, 3, 2), date(2026, 4, 1), 3),
        (date(2026, 3, 2), date(2026, 3, 30), 2),
    ],
)
def test_the_newest_month_that_is_over_is_reviewed(first: date, last: date, month: int) -> None:
    assert month_to_review(Period(first, last)).first == date(2026, month, 1)


def test_a_manager_sees_goals_stricter_ones_and_how_the_numbers_went() -> None:
    for month in (1, 2, 3):
        goal(month, proposed=0.62 if month == 3 else None)
    page = browser().get("/reports/review", params={"from": "2026-03-01", "to": "2026-03-31"})
    assert page.status_code == 200
    assert "Review of March 2026" in page.text
    assert "- {kpi: connection_rate, target: 62%, per: month}" in page.text
    assert "beside January 2026, the first whole month" in page.text
    assert "63%" in page.text


def test_without_goals_it_says_where_they_are_set() -> None:
    page = browser().get("/reports/review", params={"from": "2026-03-01", "to": "2026-03-31"})
    assert "Goals stand in the playbook under reports, goals." in page.text
