"""What could not be read of a lead: shown wherever the lead is, and repaired by a person."""

import asyncio
from typing import Any

import pytest

from blocks.local_mailbox import LocalMailbox
from flows.operations.mail.deliver_messages import deliver_due
from models.access.token import read_secret
from models.database import engine
from tests.support.database import rows, write
from tests.support.lead_response import a_business, a_story
from tests.support.playbook import apply_playbook
from tests.support.web_pages import Browser, browser, task_path

CALL = {"form": "request-call", "email": "ann@example.com", "phone": "+1 207 555 0123", "start_by": "soon, I hope"}


@pytest.fixture
def web(database_url: str) -> Browser:
    apply_playbook()
    return browser()


def unread() -> list[tuple[int, str, str]]:
    return rows("SELECT id, field, found FROM unread_value WHERE repaired_at IS NULL ORDER BY id")


def contact(columns: str) -> tuple[Any, ...]:
    [found] = rows(f"SELECT {columns} FROM contact")
    return tuple(found)


def send(web: Browser, **lead: Any) -> int:
    answer = web.post("/leads/website", json={"email": "ann@example.com"} | lead, headers={"accept": "*/*"})
    assert answer.status_code == 201
    return int(answer.json()["contact_id"])


def repair(web: Browser, number: int, field: str, value: str, **also: Any) -> Any:
    return web.post("/unread", data={"number": number, "field": field, "value": value, "by": "Nora"} | also)


def test_a_contact_shows_what_could_not_be_read_as_it_came(web: Browser) -> None:
    ann = send(web, **CALL)
    page = web.get(f"/contacts/{ann}").text
    assert "What could not be read" in page
    assert "soon, I hope" in page
    assert "Wants to start by" in page
    assert "What could not be read" not in web.get(f"/contacts/{send(web, email='bob@example.com')}").text


def test_a_person_says_what_was_meant(web: Browser) -> None:
    send(web, **CALL)
    [(number, field, found)] = unread()
    assert (field, found) == ("start_by", "soon, I hope")
    page = web.get("/unread").text
    assert "soon, I hope" in page
    wrong = repair(web, number, field, "next week or so")
    assert (wrong.status_code, "next week or so" in wrong.text, len(unread())) == (422, True, 1)
    assert repair(web, number, field, "2026-03-31").status_code == 303
    assert contact("custom ->> 'start_by'") == ("2026-03-31",)
    assert unread() == []
    assert rows("SELECT repaired_by FROM unread_value") == [("Nora",)]
    [event] = rows("SELECT data FROM event WHERE name = 'contact_changed'")
    assert event[0] == {"start_by": "2026-03-31", "by": "Nora"}
    assert "Nora" in web.get("/unread?repaired=true").text


def test_a_colleague_who_was_faster_counts(web: Browser) -> None:
    send(web, **CALL)
    [(number, field, _)] = unread()
    repair(web, number, field, "2026-03-31")
    repair(web, number, field, "2027-01-01")
    assert contact("custom ->> 'start_by'") == ("2026-03-31",)


@pytest.mark.parametrize(
    ("lead", "typed", "columns", "becomes"),
    [
        ({"email": "ann at example", "phone": "+1 207 555 0123"}, "ann@example.com", "email", "ann@example.com"),
        ({"phone": "ask reception"}, "+1 207 555 0123", "phone", "+12075550123"),
        ({"employees": "quite a few"}, "50", "employees", 50),
        ({"state": "Nowhere", "challenge": "Taxes"}, "customer loyalty", "custom ->> 'challenge'", "Customer loyalty"),
        ({"message": "x" * 10_001}, "call me", "custom ->> 'request'", "call me"),
    ],
)
def test_values_of_all_kinds_are_repaired(
    web: Browser, lead: dict[str, Any], typed: str, columns: str, becomes: Any
) -> None:
    send(web, **lead)
    [(number, field, _)] = [one for one in unread() if one[1] in columns or one[1] == "request"]
    assert repair(web, number, field, typed).status_code == 303
    assert contact(columns) == (becomes,)


def test_a_source_that_was_misspelled_is_set_right(web: Browser) -> None:
    web.post("/leads/landing-page", json={"email": "ann@example.com"})
    [(number, field, found)] = unread()
    assert (field, found) == ("source", "landing-page")
    assert repair(web, number, field, "nowhere").status_code == 422
    assert repair(web, number, field, "campaign").status_code == 303
    assert contact("source") == ("campaign",)


def test_of_a_field_that_is_missing_the_person_chooses_which_is_given(web: Browser) -> None:
    with engine().connect() as connection:
        key = {"authorization": f"Bearer {read_secret(connection, 'api key')}"}
    web.post("/leads/telemarketing", json={"prospect id": "p-17"}, headers=key)
    [(number, field, found)] = unread()
    assert (field, found) == ("phone|email", "")
    assert "Phone or email" in web.get("/unread").text
    assert repair(web, number, "email", "ann@example.com").status_code == 303
    assert contact("email") == ("ann@example.com",)


def test_what_needs_nothing_is_put_aside(web: Browser) -> None:
    send(web, event_id={"a": 1}, start_by="whenever")
    first, second = unread()
    assert web.post("/unread", data={"aside": [first[0], second[0]], "by": ""}).status_code == 303
    assert unread() == []
    assert rows("SELECT DISTINCT repaired_by FROM unread_value") == [("ops",)]


def test_repairs_come_from_our_own_pages_only(web: Browser) -> None:
    elsewhere = {"origin": "https://evil.example.com"}
    assert web.post("/unread", data={"aside": 1}, headers=elsewhere).status_code == 403
    ann = send(web, start_by="<script>alert(1)</script>")
    for path in ("/unread", f"/contacts/{ann}"):
        assert "<script>alert" not in web.get(path).text


def test_the_task_and_its_mail_say_what_they_wrote(database_url: str) -> None:
    a_business()
    story = a_story()
    ann = story.contact(first_name="Ann", phone="+12075550123")
    write(
        "INSERT INTO unread_value (contact_id, event_id, field, found, expected, received_at) "
        "VALUES (:ann, 1, 'start_by', 'soon, I hope', 'a date', :now), (:ann, 1, 'city', '', 'city', :now)",
        ann=ann,
        now=story.now,
    )
    story.happens("form_submitted", "request-call", contact=ann)
    [(data,)] = rows("SELECT data FROM message WHERE kind = 'task'")
    assert data["unread"] == [{"name": "start_by", "field": "Wants to start by", "found": "soon, I hope"}]
    [(task,)] = rows("SELECT id FROM task")
    page = browser().get(task_path(task)).text
    assert "What we could not read" in page
    assert "soon, I hope" in page
    asyncio.run(deliver_due(LocalMailbox(), story.now))
    [(mail,)] = rows("SELECT html FROM letter WHERE message_key = (SELECT key FROM message WHERE kind = 'task')")
    assert "Wants to start by: &ldquo;soon, I hope" in mail.replace("\u201c", "&ldquo;")
