"""The reports by mail: once to each manager, about days that were counted, also when the clock was down."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from flows.operations.tasks.report_mails import send_report_mails_now
from models.database import engine
from models.kpi.mails import next_report_mail
from models.playbook import apply
from models.playbook.reports import Reports
from models.tables.kpi import KpiForecast, KpiGoal
from tests.support.database import rows, write
from tests.support.kpi_tables import a_run, daily
from tests.support.mail.outbox import a_contact
from tests.support.playbook import apply_playbook, the_shipped_playbook

INBOX = "hello@brightwater.example.com"
NORA = "nora.field@brightwater.example.com"
MONDAY = datetime(2026, 4, 6, 11, 30, tzinfo=UTC)
"""Half past seven in New York."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()
    contact = a_contact("ann@example.com")
    write(
        "INSERT INTO event (name, contact_id, source, data, at, received_at) "
        "VALUES ('form_submitted', :contact, 'website', '{}', '2026-01-02', '2026-01-02')",
        contact=contact,
    )
    for week in range(12):
        day = date(2026, 1, 12) + 7 * week * DAY
        daily(day, "lead", 20 + week)
        daily(day, "opportunity", 10)
        daily(day, "opportunity_connected", 6)
        daily(day, "sale", 3, amount=3_000, currency="USD")
    a_run(MONDAY - 7 * HOUR)


def set_reports(**changes: Any) -> None:
    shipped = the_shipped_playbook()
    reports = Reports.model_validate(shipped.reports.model_dump(mode="json") | changes)
    with engine().begin() as connection:
        apply(connection, shipped.model_copy(update={"reports": reports}))


def mails() -> list[Any]:
    return rows("SELECT key, to_address, template, data FROM message WHERE template LIKE 'team/%' ORDER BY id")


def next_due(now: datetime) -> datetime | None:
    with engine().connect() as connection:
        return next_report_mail(connection, now)


def test_on_monday_the_inbox_gets_everybodys_numbers_and_each_manager_those_of_the_team() -> None:
    sent = send_report_mails_now(MONDAY)

    assert [name for name in sent if name.startswith("weekly")] == [
        "weekly to the company",
        "weekly to Inbound",
        "weekly to Client Care",
    ]
    weekly = [mail for mail in mails() if mail.template == "team/numbers"]
    assert [(mail.to_address, mail.data["whose"]) for mail in weekly] == [
        (INBOX, "all teams"),
        (NORA, "Inbound"),
        (NORA, "Client Care"),
    ]
    assert weekly[0].data["period"] == "30 Mar 2026 to 5 Apr 2026"
    assert weekly[1].data["path"] == "/reports?from=2026-03-30&to=2026-04-05&team=Inbound"
    lines = {line["title"]: line for line in weekly[0].data["numbers"]}
    assert (lines["Leads"]["value"], lines["Leads"]["before"]) == ("31", "30")
    assert (lines["Connection rate"]["value"], lines["Connection rate"]["of"]) == ("60%", "6 of 10")
    assert [chart["title"] for chart in weekly[0].data["charts"]] == ["Leads by week", "Orders by week"]
    assert weekly[0].data["charts"][0]["points"]["values"] == list(range(22, 32))


def test_each_is_sent_once_also_by_two_clocks_and_one_that_was_set_back() -> None:
    send_report_mails_now(MONDAY)
    count = len(mails())
    assert send_report_mails_now(MONDAY + HOUR) == []
    assert send_report_mails_now(MONDAY - HOUR) == []
    assert len(mails()) == count
    assert next_due(MONDAY) == MONDAY - timedelta(minutes=30) + 7 * DAY


def test_a_clock_that_was_down_sends_the_newest_as_soon_as_it_is_back() -> None:
    a_run(MONDAY + 9 * DAY)
    assert "weekly to Inbound" in send_report_mails_now(MONDAY + 9 * DAY + HOUR)
    weekly = [mail for mail in mails() if mail.template == "team/numbers"]
    assert {mail.data["period"] for mail in weekly} == {"6 Apr 2026 to 12 Apr 2026"}


def test_no_mail_is_about_days_that_were_not_counted() -> None:
    write("UPDATE kpi_run SET known_at = '2026-04-05 12:00Z'")
    assert [name for name in send_report_mails_now(MONDAY) if name.startswith("weekly")] == []
    a_run(MONDAY)
    assert "weekly to the company" in send_report_mails_now(MONDAY + timedelta(minutes=1))


def test_before_anything_has_happened_there_is_nothing_to_mail() -> None:
    write("DELETE FROM event")
    assert send_report_mails_now(MONDAY) == []


def test_the_playbook_says_how_often_they_come() -> None:
    set_reports(mail="off")
    assert send_report_mails_now(MONDAY) == []
    assert next_due(MONDAY) is None
    set_reports(mail="daily")
    assert "daily to Inbound" in send_report_mails_now(MONDAY)
    assert next_due(MONDAY) == MONDAY - timedelta(minutes=30) + DAY


def test_the_review_of_a_month_has_goals_proposals_trends_and_the_forecast() -> None:
    for month, reached in ((1, 0.61), (2, 0.66), (3, 0.68), (4, 0.1)):
        first = date(2026, month, 1)
        about = {"first_day": first, "last_day": date(2026, month + 1, 1) - DAY, "kpi": "connection_rate"}
        over = {"status": "met", "proposed": 0.66 if month == 3 else None} if month < 4 else {"status": "behind"}
        known = {"team_id": 0, "rep_id": 0, "target": 0.6, "reached": reached, "numerator": 66, "denominator": 100}
        write_rows(KpiGoal, about | known | {"is_chance": True, "proposed": None} | over)
    for month in (4, 5):
        about = {"made_on": date(2026, 4, 6), "month": date(2026, month, 1), "currency": "USD", "orders": 13.4}
        write_rows(KpiForecast, about | {"orders_low": 9, "orders_high": 18, "revenue": 40_000, "sold": 0})

    assert "review to the company" in send_report_mails_now(MONDAY)

    review = next(mail.data for mail in mails() if mail.template == "team/review")
    assert (review["month"], review["met"]) == ("March 2026", 1)
    assert review["path"] == "/reports/review?from=2026-03-01&to=2026-03-31"
    [goal] = review["goals"]
    assert (goal["period"], goal["reached"], goal["status"]) == ("March 2026", "68%", "met, within chance")
    [proposal] = review["proposals"]
    assert proposal["line"] == "- {kpi: connection_rate, target: 66%, per: month}"
    assert [month["month"] for month in review["forecast"]["months"]] == ["April 2026", "May 2026"]
    assert review["forecast"]["points"]["labels"][-2:] == ["Apr", "May"]
    assert review["baseline"] == "February 2026"  # data begin on the 12th of January


def write_rows(model: Any, row: dict[str, Any]) -> None:
    """One row of a KPI table, known since the run."""
    with engine().begin() as connection:
        connection.execute(insert(model), [{"known_from": MONDAY - 7 * HOUR} | row])


def test_a_team_that_is_called_otherwise_since_has_had_its_mail() -> None:
    send_report_mails_now(MONDAY)
    write("UPDATE team SET name = 'Outbound' WHERE name = 'Inbound'")
    assert send_report_mails_now(MONDAY + HOUR) == []


@pytest.mark.parametrize(
    "name", ["all", "\u202eevil", "a/b?c=d&e", '=HYPERLINK("x")', "x" * 200, "a'b\"<b>", "{{ x }}"]
)
def test_a_team_may_be_called_anything(name: str) -> None:
    write("UPDATE team SET name = :name WHERE name = 'Inbound'", name=name)
    assert f"weekly to {name}" in send_report_mails_now(MONDAY)
