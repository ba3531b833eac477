"""Actions for all contacts found: said beforehand, done in batches, once, and on each timeline with who asked."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from flows.operations.contacts.work_off import act_on_contacts
from models import Role
from models.bulk_actions import actions
from models.database import engine
from tests.contacts.test_list import somebody
from tests.support.database import rows, write
from tests.support.logins import logged_in_as
from tests.support.playbook import apply_playbook
from tests.support.web_pages import NOW, a_rep, a_run, a_task, browser

CALIFORNIA = {"where": 'state == "CA"'}


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


@pytest.fixture
def three() -> list[int]:
    """Two in California, one in New York."""
    return [somebody("Ana", state="CA"), somebody("Bob", state="CA"), somebody("Cid", state="NY")]


def look(kind: str, **asked: str) -> httpx.Response:
    return browser().get(f"/contacts/all/{kind}?{urlencode(CALIFORNIA | asked | {'look': '1'})}")


def said(answer: httpx.Response) -> str:
    """What the page says would happen."""
    part = answer.text.partition("This would happen")[2].partition("</section>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", part.partition("<form")[0]).split())


def do(kind: str, who: Any = None, **asked: str) -> int:
    answer = (who or browser()).post(f"/contacts/all/{kind}", data=CALIFORNIA | asked)
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].rpartition("/")[2])


def work() -> None:
    asyncio.run(act_on_contacts.fn())


def state(action: int) -> tuple[Any, ...]:
    """found, dealt with, changed, problem; it is finished."""
    (row,) = rows("SELECT found, handled, changed, problem, finished_at FROM bulk_action WHERE id = :id", id=action)
    assert row.finished_at is not None
    return tuple(row)[:4]


def test_a_journey_is_started_for_all_found_and_who_is_on_it_stays(three: list[int]) -> None:
    ana, bob, _ = three
    a_run(ana, journey="lead_nurture")
    page = look("journey", journey="lead_nurture")
    assert "2 contacts are put on the journey" in said(page)
    assert "1 of them is on it already and stays there." in said(page)
    assert rows("SELECT count(*) FROM bulk_action") == [(0,)]
    nora = logged_in_as(Role.WORK)
    action = do("journey", nora, journey="lead_nurture")
    work()
    assert state(action) == (2, 2, 1, None)
    assert rows("SELECT contact_id FROM journey_run WHERE journey = 'lead_nurture' ORDER BY 1") == [(ana,), (bob,)]
    assert "Nora Lindqvist" in browser().get(f"/contacts/{bob}").text
    assert rows("SELECT who, action FROM audit") == [("Nora Lindqvist", "started a journey for many")]


def test_all_found_are_assigned_to_a_person_and_the_log_says_who_did_it(three: list[int]) -> None:
    ana, bob, cid = three
    sarah, ben = a_rep(), a_rep(name="Ben Ortiz", email="ben.ortiz@example.com")
    write("UPDATE contact SET owner_id = :rep WHERE id = :id", rep=sarah, id=ana)
    write("UPDATE contact SET owner_id = :rep WHERE id = :id", rep=ben, id=bob)
    assert "2 contacts become leads of Sarah Miller. 1 of them is theirs already. 1 of them is taken" in said(
        look("assign", rep=str(sarah))
    )
    action = do("assign", rep=str(sarah), reason="territories")
    work()
    assert state(action) == (2, 2, 1, None)
    assert rows("SELECT id FROM contact WHERE owner_id = :rep ORDER BY 1", rep=sarah) == [(ana,), (bob,)]
    assert rows("SELECT reason FROM assignment WHERE contact_id = :id", id=bob) == [
        ("ops at this machine: territories",)
    ]
    assert rows("SELECT owner_id FROM contact WHERE id = :id", id=cid) == [(None,)]


def test_a_router_chooses_for_each(three: list[int]) -> None:
    router = rows("SELECT router.name FROM router JOIN router_member ON router_id = router.id ORDER BY 1 LIMIT 1")[0][0]
    action = do("assign", router=router)
    work()
    assert state(action)[:3] == (2, 2, 2)
    assert rows("SELECT DISTINCT router FROM assignment UNION SELECT router FROM placement") == [(router,)]


def test_each_gets_a_task_once_however_often_the_form_is_sent(three: list[int]) -> None:
    sarah = a_rep()
    a_task(three[0], a_run(three[0]), kind="follow_up")
    page = look("task", task="follow_up", rep=str(sarah), note="Ask for the budget")
    assert "for Sarah Miller" in said(page)
    assert "1 of them has such a task open and gets another." in said(page)
    once = re.search(r'name="once" value="(\w+)"', page.text)[1]  # type: ignore[index]
    numbers = {do("task", task="follow_up", rep=str(sarah), note="Ask for the budget", once=once) for _ in range(2)}
    work()
    work()
    assert len(numbers) == 1
    assert rows("SELECT count(*) FROM journey_run WHERE journey = 'follow_up_task'") == [(2,)]
    assert rows("SELECT count(*) FROM audit") == [(1,)]


def test_a_field_is_set_and_the_timeline_says_from_what_to_what(three: list[int]) -> None:
    ana, bob, _ = three
    write("UPDATE contact SET city = 'Rome' WHERE id = :id", id=ana)
    assert "1 of them has something else there now, which is replaced." in said(
        look("field", field="city", value="Austin")
    )
    action = do("field", field="city", value="Austin")
    work()
    assert state(action) == (2, 2, 2, None)
    told = rows("SELECT contact_id, data -> 'before' ->> 'city' FROM event WHERE name = 'details_changed' ORDER BY 1")
    assert told == [(ana, "Rome"), (bob, None)]
    again = do("field", field="city", value="Austin")
    work()
    assert state(again) == (2, 2, 0, None)


def test_a_field_of_the_playbook_is_read_by_its_type(three: list[int]) -> None:
    assert look("field", field="start_by", value="some day").status_code == 422
    action = do("field", field="start_by", value="2026-03-31")
    work()
    assert state(action)[2] == 2
    assert rows("SELECT DISTINCT custom ->> 'start_by' FROM contact WHERE state = 'CA'") == [("2026-03-31",)]
    emptied = do("field", field="start_by", value="")
    work()
    assert state(emptied)[2] == 2
    assert rows("SELECT DISTINCT custom ->> 'start_by' FROM contact") == [(None,)]


def test_stages_rise_and_never_fall(three: list[int]) -> None:
    write("UPDATE contact SET stage = 'customer' WHERE id = :id", id=three[0])
    action = do("field", field="stage", value="sql")
    work()
    assert state(action) == (2, 2, 1, None)
    assert rows("SELECT stage FROM contact ORDER BY id") == [("customer",), ("sql",), ("mgl",)]


def test_mail_is_stopped_and_who_said_no_themselves_keeps_their_no(three: list[int]) -> None:
    ana, bob, _ = three
    write("UPDATE contact SET suppressed = 'complained' WHERE id = :id", id=ana)
    stop, lift = "no mail at all from here", "mail again, the reason is gone"
    first = do("mail", decision=stop, reason="a competitor")
    work()
    assert state(first)[2] == 1
    assert rows("SELECT suppressed FROM contact WHERE id = :id", id=bob) == [("manual",)]
    do("mail", decision=lift)
    work()
    assert rows("SELECT suppressed FROM contact ORDER BY id") == [("complained",), (None,), (None,)]


def test_that_they_asked_for_mail_again_cannot_be_said_of_many(three: list[int]) -> None:
    answer = browser().post("/contacts/all/mail", data=CALIFORNIA | {"decision": "mail again, they asked for it"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("kind", "chosen"),
    [
        ("journey", {"journey": "nope"}),
        ("journey", {"journey": "follow_up_task"}),
        ("assign", {}),
        ("assign", {"rep": "1", "router": "inbound"}),
        ("assign", {"rep": "999999"}),
        ("assign", {"router": "nope"}),
        ("task", {"task": "nope"}),
        ("task", {"task": "follow_up", "note": "x" * 4_001}),
        ("field", {"field": "email", "value": "a@example.com"}),
        ("field", {"field": "score", "value": "100"}),
        ("field", {"field": "stage", "value": "boss"}),
        ("mail", {"decision": "nope"}),
        ("mail", {"decision": "no mail at all from here", "where": "sttae == 1"}),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_is_asked_for(kind: str, chosen: dict[str, str]) -> None:
    assert look(kind, **chosen).status_code == 422
    assert browser().post(f"/contacts/all/{kind}", data=CALIFORNIA | chosen).status_code == 422
    assert rows("SELECT count(*) FROM bulk_action") == [(0,)]


def test_who_may_only_look_acts_on_nobody(three: list[int]) -> None:
    omar = logged_in_as(Role.LOOK)
    assert omar.post("/contacts/all/field", data=CALIFORNIA | {"field": "city", "value": "x"}).status_code == 403
    assert "start a journey" not in omar.get("/contacts").text


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Seven in California, dealt with two at a time."""
    monkeypatch.setattr(actions, "AT_ONCE", 2)
    return [somebody(f"Person{place}", state="CA") for place in range(7)]


def test_killed_between_two_batches_it_goes_on_and_does_nothing_twice(many: list[int]) -> None:
    action = do("task", task="follow_up")
    with engine().connect() as connection:
        contacts = actions.begin_action(connection, action, NOW)
        connection.commit()
        assert actions.perform_batch(connection, action, contacts, NOW)
        connection.commit()
        # This one is not committed: the process dies here.
        assert actions.perform_batch(connection, action, contacts, NOW)
    work()
    assert state(action) == (7, 7, 7, None)
    assert rows("SELECT contact_id FROM journey_run ORDER BY 1") == [(one,) for one in many]


def test_two_who_work_on_the_same_action_deal_with_each_contact_once(many: list[int]) -> None:
    action = do("field", field="city", value="Austin")
    with engine().connect() as one, engine().connect() as other:
        for connection in (one, other):
            contacts = actions.begin_action(connection, action, NOW)
            connection.commit()
        for connection in (one, other, one, other, one):
            actions.perform_batch(connection, action, contacts, NOW)
            connection.commit()
    assert state(action) == (7, 7, 7, None)
    assert rows("SELECT count(*) FROM event WHERE name = 'details_changed'") == [(7,)]


def test_who_comes_after_it_was_asked_for_is_not_meant(many: list[int]) -> None:
    action = do("field", field="city", value="Austin")
    late = somebody("Late", state="CA")
    work()
    assert state(action)[0] == 7
    assert rows("SELECT city FROM contact WHERE id = :id", id=late) == [(None,)]


def test_an_action_that_changes_what_it_was_found_by_reaches_all(many: list[int]) -> None:
    action = do("field", field="state", value="NY")
    work()
    assert state(action) == (7, 7, 7, None)
    assert rows("SELECT DISTINCT state FROM contact") == [("NY",)]


def test_stopped_it_ends_after_the_batch_and_says_how_far_it_came(many: list[int]) -> None:
    action = do("field", field="city", value="Austin")
    with engine().connect() as connection:
        contacts = actions.begin_action(connection, action, NOW)
        actions.perform_batch(connection, action, contacts, NOW)
        connection.commit()
    browser().post(f"/contacts/actions/{action}/stop")
    work()
    assert state(action) == (7, 2, 2, "It was stopped.")
    page = browser().get(f"/contacts/actions/{action}").text
    assert "2 of 7 dealt with" in page
    assert "Ended early." in page


def test_what_is_gone_meanwhile_ends_it_with_a_sentence_and_delays_no_other(many: list[int]) -> None:
    sarah = a_rep()
    gone, fine = do("assign", rep=str(sarah)), do("field", field="city", value="Austin")
    write("UPDATE rep SET active = false WHERE id = :id", id=sarah)
    work()
    assert "not active" in state(gone)[3]
    assert state(fine) == (7, 7, 7, None)


def test_the_clock_has_nothing_to_do_once_all_are_done(many: list[int]) -> None:
    with engine().connect() as connection:
        assert actions.next_action_due(connection) is None
    do("field", field="city", value="Austin")
    with engine().connect() as connection:
        assert actions.next_action_due(connection) is not None
    work()
    with engine().connect() as connection:
        assert actions.next_action_due(connection) is None


def test_the_pages_of_actions_are_there_for_whoever_looks_them_up(many: list[int]) -> None:
    action = do("field", field="city", value="Austin")
    waiting = browser().get(f"/contacts/actions/{action}")
    assert ("It begins within seconds" in waiting.text, waiting.headers.get("refresh")) == (True, "3")
    work()
    done = browser().get(f"/contacts/actions/{action}")
    assert ("7 of 7 dealt with, 7 changed" in done.text, "refresh" in done.headers) == (True, False)
    assert f"/contacts/actions/{action}" in browser().get("/contacts/actions").text
    assert browser().get("/contacts/actions/99").status_code == 404
    assert browser().get("/contacts/all/nope").status_code == 404


@pytest.fixture
def no_austin(many: list[int]) -> Iterator[None]:
    """The database refuses a city for the fourth contact and those after it."""
    write(f"ALTER TABLE contact ADD CONSTRAINT no_austin CHECK (city <> 'Austin' OR id < {many[3]})")
    yield
    write("ALTER TABLE contact DROP CONSTRAINT no_austin")


@pytest.mark.usefixtures("no_austin")
def test_a_batch_that_the_database_refuses_ends_the_action_and_nothing_of_it_is_done() -> None:
    action = do("field", field="city", value="Austin")
    work()
    found, handled, changed, problem = state(action)
    assert (found, handled, changed) == (7, 2, 2)
    assert "Something went wrong (IntegrityError)" in problem
    assert rows("SELECT count(*) FROM contact WHERE city = 'Austin'") == [(2,)]
