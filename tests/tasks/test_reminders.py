"""Overdue tasks: the assignee is chased, the manager told, and somebody else gets it, as the playbook says."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from models.database import engine
from models.routing.reassign_overdue import reassign_overdue_leads
from models.tasks.reminders import send_reminders
from tests.support.lead_response import NORA, a_business, team_mails
from tests.support.mail.outbox import NOON, a_contact, a_rep, a_task
from tests.support.playbook import apply_playbook

DUE = NOON + timedelta(minutes=30)


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def remind(now: datetime) -> int:
    with engine().begin() as connection:
        return send_reminders(connection, now)[0]


def make_story(now: datetime) -> int:
    with engine().begin() as connection:
        return send_reminders(connection, now)[1]


def give_up(now: datetime) -> int:
    with engine().begin() as connection:
        return reassign_overdue_leads(connection, now)


def mails() -> list[tuple[str, Any]]:
    with engine().connect() as connection:
        rows = connection.execute(text("SELECT task_id, data FROM message WHERE kind = 'task' ORDER BY id"))
        return [(task, data["reminder"]) for task, data in rows]


def test_a_late_task_is_chased_when_due_a_day_later_and_two_days_later() -> None:
    task = a_task(a_contact(), due_at=DUE)

    chased = [hour for hour in range(100) if remind(DUE + timedelta(hours=hour))]

    assert chased == [0, 24, 48]
    assert mails() == [(task, n) for n in (1, 2, 3)]


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
    assert mails() == [(task, 3)]


def test_two_at_once_chase_once() -> None:
    a_task(a_contact(), due_at=DUE)

    with engine().begin() as one, engine().begin() as other:
        assert [send_reminders(one, DUE)[0], send_reminders(other, DUE)[0]] == [1, 0]


def test_the_reminder_is_the_same_mail_to_the_same_person() -> None:
    task = a_task(a_contact(), due_at=DUE)
    remind(DUE)

    with engine().connect() as connection:
        row = connection.execute(text("SELECT * FROM message")).one()
    assert (row.task_id, row.kind, row.template) == (task, "task", "lead_qualification/call_lead")
    assert row.to_address == "sarah.miller@brightwater.example.com"


def test_the_manager_is_told_on_the_hour_with_all_tasks_of_that_hour() -> None:
    a_business(notify_manager_after=["1d", "3d"])
    a_task(a_contact(first_name="Ana"), due_at=DUE)
    a_task(a_contact("bob@example.com"), due_at=DUE + timedelta(minutes=20), assignee="john", rep_id=None)

    told = {hour: count for hour in range(200) if (count := make_story(NOON + timedelta(hours=hour)))}

    assert told == {25: 2, 73: 2}
    (to, first), (_, second), (_, third), _ = team_mails("overdue")
    assert (to, first["count"], first["lines"][0]["who"]) == (NORA, 1, "Ana")
    assert first["lines"][0]["person"] == "Sarah Miller"
    assert [mail["lines"][0]["told_before"] for mail in (first, second, third)] == [0, 0, 1]


def test_one_mail_names_all_tasks_of_a_managers_people() -> None:
    for number in range(3):
        a_task(a_contact(f"{number}@example.com"), due_at=DUE + number * timedelta(minutes=7))
    make_story(DUE + timedelta(days=2))

    ((_, data),) = team_mails("overdue")
    assert data["count"] == 3


@pytest.mark.parametrize("when", [1, 30, 300])
def test_the_manager_is_told_of_a_task_once_per_step_however_late_and_often_it_is_looked(when: int) -> None:
    a_task(a_contact(), due_at=DUE)
    late = NOON + timedelta(days=1, hours=when)

    assert [
        make_story(late),
        make_story(late),
        make_story(late - timedelta(hours=1)),
        make_story(late + timedelta(days=9)),
    ] == [1, 0, 0, 0]


def test_without_a_limit_nothing_is_taken_away() -> None:
    a_task(a_contact(owner_id=a_rep()), due_at=DUE)

    assert give_up(DUE + timedelta(days=99)) == 0


def test_what_lies_for_too_long_goes_to_somebody_else_and_again_if_they_let_it_lie() -> None:
    a_business(hours=None, reassign_after="2d")
    ann = a_contact(owner_id=a_rep())
    given_by_inbound(ann)
    a_task(ann, due_at=DUE)

    moved = [hour for hour in range(120) if give_up(NOON + timedelta(hours=hour))]

    assert moved == [49, 98]
    with engine().connect() as connection:
        task = connection.execute(text("SELECT rep_id, due_at FROM task")).one()
        owner = connection.execute(text("SELECT owner_id FROM contact")).scalar_one()
        ledger = connection.execute(text("SELECT reason FROM assignment ORDER BY id DESC LIMIT 1")).scalar_one()
        before = connection.execute(
            text("SELECT previous_rep_id FROM assignment ORDER BY id DESC LIMIT 1")
        ).scalar_one()
    assert task.rep_id == owner != before
    assert task.due_at > NOON + timedelta(hours=98)
    assert "a task lay for too long" in ledger


def given_by_inbound(contact: int) -> None:
    """Sarah has had the lead since noon."""
    given = (
        "INSERT INTO assignment (contact_id, rep_id, router, how, reason, at) "
        "VALUES (:contact, :rep, 'inbound', 'round robin', 'test', :now)"
    )
    with engine().begin() as connection:
        connection.execute(text(given), {"contact": contact, "rep": a_rep(), "now": NOON})


def test_two_at_once_take_it_away_once() -> None:
    a_business(hours=None, reassign_after="2d")
    ann = a_contact(owner_id=a_rep())
    given_by_inbound(ann)
    a_task(ann, due_at=DUE)
    late = DUE + timedelta(days=3)
    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(give_up, [late, late])) == [0, 1]


def test_whoever_gets_the_task_is_reminded_as_well() -> None:
    task = a_task(a_contact(), due_at=DUE)
    remind(DUE)
    with engine().begin() as connection:
        later = DUE + timedelta(days=3)
        moved = "UPDATE task SET assignee = 'john', reminders = 0, due_at = :later, remind_at = :later"
        connection.execute(text(moved), {"later": later})

    assert remind(later) == 1
    assert mails() == [(task, 1), (task, 1)]
