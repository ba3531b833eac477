"""The list of all open tasks: by person, team and kind, and what ops do with one, several or all that are shown."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.database import rows, write
from tests.support.playbook import apply_playbook
from tests.support.web_pages import NOW, a_contact, a_run, a_task, browser

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def rep(name: str) -> int:
    return int(rows("SELECT id FROM rep WHERE name LIKE :name", name=f"{name}%")[0].id)


def task(who: str, whose: str | None = "Sarah", **columns: Any) -> int:
    person = rep(whose) if whose else None
    contact = a_contact(email=f"{who.lower()}@example.com", first_name=who, last_name=None, owner_id=person)
    return a_task(contact, a_run(contact), rep_id=person, **columns)


def shown(**asked: str) -> list[str]:
    page = browser().get(f"/tasks?{urlencode(asked)}")
    assert page.status_code == 200
    return [unescape(name) for name in re.findall(r'<a href="/contacts/\d+">([^<]+)</a>', page.text)]


def send(action: str, *tasks: int, **form: Any) -> Any:
    return browser().post("/tasks", data={"action": action, "number": tasks, "key": "k", "reason": "too much"} | form)


def test_it_is_shown_by_person_team_kind_and_what_is_overdue() -> None:
    task("Late", due_at=NOW - HOUR)
    task("Soon")
    task("Johns", "John", name="call later")
    task("Office", None, name="cancel", kind="cancel_request")

    assert set(shown()) == {"Late", "Johns", "Office", "Soon"}
    assert shown()[0] == "Late"
    assert shown(person=str(rep("John"))) == ["Johns"]
    assert shown(person="nobody") == ["Office"]
    assert shown(overdue="true") == ["Late"]
    assert shown(kind="call later") == ["Johns"]
    assert shown(kind="cancel_request") == ["Office"]
    team = rows("SELECT team.name FROM rep JOIN team ON team.id = team_id WHERE rep.id = :id", id=rep("Sarah"))[0].name
    assert {"Late", "Soon"} <= set(shown(team=team))
    assert "Office" not in shown(team=team)


@pytest.mark.parametrize(
    "asked", [{"person": "99"}, {"person": "x"}, {"team": "No such"}, {"kind": "none"}, {"overdue": "maybe"}]
)
def test_what_nobody_can_mean_shows_a_list_all_the_same(asked: dict[str, str]) -> None:
    task("Soon")
    assert shown(**asked) in ([], ["Soon"])


def test_what_is_due_within_the_hour_stands_before_what_is_due_tomorrow() -> None:
    task("Tomorrow", due_at=NOW + 30 * HOUR)
    write("UPDATE contact SET score = 15")
    task("Now", due_at=NOW + HOUR / 60)
    assert shown() == ["Now", "Tomorrow"]


def test_owners_are_links_to_their_page() -> None:
    task("Soon")
    assert f'<a href="/team/person/{rep("Sarah")}">' in browser().get("/tasks").text


def test_reminding_all_of_the_list_mails_each_person_once() -> None:
    for name in ("A1", "B2", "C3"):
        task(name, due_at=NOW - HOUR)
    task("Johns", "John")

    for _ in range(2):
        answer = send("remind", every="true", person=str(rep("Sarah")))
    page = browser().get(answer.headers["location"])

    assert "3 tasks: whoever has them has a mail." in page.text
    assert rows("SELECT template FROM message") == [("team/manager_tasks",)]


@pytest.mark.parametrize(
    ("action", "says", "after"),
    [
        ("give", "2 tasks of Sarah Miller to John Okafor.", "2 tasks given to a colleague."),
        ("leads", "2 leads would go: 2 to John Okafor.", "2 leads went to others, with their open tasks."),
        ("close", "Would be closed without an outcome: 2 tasks: 2 of First call", "2 tasks closed."),
    ],
)
def test_first_it_is_said_what_would_happen_then_it_does_once(action: str, says: str, after: str) -> None:
    tasks = [task("Ana"), task("Ben")]
    to = {"to": str(rep("John"))}

    plan = send(action, *tasks, **to)
    assert plan.status_code == 200
    assert says in unescape(plan.text)
    assert rows("SELECT FROM audit") == rows("SELECT FROM message") == []
    assert rows("SELECT DISTINCT rep_id, closed_at FROM task") == [(rep("Sarah"), None)]
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', plan.text)

    form = {name: [value for other, value in hidden if other == name] for name, _ in hidden}
    answer = browser().post("/tasks", data=form | {"go": "yes"})
    assert after in browser().get(answer.headers["location"]).text
    assert rows("SELECT who, data ->> 'reason' FROM audit") == [("ops at this machine", "too much")]
    again = browser().post("/tasks", data=form | {"go": "yes"})
    assert "left as before" in browser().get(again.headers["location"]).text
    assert len(rows("SELECT FROM message")) == (0 if action == "close" else 1)


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"action": "remind"}, "No task was ticked"),
        ({"action": "give", "number": ["1"], "reason": "x"}, "Choose a colleague"),
        ({"action": "close", "number": ["1"], "reason": " "}, "No reason was given"),
        ({"action": "give", "number": ["1"], "reason": "x", "to": "Nobody Atall"}, "Nobody here is called"),
        ({"action": "close", "number": ["1"], "reason": "x" * 300}, "have 300 characters"),
        ({"action": "remind", "number": ["99999999999999999999"]}, "No task was ticked"),
    ],
)
def test_what_cannot_be_done_is_said_and_what_was_ticked_stays(form: dict[str, Any], says: str) -> None:
    first = task("Ana")
    answer = browser().post("/tasks", data=form)
    assert answer.status_code == 422
    assert says in unescape(answer.text)
    if form.get("number") == ["1"]:
        assert f'value="{first}" checked' in answer.text
    assert rows("SELECT FROM audit") == rows("SELECT FROM message") == []


def test_leads_given_to_whom_routing_chooses_go_once_though_the_form_is_sent_twice() -> None:
    lead = task("Ana")
    plan = send("leads", lead, to="").text
    planned = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', plan)
    assert ("action", "leads") in planned
    for _ in "12":
        browser().post("/tasks", data={**{name: unescape(value) for name, value in planned}, "go": "yes"})
    [(owner, whose)] = rows("SELECT owner_id, rep_id FROM contact JOIN task ON task.contact_id = contact.id")
    assert owner == whose != rep("Sarah")
    assert rows("SELECT count(*) FROM assignment") == [(1,)]


def test_others_that_are_ticked_on_the_same_showing_are_another_reminder() -> None:
    first, second, third, fourth = (task(name) for name in ("Ana", "Bob", "Cat", "Dan"))
    for tasks in ((first, second), (first, second), (third, fourth)):
        send("remind", *tasks)
    assert rows("SELECT count(*) FROM message WHERE template = 'team/manager_tasks'") == [(2,)]
