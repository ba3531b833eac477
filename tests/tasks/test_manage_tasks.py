"""What managers do with tasks of others: one mail to each person, the journey knows, and nothing happens twice."""

from datetime import timedelta

import pytest

from models.database import engine
from models.journeys.manage_tasks import ManagedTasks, close_tasks_by_hand, give_tasks, remind_of_tasks
from models.routing.lead_selection import BadReassignment, find_rep
from tests.support.database import rows, write
from tests.support.mail.outbox import NOON, a_contact, a_task
from tests.support.playbook import apply_playbook
from tests.support.web_pages import browser

JOHN, SARAH = "john.okafor@brightwater.example.com", "sarah.miller@brightwater.example.com"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def tasks(count: int, first: int = 0) -> list[int]:
    """So many late tasks of Sarah's about leads of hers."""
    owner = rows("SELECT id FROM rep WHERE email = :sarah", sarah=SARAH)[0].id
    leads = [a_contact(f"lead{number}@example.com", owner_id=owner) for number in range(first, first + count)]
    return [a_task(lead, due_at=NOON - HOUR, created_at=NOON - 2 * HOUR) for lead in leads]


def give(found: list[int], to: str = JOHN, reason: str = "speaks Danish") -> ManagedTasks:
    with engine().begin() as connection:
        return give_tasks(connection, found, find_rep(connection, to), by="Nora Keller", reason=reason, now=NOON)


def remind(found: list[int], key: str = "one press") -> ManagedTasks:
    with engine().begin() as connection:
        return remind_of_tasks(connection, found, by="ops at this machine", key=key, now=NOON)


def close(found: list[int]) -> ManagedTasks:
    with engine().begin() as connection:
        return close_tasks_by_hand(connection, found, by="Nora Keller", reason="a spam wave", now=NOON)


def mails() -> list[tuple[str, str]]:
    return [(row.template, row.to_address) for row in rows("SELECT template, to_address FROM message ORDER BY id")]


def test_many_tasks_go_to_somebody_in_one_mail_and_the_leads_stay() -> None:
    found = tasks(3)

    assert give(found).said == "3 tasks of Sarah Miller to John Okafor."

    assert mails() == [("team/manager_tasks", JOHN)]
    [data] = rows("SELECT data FROM message")[0]
    assert (data["by"], data["reason"], data["count"]) == ("Nora Keller", "speaks Danish", 3)
    assert browser().get(data["lines"][0]["path"]).status_code == 200
    assert rows("SELECT DISTINCT assignee, due_at, reminders FROM task") == [(JOHN, NOON + HOUR, 0)]
    assert rows("SELECT count(*) FROM task WHERE delegated_at IS NOT NULL") == [(3,)]
    assert rows("SELECT DISTINCT rep.email FROM contact JOIN rep ON rep.id = owner_id") == [(SARAH,)]
    assert (
        rows("SELECT data ->> 'reason', data ->> 'by' FROM event WHERE name = 'task_delegated'")
        == [("speaks Danish", "Nora Keller")] * 3
    )


def test_one_task_comes_with_its_instructions_and_the_same_again_changes_nothing() -> None:
    found = tasks(1)
    give(found)
    assert give(found).tasks == 0
    assert mails() == [("lead_qualification/call_lead", JOHN)]


def test_who_gets_the_task_of_their_own_lead_has_it_with_the_lead_again() -> None:
    found = tasks(2)
    give(found)
    give(found, SARAH)
    assert rows("SELECT count(*) FROM task WHERE delegated_at IS NOT NULL") == [(0,)]


def test_who_has_left_gets_no_task() -> None:
    found = tasks(1)
    write("UPDATE rep SET active = false WHERE email = :john", john=JOHN)
    with pytest.raises(BadReassignment, match="not active"):
        give(found)


def test_a_task_of_an_office_can_be_given_to_a_salesperson() -> None:
    found = tasks(1)
    write("UPDATE task SET rep_id = NULL, assignee = 'support@example.com'")
    assert give(found).said == "1 task of support@example.com to John Okafor."
    assert rows("SELECT assignee FROM task") == [(JOHN,)]


def test_each_person_is_reminded_in_one_mail_and_one_press_mails_nobody_twice() -> None:
    found = tasks(3)
    give(found[:1], JOHN)
    write("DELETE FROM message")

    for _ in range(2):
        assert remind(found).said == "2 people reminded of 3 tasks."

    assert sorted(mails()) == [("lead_qualification/call_lead", JOHN), ("team/manager_tasks", SARAH)]
    remind(found, "another press")
    assert len(mails()) == 4


def test_a_closed_task_ends_the_run_that_asked_for_it_and_says_why() -> None:
    found = tasks(2)

    assert close(found).said == "2 tasks: 2 of First call (Lead qualification)."

    assert rows("SELECT DISTINCT status, ending FROM journey_run") == [("ended", "closed by hand")]
    assert rows("SELECT count(*) FROM task WHERE closed_at IS NOT NULL") == [(2,)]
    assert rows("SELECT data ->> 'reason' FROM event WHERE name = 'task_closed'") == [("a spam wave",)] * 2
    assert (close(found).tasks, close(found).left) == (0, 2)


def test_what_was_reported_meanwhile_is_left() -> None:
    found = tasks(2)
    write("UPDATE task SET done_at = :now, outcome = 'Could Not Reach' WHERE id = :id", now=NOON, id=found[0])
    assert (close(found).tasks, remind(found).tasks, give(found).tasks) == (1, 0, 0)
    assert rows("SELECT outcome FROM task ORDER BY id") == [("Could Not Reach",), (None,)]
