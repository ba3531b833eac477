"""The manager's page: numbers of each person, those behind them, and what is done about it there."""

import re
from datetime import timedelta
from html import unescape

import pytest

from models import FollowUp
from models.access.work_link import sign_work_token
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook
from tests.support.web_pages import NOW, a_contact, a_run, a_task, add, browser

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def sarah(database_url: str) -> int:
    """A business with Sarah, John and Mike; gives Sarah's number."""
    apply_playbook()
    return int(rows("SELECT id FROM rep WHERE name LIKE 'Sarah%'")[0].id)


def a_lead(rep: int, number: int, **columns: object) -> int:
    contact = a_contact(email=f"{number}@example.com", first_name=f"P{number}", last_name=None, owner_id=rep)
    asked = {"contact_id": contact, "event_id": contact, "rep_id": rep, "received_at": NOW - 3 * DAY, "due_at": NOW}
    add(FollowUp, **asked | columns)
    return contact


def read(path: str) -> str:
    page = browser().get(path)
    assert page.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def test_each_number_opens_those_behind_it(sarah: int) -> None:
    a_lead(sarah, 1, first_contact_at=NOW - 3 * DAY + 20 * MINUTE)
    waits = a_lead(sarah, 2)
    a_lead(sarah, 3, received_at=NOW - 40 * DAY)
    a_task(waits, a_run(waits), rep_id=sarah, due_at=NOW - DAY)

    page = browser().get("/team").text
    assert f'href="/team/person/{sarah}?show=received#list">2</a>' in page
    assert "20m" in page

    behind = read(f"/team/person/{sarah}?show=not_followed_up")
    assert "P2" in behind
    assert "P1" not in behind
    assert "P2" in read(f"/team/person/{sarah}?show=overdue")
    assert "None." in read(f"/team/person/{sarah}?show=missed")
    assert browser().get(f"/team/person/{sarah}?show=nonsense").status_code == 200


def test_leads_go_to_a_colleague_with_their_tasks_and_it_is_known_who_did_it(sarah: int) -> None:
    lead = a_lead(sarah, 1)
    a_task(lead, a_run(lead), rep_id=sarah)
    john = rows("SELECT id, name FROM rep WHERE name LIKE 'John%'")[0]

    form = {"which": "all their leads", "to": john.name, "reason": "on holiday"}
    answer = browser().post(f"/team/person/{sarah}/reassign", data=form)

    assert "1 moved" in read(answer.headers["location"])
    assert rows("SELECT owner_id FROM contact") == [(john.id,)]
    assert rows("SELECT rep_id FROM task") == [(john.id,)]
    assert rows("SELECT reason FROM assignment WHERE how = 'reassigned'") == [("ops at this machine: on holiday",)]
    assert len(rows("SELECT FROM audit")) == 1


def test_a_name_that_is_nobodys_changes_nothing_and_says_so(sarah: int) -> None:
    lead = a_lead(sarah, 1)
    form = {"which": "all their leads", "to": "Nobody Atall"}
    answer = browser().post(f"/team/person/{sarah}/reassign", data=form)
    assert answer.status_code == 422
    assert "Nobody here is called" in answer.text
    assert rows("SELECT owner_id FROM contact WHERE id = :lead", lead=lead) == [(sarah,)]


def test_an_absence_is_noted_and_shown(sarah: int) -> None:
    first, last = (NOW - DAY).date(), (NOW + 3 * DAY).date()
    form = {"first_day": str(first), "last_day": str(last), "reason": "training"}
    answer = browser().post(f"/team/person/{sarah}/absence", data=form)
    assert "is away from" in read(answer.headers["location"])
    assert "away until" in read("/team")


@pytest.mark.parametrize(
    "days", [("", ""), ("soon", "later"), ("2026-03-09", "2026-03-02"), ("2020-01-01", "2020-01-02")]
)
def test_days_that_make_no_absence_are_refused(sarah: int, days: tuple[str, str]) -> None:
    form = {"first_day": days[0], "last_day": days[1]}
    answer = browser().post(f"/team/person/{sarah}/absence", data=form)
    assert answer.status_code == 422
    assert "Nothing was changed." in answer.text
    assert rows("SELECT FROM absence") == []


def test_the_link_is_sent_again_and_ended(sarah: int) -> None:
    old = f"/work/{sign_work_token(sarah, 0)}"
    assert browser().get(old).status_code == 200

    browser().post(f"/team/person/{sarah}/link", data={"action": "send"})
    assert browser().get(old).status_code == 200
    browser().post(f"/team/person/{sarah}/link", data={"action": "revoke"})

    assert browser().get(old).status_code != 200
    mails = rows("SELECT data FROM message WHERE template = 'team/work_link' ORDER BY id")
    assert [mail.data["is_new"] for mail in mails] == [False, True]
    assert browser().get(mails[1].data["path"]).status_code == 200


def test_who_has_left_is_flagged_and_gets_no_link(sarah: int) -> None:
    a_lead(sarah, 1)
    write("UPDATE rep SET active = false WHERE id = :id", id=sarah)
    assert "has left" in read("/team")
    assert browser().post(f"/team/person/{sarah}/link", data={"action": "send"}).status_code == 422
    assert rows("SELECT FROM message") == []


def test_a_zone_that_does_not_exist_is_said(sarah: int) -> None:
    write("UPDATE rep SET time_zone = 'Mars/Olympus' WHERE id = :id", id=sarah)
    assert "“Mars/Olympus” does not exist" in read(f"/team/person/{sarah}")


def test_strangers_and_names_that_are_none_get_a_kind_page(sarah: int) -> None:
    assert browser().get("/team/person/999999").status_code == 404
    assert browser().get("/team/No%20Such%20Team").status_code == 404
    [name] = [row.name for row in rows("SELECT name FROM team LIMIT 1")]
    assert browser().get(f"/team/{name}").status_code == 200
