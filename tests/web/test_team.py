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
    assert "P2" in read(f"/team/person/{sarah}?show=not_followed_up")
    assert "None." in read(f"/team/person/{sarah}?show=missed")
    assert browser().get(f"/team/person/{sarah}?show=nonsense").status_code == 200


def test_leads_go_to_a_colleague_with_their_tasks_and_it_is_known_who_did_it(sarah: int) -> None:
    lead = a_lead(sarah, 1)
    a_task(lead, a_run(lead), rep_id=sarah)
    john = rows("SELECT id, name FROM rep WHERE name LIKE 'John%'")[0]

    form = {"which": "all their leads", "to": john.name, "reason": "on holiday"}
    plan = browser().post(f"/team/person/{sarah}/reassign", data=form).text
    assert "1 lead would go: 1 to John Okafor. Each new owner gets one mail. 1 open task would go along." in plan
    assert rows("SELECT owner_id FROM contact") == [(sarah,)]
    assert rows("SELECT FROM message") == rows("SELECT FROM audit") == []

    answer = browser().post(f"/team/person/{sarah}/reassign", data=form | {"go": "yes"})

    assert "1 lead went to others" in read(answer.headers["location"])
    assert rows("SELECT owner_id FROM contact") == [(john.id,)]
    assert rows("SELECT rep_id FROM task") == [(john.id,)]
    assert rows("SELECT reason FROM assignment WHERE how = 'reassigned'") == [("ops at this machine: on holiday",)]
    assert len(rows("SELECT FROM audit")) == 1


def test_leads_that_were_given_away_come_back_at_one_click_but_not_those_that_went_on(sarah: int) -> None:
    leads = [a_lead(sarah, number) for number in range(3)]
    john, mike = (rows("SELECT id FROM rep WHERE name LIKE :name", name=f"{name}%")[0].id for name in ("John", "Mike"))
    form = {"which": "all their leads", "to": str(john), "go": "yes"}
    browser().post(f"/team/person/{sarah}/reassign", data=form)
    browser().post("/team/leads", data={"action": "leads", "number": leads[0], "to": str(mike), "go": "yes"})

    page = browser().get(f"/team/person/{sarah}").text
    assert "2 leads went to John Okafor" in unescape(page)
    [at] = re.findall(r'name="at" value="([^"]+)"', page)
    answer = browser().post(f"/team/person/{sarah}/take-back", data={"at": at})

    assert "2 leads came back" in read(answer.headers["location"])
    assert rows("SELECT id, owner_id FROM contact ORDER BY id") == [
        (leads[0], mike),
        (leads[1], sarah),
        (leads[2], sarah),
    ]
    assert browser().post(f"/team/person/{sarah}/take-back", data={"at": at}).status_code == 422
    assert browser().post(f"/team/person/{sarah}/take-back", data={"at": "yesterday"}).status_code == 422
    assert "Take back" not in browser().get(f"/team/person/{sarah}").text


def test_what_stands_in_an_address_is_never_said_as_the_page_s_own(sarah: int) -> None:
    for text in ("said=Your+password+has+expired", "done=Your+password+has+expired", "done=moved&n=Call+555"):
        page = read(f"/team/person/{sarah}?{text}")
        assert "password" not in page
        assert "555" not in page


def test_ticked_leads_of_a_list_are_given_away_after_a_question_and_their_owners_reminded(sarah: int) -> None:
    leads = [a_lead(sarah, number) for number in range(3)]
    a_task(leads[0], a_run(leads[0]), rep_id=sarah)
    john = rows("SELECT id FROM rep WHERE name LIKE 'John%'")[0].id
    shown = f"/team/person/{sarah}?show=not_followed_up"
    form = {"back": shown, "shown": leads, "key": "k"}

    plan = browser().post("/team/leads", data=form | {"action": "leads", "number": leads[:2], "to": str(john)})
    assert "2 leads would go: 2 to John Okafor" in plan.text
    assert browser().post("/team/leads", data=form | {"action": "leads"}).status_code == 422

    for _ in range(2):
        answer = browser().post("/team/leads", data=form | {"action": "remind", "every": "true"})
        assert answer.headers["location"] == f"{shown}&done=remind&n=1"
    assert len(rows("SELECT FROM message")) == 1
    write("UPDATE task SET closed_at = :now", now=NOW)
    assert browser().post("/team/leads", data=form | {"action": "remind", "every": "true"}).status_code == 422
    elsewhere = browser().post(
        "/team/leads", data=form | {"action": "leads", "back": "//evil.example.com", "every": "true", "go": "yes"}
    )
    assert elsewhere.headers["location"].startswith("/?done=leads")


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
    assert "The absence is noted." in read(answer.headers["location"])
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
