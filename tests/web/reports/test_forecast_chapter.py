"""The chapter of the forecast: the months that have a number, and one sentence about those that have none."""

from datetime import UTC, date, datetime
from html import unescape

from sqlalchemy import insert

from models.database import engine
from models.tables.kpi import KpiForecast
from tests.support.kpi_tables import a_run
from tests.support.playbook import apply_playbook
from tests.support.web_pages import browser

MADE = {"made_on": date(2026, 3, 31), "currency": "USD", "known_from": datetime(2026, 4, 1, 8, tzinfo=UTC)}
NUMBERS = {"orders": 14.0, "orders_low": 9, "orders_high": 20, "revenue": 28_000}


def forecast(month: int, **columns: object) -> None:
    with engine().begin() as connection:
        connection.execute(insert(KpiForecast), [MADE | {"month": date(2026, month, 1)} | columns])


def page() -> str:
    apply_playbook()
    a_run(datetime(2026, 4, 1, 8, tzinfo=UTC))
    answer = browser().get("/reports/forecast", params={"from": "2026-03-01", "to": "2026-03-31"})
    assert answer.status_code == 200
    return unescape(answer.text)


def test_months_too_far_ahead_are_one_sentence_and_no_empty_rows(database_url: str) -> None:
    forecast(4, **NUMBERS)
    forecast(5, reason="Too little data to look so far ahead: 40 days are known, and this month ends in 61.")
    forecast(6, reason="Too little data to look so far ahead: 40 days are known, and this month ends in 91.")
    shown = page()
    assert "<span>April 2026</span></th>" in shown
    assert "No number from May 2026 on. Too little data to look so far ahead: 40 days are known" in shown
    assert "June 2026" not in shown
    assert shown.count("Too little data") == 1


def test_where_no_month_has_a_number_the_reason_stands_in_place_of_the_table(database_url: str) -> None:
    forecast(4, reason="Too little data: 3 orders in 20 days.")
    forecast(5, reason="Too little data: 3 orders in 20 days.")
    shown = page()
    assert shown.count("Too little data: 3 orders in 20 days.") == 1
    assert "The months ahead as CSV" not in shown
