"""Rejected leads that nobody repairs within the service level: managers are mailed, once about each."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from flows.operations.tasks.sound_alarms import next_alert, send_alerts_now
from models.database import engine
from models.leads.rejected_lead import reject
from models.response.rejected_lead_alerts import send_rejected_lead_alerts
from tests.support.lead_response import DAY, MINUTE, NORA, a_business, team_mails
from tests.support.mail.outbox import NOON
from tests.support.web_pages import PROGRAM, browser

PROBLEM = {"field": "email", "found": "'ann at example'", "expected": "an email address"}


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    a_business()


def a_rejected_lead(at: datetime = NOON, **columns: object) -> int:
    with engine().begin() as connection:
        number = reject(connection, "website", "", b"{}", [PROBLEM], at)  # type: ignore[list-item]
        for name, value in columns.items():
            about = {"id": number, "value": value}
            connection.execute(text(f"UPDATE rejected_lead SET {name} = :value WHERE id = :id"), about)
        return number


def send(at: datetime) -> int:
    return send_alerts_now(at)[1]


def test_after_thirty_minutes_managers_know_and_are_told_once() -> None:
    number = a_rejected_lead()
    assert [minute for minute in range(90) if send(NOON + minute * MINUTE)] == [30]
    ((address, data),) = team_mails("rejected_leads")
    assert (address, data["count"], data["level"]) == (NORA, 1, "30 minutes")
    (line,) = data["lines"]
    assert (line["path"], line["waits"]) == (f"/rejected/{number}", "30 minutes")
    assert line["problem"] == "Email: 'ann at example'"


def test_a_file_of_bad_rows_is_one_mail() -> None:
    for second in range(40):
        a_rejected_lead(NOON + timedelta(seconds=second))
    assert [send(NOON + (30 + minute) * MINUTE) for minute in range(3)] == [40, 0, 0]
    ((_, data),) = team_mails("rejected_leads")
    assert data["count"] == 40


def test_who_was_repaired_is_no_alarm(connection: Connection) -> None:
    a_rejected_lead(repaired_at=NOON)
    assert next_alert(connection) is None
    assert send(NOON + DAY) == 0


def test_a_held_lead_that_nobody_looks_at_is_an_alarm(connection: Connection) -> None:
    a_rejected_lead(held_reason="more than 5 an hour from this network")
    assert next_alert(connection) == NOON + 30 * MINUTE
    assert [minute for minute in range(90) if send(NOON + minute * MINUTE)] == [30]
    ((_, data),) = team_mails("rejected_leads")
    assert (data["count"], data["held"]) == (1, 1)


def test_machines_that_post_all_day_are_one_mail_a_day_and_hide_no_lead(connection: Connection) -> None:
    told = []
    for hour in range(48):
        told += [hour] if send(NOON + timedelta(hours=hour)) else []
        a_rejected_lead(NOON + timedelta(hours=hour), held_reason="a trap was filled in")
    assert told == [1, 25]
    unread = a_rejected_lead(NOON + timedelta(hours=30))
    assert send(NOON + timedelta(hours=31))
    *_, (_, data) = team_mails("rejected_leads")
    assert data["lines"][0]["path"] == f"/rejected/{unread}"


def test_the_clock_knows_when(connection: Connection) -> None:
    assert next_alert(connection) is None
    a_rejected_lead()
    assert next_alert(connection) == NOON + 30 * MINUTE


def test_two_processes_send_one_mail() -> None:
    a_rejected_lead()
    with engine().begin() as one, engine().begin() as other:
        assert [send_rejected_lead_alerts(each, NOON + DAY) for each in (one, other)] == [1, 0]
    assert len(team_mails("rejected_leads")) == 1


def test_what_waits_too_long_stands_on_the_overview() -> None:
    a_rejected_lead(NOON - 10 * DAY)
    health = browser().get("/health", headers=PROGRAM).json()["leads"]
    assert health["rejected_overdue"] == 1
    assert "1 rejected for longer" in browser().get("/").text


def test_what_is_no_lead_is_closed(connection: Connection) -> None:
    number = a_rejected_lead()
    assert "No lead: spam or a mistake" in browser().get(f"/rejected/{number}").text
    assert browser().post(f"/rejected/{number}/close").status_code == 303
    assert next_alert(connection) is None
    assert "This was called spam" in browser().get(f"/rejected/{number}").text
