"""What people of a partner organisation read of their leads: what their own people wrote, and no note of ours."""

from datetime import timedelta
from typing import Any

import pytest

from models.access.work_link import TaskLink, Worker, sign_work_token
from models.contacts.interactions import LoggedCall, log_call, log_note
from models.database import engine
from models.journeys.manage_tasks import remind_of_tasks
from models.tasks.delegate import delegate
from models.tasks.mail_again import mail_task_again
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook
from tests.support.web_pages import NOW, a_contact, a_rep, a_run, a_task, an_event, browser

pytestmark = pytest.mark.usefixtures("database_url")
HOUR = timedelta(hours=1)
OURS = ("Margin is thin, offer nothing below list.", "Do not tell the partner of the second site.")


@pytest.fixture
def people() -> dict[str, int]:
    """Sarah is ours; Pat and Kim are of a partner."""
    apply_playbook()
    found = {"sarah": a_rep(), "pat": a_rep(name="Pat Park", email="pat@partner.example.com")}
    found["kim"] = a_rep(name="Kim Roe", email="kim@partner.example.com")
    write("INSERT INTO team (name, partner) VALUES ('Partners', true)")
    write("UPDATE rep SET team_id = (SELECT id FROM team WHERE partner) WHERE email LIKE '%partner%'")
    return found


@pytest.fixture
def lead(people: dict[str, int]) -> int:
    """Pat's, after Sarah had reported, written and called, and a manager had noted something."""
    contact = a_contact(owner_id=people["pat"])
    report: dict[str, Any] = {"done_at": NOW - 9 * HOUR, "outcome": "Had Call: Qualified Lead", "notes": OURS[0]}
    a_task(contact, a_run(contact, key="first", exclusive=False), rep_id=people["sarah"], **report)
    with engine().begin() as connection:
        log_note(connection, contact, OURS[1], "Nora Field", "a", NOW - 8 * HOUR)
        call = LoggedCall(outcome="Talked", notes=OURS[0], by="Sarah Miller", rep_id=people["sarah"])
        log_call(connection, contact, call, "b", NOW - 7 * HOUR)
        log_note(connection, contact, "Kim met them.", "Kim Roe", "c", NOW - 6 * HOUR, rep_id=people["kim"])
    return contact


def the_task(lead: int, rep: int, **columns: Any) -> int:
    return a_task(lead, a_run(lead, key="now", exclusive=False), rep_id=rep, **columns)


def pages(lead: int, task: int, rep: int) -> dict[str, str]:
    """Every page that a salesperson has of one lead."""
    work = f"/work/{sign_work_token(rep, 0)}"
    paths = {"work": work, "lead": f"{work}/leads/{lead}", "task": f"/tasks/{TaskLink(task, rep, 0).token}"}
    return {name: browser().get(path).text for name, path in paths.items()}


def mails(task: int) -> list[dict[str, Any]]:
    return [row.data for row in rows("SELECT data FROM message WHERE task_id = :task ORDER BY id", task=task)]


def test_a_partner_reads_what_their_own_people_wrote_and_no_word_of_ours(people: dict[str, int], lead: int) -> None:
    task = the_task(lead, people["pat"])
    for name, page in pages(lead, task, people["pat"]).items():
        assert "Kim met them." in page, name
        assert not any(words in page for words in OURS), name


def test_our_own_people_read_all_of_it(people: dict[str, int], lead: int) -> None:
    write("UPDATE contact SET owner_id = :sarah", sarah=people["sarah"])
    task = the_task(lead, people["sarah"])
    for name, page in pages(lead, task, people["sarah"]).items():
        assert OURS[0] in page, name
        assert name == "work" or (OURS[1] in page and "Kim met them." in page), name


def test_the_mail_to_a_partner_tells_what_their_own_people_said_last(people: dict[str, int], lead: int) -> None:
    task = the_task(lead, people["pat"])
    with engine().begin() as connection:
        log_note(connection, lead, OURS[1], "Nora Field", "newest", NOW)
        pat = Worker(people["pat"], "Pat Park", "pat@partner.example.com", "UTC")
        delegate(connection, task, pat, people["kim"], "Knows them", NOW)
    (mail,) = mails(task)
    assert mail["said"] == {"by": "Kim Roe", "text": "Kim met them."}


def test_a_note_of_ours_does_not_go_with_the_task_to_a_partner(people: dict[str, int], lead: int) -> None:
    task = the_task(lead, people["pat"], data={"note": OURS[0], "by": "Nora Field", "rep_id": people["sarah"]})
    with engine().begin() as connection:
        mail_task_again(connection, task, NOW)
        remind_of_tasks(connection, [task], by="Nora Field", key="k", now=NOW)
    told = mails(task)
    assert len(told) == 2
    assert not any("note" in mail for mail in told)
    assert not any(OURS[0] in page for page in pages(lead, task, people["pat"]).values())


def test_what_they_were_asked_by_name_they_read(people: dict[str, int], lead: int) -> None:
    task = the_task(lead, people["pat"], data={"note": "Send them the form.", "rep_id": people["pat"]})
    assert "Send them the form." in pages(lead, task, people["pat"])["task"]


def test_why_a_colleague_of_ours_put_it_off_is_not_for_partners(people: dict[str, int], lead: int) -> None:
    task = the_task(lead, people["pat"])
    an_event(lead, "task_snoozed", str(task), data={"reason": OURS[0], "rep_id": people["sarah"]})
    assert not any(OURS[0] in page for page in pages(lead, task, people["pat"]).values())
    an_event(lead, "task_snoozed", str(task), data={"reason": "Away until Monday.", "rep_id": people["pat"]})
    assert "Away until Monday." in pages(lead, task, people["pat"])["task"]
