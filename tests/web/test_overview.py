"""The overview begins with what needs a person, each with the button that deals with it."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from models import FollowUp, Placement
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook
from tests.support.web_pages import NOW, a_contact, a_message, a_rep, a_run, a_task, add, browser

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def business(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    apply_playbook()


def needs() -> dict[str, str]:
    """What needs a person: the words -> how many."""
    page = browser().get("/").text
    return {says: count for count, says in re.findall(r"<b>([\d,+]+)</b> ([^<]*)</p>", page)}


def a_follow_up(contact: int, **columns: object) -> None:
    about = {"contact_id": contact, "event_id": contact, "received_at": NOW - 2 * HOUR, "due_at": NOW - HOUR}
    add(FollowUp, **about | columns)


def test_when_nothing_waits_it_says_so() -> None:
    a_contact()
    assert "Nothing waits for you." in browser().get("/").text
    assert needs() == {}


def test_leads_that_nobody_has_or_called_come_first() -> None:
    called, alone, waits = (a_contact(email=f"{number}@example.com", first_name=f"P{number}") for number in range(3))
    # The clock of this minute: NOW is when the module was read, which may be a while ago.
    due = datetime.now(UTC) - HOUR
    a_follow_up(called, due_at=due, alerted_at=NOW, rep_id=a_rep(), first_contact_at=NOW)
    a_follow_up(alone)
    add(Placement, contact_id=waits, router="inbound", reason="rule 1", offered=False, queued_at=NOW - HOUR)

    assert needs() == {"lead without an owner asked for a person": "1", "lead that nobody took": "1"}
    page = browser().get("/").text
    assert f'href="/contacts/{alone}"' in page
    assert 'href="/routers/inbound"' in page

    write("UPDATE follow_up SET first_contact_at = NULL WHERE contact_id = :called", called=called)
    assert needs()["lead nobody has called, although its manager was alerted"] == "1"
    assert "Sarah Miller should have called 1 hour ago" in browser().get("/").text


def test_one_click_moves_on_all_that_are_stuck_alike() -> None:
    for number in range(3):
        a_run(a_contact(email=f"{number}@example.com"), status="stuck", stuck_reason="step 3 is new")

    [(path, fields)] = re.findall(
        r'<form method="post" action="(/runs[^"]*)">(.*?)</form>', browser().get("/").text, re.S
    )
    data = dict(re.findall(r'name="(\w+)" value="([^"]*)"', fields))
    assert browser().post(path, data=data).status_code == 303
    assert rows("SELECT DISTINCT status FROM journey_run") == [("waiting",)]
    assert needs() == {}


def test_one_click_sends_again_what_failed_for_one_reason_and_nothing_else() -> None:
    for number in range(3):
        a_message(a_contact(email=f"{number}@example.com"), key=f"{number}", state="failed", reason="no template x")
    other = a_message(a_contact(email="other@example.com"), key="other", state="failed", reason="something else")

    page = browser().get("/").text
    path, fields = re.findall(r'<form method="post" action="(/messages[^"]*)">(.*?)</form>', page, re.S)[0]
    answer = browser().post(path, data=dict(re.findall(r'name="(\w+)" value="([^"]*)"', fields)))

    assert answer.headers["location"].startswith("/?settled=3")
    assert "3 mails queued again." in browser().get(answer.headers["location"]).text
    assert rows("SELECT id FROM message WHERE state = 'failed'") == [(other,)]
    assert rows("SELECT count(*), min(reason) FROM message WHERE state = 'queued'") == [(3, None)]
    assert browser().post(path, data={"decision": "again"}).status_code == 409


def test_a_failed_mail_that_need_not_go_out_is_withdrawn_by_a_person_and_red_no_more() -> None:
    failed = a_message(a_contact(), state="failed", reason="contact.first_name is empty")
    assert browser().post(f"/messages/{failed}/decide", data={"decision": "leave"}).status_code == 303

    assert rows("SELECT state, reason FROM message") == [
        ("withdrawn", "left unsent by ops at this machine; contact.first_name is empty")
    ]
    assert needs() == {}
    assert rows("SELECT action FROM audit") == [("left mails unsent that had not gone out",)]


def test_a_mail_without_an_answer_arrived_or_is_sent_again_as_a_person_found_out() -> None:
    arrived, lost = (
        a_message(a_contact(email=f"{key}@example.com"), key=key, state="unknown", handed_at=NOW - DAY, notified_at=NOW)
        for key in ("arrived", "lost")
    )
    assert needs() == {"mails may or may not have gone out": "2"}
    browser().post(f"/messages/{arrived}/decide", data={"decision": "arrived"})
    browser().post(f"/messages/{lost}/decide", data={"decision": "again"})
    assert rows("SELECT state, sent_at FROM message ORDER BY id") == [("sent", NOW - DAY), ("queued", None)]


@pytest.mark.parametrize("state", ["sent", "queued", "sending", "withdrawn", "expired"])
def test_a_mail_that_waits_for_nobody_is_left_as_it_is(state: str) -> None:
    message = a_message(a_contact(), state=state)
    answer = browser().post(f"/messages/{message}/decide", data={"decision": "again", "alike": "true"})
    assert answer.status_code == 409
    assert rows("SELECT state FROM message") == [(state,)]


def test_what_was_rightly_not_sent_needs_nobody() -> None:
    a_message(a_contact(), state="withdrawn", reason="the journey ended before this went out: bought")
    assert needs() == {}
    page = browser().get("/messages?state=withdrawn").text
    assert "the journey ended before this went out: bought" in page
    assert "Send again" not in page


def test_whoever_is_far_behind_is_named() -> None:
    write("UPDATE playbook SET document = jsonb_set(document, '{routing,overload}', '{\"overdue_tasks\": 5}')")
    rep = a_rep(name="Kim Park", email="kim@example.com")
    contact = a_contact()
    for number in range(5):
        run = a_run(contact, key=f"{number}", exclusive=False)
        a_task(contact, run, rep_id=rep, due_at=NOW - DAY)
    assert needs()["person is overloaded"] == "1"
    assert "Kim Park" in browser().get("/").text


def test_the_money_of_today_is_there() -> None:
    contact = a_contact()
    columns = "contact_id, event_id, amount, currency, placed_at"
    write(f"INSERT INTO \"order\" ({columns}) VALUES (:c, 1, 250, 'USD', :now)", c=contact, now=NOW)
    write(f"INSERT INTO \"order\" ({columns}) VALUES (:c, 2, 99, 'USD', :then)", c=contact, then=NOW - 3 * DAY)
    page = browser().get("/").text
    assert "<b>1</b><span>order today</span>" in page
    assert "<b>$250</b><span>in orders today</span>" in page
