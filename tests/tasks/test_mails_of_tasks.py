"""Open tasks from before an upgrade learn which mails their outcomes send, as those that are given now know it."""

import pytest

from flows.operations.tasks.mails_of_tasks import keep_mails_of_tasks
from flows.runtime.prefect_flow import discover
from models.database import engine
from tests.support.database import rows, write
from tests.support.mail.outbox import NOON, a_contact, a_task
from tests.support.playbook import apply_playbook

CALL = "first call"


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def keep() -> int:
    with engine().begin() as connection:
        return keep_mails_of_tasks(connection, discover())


def test_a_task_from_before_learns_which_of_its_outcomes_send_a_mail_once() -> None:
    a_task(a_contact(), name=CALL)

    assert (keep(), keep()) == (1, 0)

    [(mails,)] = rows("SELECT mails FROM task")
    assert mails
    assert all(templates and isinstance(templates, list) for templates in mails.values())


def test_tasks_that_are_done_or_of_journeys_that_are_no_more_stay_as_they_are() -> None:
    a_task(a_contact(), name=CALL, done_at=NOON)
    a_task(a_contact("b@example.com"), name=CALL)
    write("UPDATE task SET journey = 'long_gone' WHERE done_at IS NULL")
    assert keep() == 0


def test_without_a_playbook_there_is_nothing_to_keep() -> None:
    write("DELETE FROM playbook")
    assert keep() == 0
