"""The mails of the first days of an installation: none before a day is over, none beside what is not there."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.operations.tasks.report_mails import send_report_mails_now
from models.wording import DASH
from tests.support.database import rows, write
from tests.support.kpi_tables import a_run, daily
from tests.support.mail.outbox import a_contact
from tests.support.playbook import apply_playbook

MONDAY = datetime(2026, 4, 6, 11, 30, tzinfo=UTC)
"""Half past seven in New York."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _(database_url: str) -> None:
    apply_playbook()


def begins(at: datetime, *, leads: int = 5) -> None:
    """The first lead of all comes, and some more on that day; each night is counted since."""
    contact = a_contact("ann@example.com")
    write(
        "INSERT INTO event (name, contact_id, source, data, at, received_at) "
        "VALUES ('form_submitted', :contact, 'website', '{}', :at, :at)",
        contact=contact,
        at=at,
    )
    daily(at.date(), "lead", leads)
    a_run(MONDAY - 7 * HOUR)


def weekly() -> list[dict[str, Any]]:
    """What the weekly mails to the company say."""
    query = "SELECT data FROM message WHERE template = 'team/numbers' AND key LIKE 'report:weekly:0:%' ORDER BY id"
    return [row.data for row in rows(query)]


def test_whoever_begins_on_a_monday_morning_hears_of_that_week_a_week_later() -> None:
    begins(MONDAY - HOUR)
    assert send_report_mails_now(MONDAY) == []
    a_run(MONDAY + 7 * DAY - 7 * HOUR)
    assert "weekly to the company" in send_report_mails_now(MONDAY + 7 * DAY)
    [mail] = weekly()
    assert mail["period"] == "6 Apr 2026 to 12 Apr 2026"


def test_the_first_mail_has_the_days_that_there_were_and_says_that_there_was_nothing_before() -> None:
    begins(datetime(2026, 4, 2, 15, tzinfo=UTC))
    send_report_mails_now(MONDAY)
    [mail] = weekly()
    assert mail["period"] == "30 Mar 2026 to 5 Apr 2026"
    leads = next(line for line in mail["numbers"] if line["title"] == "Leads")
    assert (leads["value"], leads["change"]) == ("5", "none before")
    [chart] = mail["charts"]
    assert chart["words"] == "5 in the week of 30 Mar 2026, the first one."
    # What nobody has recorded yet is no nought.
    assert {line["value"] for line in mail["numbers"] if line["title"] != "Leads"} == {DASH}


def test_in_the_first_month_the_review_is_of_the_days_that_there_were() -> None:
    begins(datetime(2026, 3, 30, 15, tzinfo=UTC))
    assert "review to the company" in send_report_mails_now(MONDAY)
    [row] = rows("SELECT data FROM message WHERE template = 'team/review' AND key LIKE 'report:review:0:%'")
    assert (row.data["month"], row.data["baseline"], row.data["proposals"]) == ("March 2026", "", [])
    assert row.data["numbers"][0] | {"tone": ""} == {
        **{"title": "Leads", "value": "5", "of": "", "before": "0", "change": "none before"},
        **{"tone": "", "is_small": False},
    }
