"""A task and the response that is promised to its lead: ops see one clock, the earlier of both, with its name."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from models.tables.follow_up import FollowUp
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook
from tests.support.web_pages import NOW, a_contact, a_run, a_task, add, browser

HOUR = timedelta(hours=1)


@pytest.fixture
def sarah(database_url: str) -> int:
    apply_playbook()
    return int(rows("SELECT id FROM rep WHERE name LIKE 'Sarah%'")[0].id)


def a_lead(sarah: int, *, promised: datetime, task_due: datetime) -> int:
    contact = a_contact(first_name="Ana", owner_id=sarah)
    a_task(contact, a_run(contact), rep_id=sarah, due_at=task_due)
    about = {"contact_id": contact, "rep_id": sarah, "event_id": 1, "received_at": NOW - HOUR}
    add(FollowUp, **about, due_at=promised)
    return contact


def page(path: str) -> str:
    answer = browser().get(path, headers={"accept": "text/html"})
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.text)


def shown_tasks(path: str) -> int:
    return page(path).count('<a href="/contacts/')


def test_a_missed_promise_makes_a_task_overdue_wherever_ops_count(sarah: int) -> None:
    a_lead(sarah, promised=NOW - HOUR / 2, task_due=NOW + 5 * HOUR)
    assert shown_tasks("/tasks?overdue=true") == 1
    listed = page("/tasks")
    assert ("1 overdue" in listed, "<small>response promised</small>" in listed) == (True, True)
    assert "<b>1</b> task is overdue" in page("/")
    assert "1</a> overdue" in page("/team")
    follow_up = page("/follow-up")
    assert ("1 overdue" in follow_up, "<small>response promised</small>" in follow_up) == (True, True)

    write("UPDATE follow_up SET first_contact_at = now()")
    assert shown_tasks("/tasks?overdue=true") == 0
    assert "response promised" not in page("/tasks")
    assert "task is overdue" not in page("/")


def test_a_task_that_is_due_before_the_promise_is_the_clock(sarah: int) -> None:
    a_lead(sarah, promised=NOW + 5 * HOUR, task_due=NOW - HOUR / 2)
    assert "response promised" not in page("/tasks")
    assert "<small>their task</small>" in page("/follow-up")


@pytest.mark.parametrize(
    ("promised", "task_due", "says"),
    [
        (-2, 5, "should have called 2 hours ago: the response was promised by then"),
        (-2, -3, "should have called 3 hours ago: their task was due by then"),
    ],
)
def test_the_alert_on_the_overview_has_one_clock_too(sarah: int, promised: int, task_due: int, says: str) -> None:
    now = datetime.now(UTC)
    a_lead(sarah, promised=now + promised * HOUR, task_due=now + task_due * HOUR)
    write("UPDATE follow_up SET alerted_at = now()")
    assert says in page("/")


def test_all_of_the_overdue_tasks_are_those_that_are_shown(sarah: int) -> None:
    a_lead(sarah, promised=NOW - HOUR / 2, task_due=NOW + 5 * HOUR)
    form = {"action": "remind", "every": "true", "overdue": "true", "key": "k"}
    assert browser().post("/tasks", data=form, follow_redirects=False).status_code == 303
    assert len(rows("SELECT id FROM message WHERE kind = 'task'")) == 1
