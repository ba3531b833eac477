"""Reminders: an assignee who has not reported is chased as often as the playbook says, and never twice for one."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from flows.operations.remind_overdue import remind_due
from models.database import engine
from tests.outbox_story import NOON, a_contact, a_task
from tests.playbooks import apply_playbook

DUE = NOON + timedelta(minutes=30)


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def remind(now: datetime) -> int:
    with engine().begin() as connection:
        return remind_due(connection, now)


def mails() -> list[tuple[str, Any]]:
    with engine().connect() as connection:
        rows = connection.execute(text("SELECT key, data FROM message ORDER BY id"))
        return [(key.partition(":")[2], data["reminder"]) for key, data in rows]


def test_a_late_task_is_chased_when_due_a_day_later_and_two_days_later() -> None:
    task = a_task(a_contact(), due_at=DUE)

    chased = [hour for hour in range(100) if remind(DUE + timedelta(hours=hour))]

    assert chased == [0, 24, 48]
    assert mails() == [(f"{task}:reminder:{n}", n) for n in (1, 2, 3)]


def test_nobody_is_chased_before_the_time() -> None:
    a_task(a_contact(), due_at=DUE)

    assert remind(DUE - timedelta(seconds=1)) == 0


@pytest.mark.parametrize("over", ["done_at", "closed_at"])
def test_a_task_that_is_over_is_not_chased(over: str) -> None:
    a_task(a_contact(), due_at=DUE, **{over: NOON})

    assert remind(DUE) == 0


def test_after_an_outage_only_the_newest_reminder_goes_out() -> None:
    task = a_task(a_contact(), due_at=DUE)

    assert remind(DUE + timedelta(days=5)) == 1
    assert remind(DUE + timedelta(days=6)) == 0
    assert mails() == [(f"{task}:reminder:3", 3)]


def test_two_at_once_chase_once() -> None:
    a_task(a_contact(), due_at=DUE)

    with engine().begin() as one, engine().begin() as other:
        assert [remind_due(one, DUE), remind_due(other, DUE)] == [1, 0]


def test_the_reminder_is_the_same_mail_to_the_same_person() -> None:
    task = a_task(a_contact(), due_at=DUE)
    remind(DUE)

    with engine().connect() as connection:
        row = connection.execute(text("SELECT * FROM message")).one()
    assert (row.task_id, row.kind, row.template) == (task, "task", "lead_qualification/call_lead")
    assert row.to_address == "sarah.miller@brightwater.example.com"
