"""Overdue tasks: the assignee is chased, the manager told, and somebody else gets it, as the playbook says."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from models.access.work_link import read_task_token
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


SARAH = "sarah.miller@brightwater.example.com"
FRIDAY_EVENING = NOON + timedelta(days=4, hours=6)
MONDAY_AT_NINE = NOON + timedelta(days=7, hours=-4)
"""New York's clocks go forward in between."""


def task_mails() -> list[tuple[str, str]]:
    """(template, address) of every mail to an assignee."""
    with engine().connect() as connection:
        query = "SELECT template, to_address FROM message WHERE template NOT LIKE '%overdue' ORDER BY id"
        return [tuple(row) for row in connection.execute(text(query))]


def test_all_that_is_late_of_one_person_comes_in_one_mail_the_longest_overdue_first() -> None:
    for number in range(3):
        a_task(a_contact(f"{number}@example.com", first_name=f"Lead {number}"), due_at=DUE - timedelta(hours=number))
    a_task(a_contact("later@example.com"), due_at=DUE + timedelta(days=1))

    assert remind(DUE) == 3
    assert remind(DUE) == 0
    ((to, data),) = team_mails("late_tasks")
    assert (to, data["count"], data["more"]) == (SARAH, 3, 0)
    assert [line["who"] for line in data["lines"]] == ["Lead 2", "Lead 1", "Lead 0"]


def test_the_mail_names_what_was_late_before_and_counts_what_it_does_not_show() -> None:
    old = a_task(a_contact("old@example.com"), due_at=DUE - timedelta(hours=5))
    remind(DUE - timedelta(hours=5))
    for number in range(30):
        a_task(a_contact(f"{number}@example.com"), due_at=DUE)

    assert remind(DUE) == 30
    ((_, data),) = team_mails("late_tasks")
    link = read_task_token(data["lines"][0]["path"].removeprefix("/tasks/"))
    assert (data["count"], data["more"], link.task_id) == (31, 11, old)


def test_nobody_is_reminded_outside_their_hours_and_once_they_are_there_once() -> None:
    a_business()
    a_task(a_contact(), due_at=FRIDAY_EVENING)

    chased = [hour for hour in range(80) if remind(FRIDAY_EVENING + timedelta(hours=hour))]

    assert [FRIDAY_EVENING + timedelta(hours=hour) for hour in chased] == [MONDAY_AT_NINE]
    # Two reminders had come due by then; the newest is the one that is sent.
    assert mails()[0][1] == 3


def test_nobody_is_reminded_while_they_are_away() -> None:
    a_business()
    a_task(a_contact(), due_at=DUE)
    with engine().begin() as connection:
        days = {"first": NOON.date(), "last": (NOON + timedelta(days=1)).date(), "rep": a_rep()}
        connection.execute(text("INSERT INTO absence (rep_id, first_day, last_day) VALUES (:rep, :first, :last)"), days)

    chased = [hour for hour in range(60) if remind(DUE + timedelta(hours=hour))]

    assert {(DUE + timedelta(hours=hour)).date() for hour in chased} == {(NOON + timedelta(days=2)).date()}


def test_the_manager_hears_in_time_of_a_task_whose_assignee_is_away() -> None:
    a_business(notify_manager_after=["1d"])
    a_task(a_contact(), due_at=DUE)
    with engine().begin() as connection:
        away = "INSERT INTO absence (rep_id, first_day, last_day) VALUES (:rep, '2026-03-01', '2026-03-31')"
        connection.execute(text(away), {"rep": a_rep()})

    told = [hour for hour in range(100) if make_story(NOON + timedelta(hours=hour))]

    assert told == [25]
    assert task_mails() == []


def test_somebody_who_has_left_is_not_reminded() -> None:
    a_task(a_contact(), due_at=DUE)
    with engine().begin() as connection:
        connection.execute(text("UPDATE rep SET active = false"))

    assert [remind(DUE + timedelta(hours=hour)) for hour in (0, 25, 50)] == [0, 0, 0]


def test_two_processes_that_begin_together_send_one_mail() -> None:
    for number in range(40):
        a_task(a_contact(f"{number}@example.com"), due_at=DUE)
    with ThreadPoolExecutor(2) as both:
        assert sum(both.map(remind, [DUE, DUE])) == 40
    assert task_mails() == [("team/late_tasks", SARAH)]


def test_a_person_in_another_zone_is_reminded_in_their_own_morning() -> None:
    a_business()
    with engine().begin() as connection:
        connection.execute(text("UPDATE rep SET time_zone = 'Asia/Tokyo'"))
    a_task(a_contact(), due_at=DUE)

    chased = [hour for hour in range(24) if remind(NOON + timedelta(hours=hour))]

    # Nine in Tokyo is midnight in London.
    assert [(NOON + timedelta(hours=hour)).hour for hour in chased] == [0]
