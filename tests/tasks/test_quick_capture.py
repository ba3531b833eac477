"""Quick capture: a lead that a salesperson met, and notes, calls and answers about a lead of theirs without a task."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models import Placement
from models.access.post_limit import seconds_to_wait
from models.access.work_link import sign_work_token
from models.database import engine
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook
from tests.support.reps import HOUR, JOHN, SARAH, a_lead, rep
from tests.support.web_pages import NOW, a_run, a_task, add, an_event, browser
from web.work.new_lead import PER, POSTS

CALL_TASK_OUTCOMES = ["Had Call: Qualified Lead", "Had Call: Unqualified Lead", "Could Not Reach: Try Again"]
MET = {"name": "Ana Ribeiro", "company": "Northlight Dental", "phone": "(207) 555-0140", "request": "A <demo>"}


@pytest.fixture(autouse=True)
def playbook(database_url: str) -> None:
    apply_playbook()


def work() -> str:
    return f"/work/{sign_work_token(rep(SARAH), 0)}"


def names() -> list[str]:
    return [name for (name,) in rows("SELECT name FROM event ORDER BY id")]


def test_a_lead_that_was_met_is_theirs_and_stored_once() -> None:
    given = MET | {"key": "one"}
    answers = [browser().post(f"{work()}/new-lead", data=given) for _ in "12"]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert rows("SELECT first_name, company, phone, owner_id FROM contact") == [
        ("Ana", "Northlight Dental", "+12075550140", rep(SARAH))
    ]
    assert rows("SELECT topic, source FROM event WHERE name = 'form_submitted'") == [("met-in-person", "salesperson")]
    page = browser().get(answers[0].headers["location"]).text
    assert ("Ana Ribeiro" in page, "The lead is yours" in page, "A &lt;demo&gt;" in page) == (True, True, True)


def test_a_lead_of_somebody_else_is_not_stolen_and_nothing_changes() -> None:
    a_lead(JOHN, phone="+12075550140", first_name="Anna")
    before = rows("SELECT * FROM contact")
    answer = browser().post(f"{work()}/new-lead", data=MET)
    assert (answer.status_code, "This lead is John Okafor" in answer.text) == (409, True)
    assert "A &lt;demo&gt;" in answer.text
    assert (rows("SELECT * FROM contact"), names()) == (before, [])


def test_an_own_lead_is_found_again_and_one_of_nobodys_becomes_theirs() -> None:
    own = a_lead(SARAH, phone="+12075550140")
    assert browser().post(f"{work()}/new-lead", data=MET).headers["location"] == f"{work()}/leads/{own}?saved=lead"


def test_another_lead_from_the_same_showing_of_the_form_is_another() -> None:
    for name, phone in (("Ana", "(207) 555-0140"), ("Bob", "(207) 555-0141")):
        browser().post(f"{work()}/new-lead", data=MET | {"name": name, "phone": phone, "key": "one"})
    assert rows("SELECT first_name FROM contact ORDER BY id") == [("Ana",), ("Bob",)]


def test_a_call_that_is_sent_twice_is_one_also_where_the_first_was_the_report_of_a_task() -> None:
    lead = a_lead(SARAH)
    a_task(lead, a_run(lead), rep_id=rep(SARAH), outcomes=["Talked", "Could Not Reach"])
    given = {"outcome": "Talked", "notes": "Likes it.", "key": "k"}
    assert [browser().post(f"{work()}/leads/{lead}/call", data=given).status_code for _ in "12"] == [303, 303]
    assert names() == ["task_done", "call_connected"]


def of_a_partner() -> None:
    """Sarah is somebody of another organisation from now on."""
    write(
        """
        WITH partner AS (INSERT INTO team (name, partner, manager_email) VALUES ('Partners', true, 'boss@example.com')
                         RETURNING id)
        UPDATE rep SET team_id = partner.id FROM partner WHERE rep.id = :sarah""",
        sarah=rep(SARAH),
    )


def tasks_asked_for() -> list[tuple[str | None, str]]:
    """To whom they go, None for the owner, and who asks."""
    return rows("SELECT start_data ->> 'to', start_data ->> 'by' FROM journey_run WHERE journey = 'follow_up_task'")


@pytest.mark.parametrize("owner_of_lead", [None, JOHN])
def test_people_of_a_partner_take_no_lead_that_we_know_and_are_not_told_that_we_do(owner_of_lead: str | None) -> None:
    lead = a_lead(phone="+12075550140", first_name="Anna", owner_id=rep(owner_of_lead) if owner_of_lead else None)
    an_event(lead, "note_added", data={"text": "internal secret"})
    of_a_partner()
    known = browser().post(f"{work()}/new-lead", data=MET | {"key": "one"})
    again = browser().post(f"{work()}/new-lead", data=MET | {"key": "one"})
    new = browser().post(f"{work()}/new-lead", data={"name": "Tom", "phone": "(207) 555-0199", "key": "two"})
    assert {known.text, again.text} == {new.text}
    assert known.status_code == new.status_code == 200
    assert rows("SELECT owner_id FROM contact WHERE id = :lead", lead=lead) == [
        (rep(owner_of_lead) if owner_of_lead else None,)
    ]
    assert "Tom" in browser().get(f"{work()}/leads").text
    assert tasks_asked_for() == [(None if owner_of_lead else "boss@example.com", "Sarah Miller")]
    [(words,)] = rows("SELECT data ->> 'text' FROM event WHERE name = 'note_added' AND source = 'person'")
    assert "A <demo>" in words
    page = browser().get(f"{work()}/leads/{lead}")
    assert (page.status_code, "John" in page.text, "secret" in page.text) == (409, False, False)


def test_a_customer_without_an_owner_is_not_taken_and_what_was_heard_goes_to_the_manager() -> None:
    lead = a_lead(phone="+12075550140", owner_id=None, stage="customer")
    assert "Your lead is noted" in browser().post(f"{work()}/new-lead", data=MET).text
    assert rows("SELECT owner_id FROM contact WHERE id = :lead", lead=lead) == [(None,)]
    assert len(tasks_asked_for()) == 1


def test_a_lead_that_waits_for_somebody_is_not_taken() -> None:
    lead = a_lead(phone="+12075550140", owner_id=None)
    add(Placement, contact_id=lead, router="inbound", reason="rule", offered=True, queued_at=NOW - HOUR)
    assert "Your lead is noted" in browser().post(f"{work()}/new-lead", data=MET).text
    assert rows("SELECT owner_id FROM contact WHERE id = :lead", lead=lead) == [(None,)]


def test_the_address_of_one_lead_and_the_number_of_another_make_no_one_of_two() -> None:
    one, two = a_lead(SARAH, email="ana@example.com"), a_lead(JOHN, phone="+12075550140")
    browser().post(f"{work()}/new-lead", data=MET | {"email": "ana@example.com"})
    assert rows("SELECT id, owner_id FROM contact ORDER BY id") == [(one, rep(SARAH)), (two, rep(JOHN))]
    assert rows("SELECT 1 FROM contact_merge") == []


def test_somebody_who_adds_leads_without_end_has_to_wait_and_loses_no_word() -> None:
    with engine().begin() as connection:
        now = datetime.now(UTC)
        for _ in range(POSTS):
            assert seconds_to_wait(connection, f"new lead {rep(SARAH)}", POSTS, PER, now) == 0
    answer = browser().post(f"{work()}/new-lead", data=MET)
    assert (answer.status_code, "A &lt;demo&gt;" in answer.text) == (429, True)
    assert rows("SELECT 1 FROM contact") == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"phone": "", "email": ""}, "No number and no address"),
        ({"phone": "12"}, "12"),
        ({"email": "ana@"}, "ana@"),
        ({"request": "x" * 5_000}, "5,000 characters"),
    ],
)
def test_what_cannot_be_read_is_said_and_kept(change: dict[str, str], sentence: str) -> None:
    answer = browser().post(f"{work()}/new-lead", data=MET | change)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Northlight Dental" in answer.text
    assert names() == []


def test_a_call_without_a_task_is_logged_once_with_the_day_of_the_next_talk() -> None:
    lead = a_lead(SARAH)
    day = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    given = {"outcome": "Talked", "notes": "Likes it.", "next_check_in": day, "key": "k"}
    assert [browser().post(f"{work()}/leads/{lead}/call", data=given).status_code for _ in "12"] == [303, 303]
    assert names() == ["call_connected", "note_added", "contact_changed"]
    assert rows("SELECT custom ->> 'next_check_in' FROM contact") == [(day,)]
    assert rows("SELECT data ->> 'by', data ->> 'rep_id' FROM event WHERE name = 'call_connected'") == [
        ("Sarah Miller", str(rep(SARAH)))
    ]
    assert "Likes it." in browser().get(f"{work()}/leads/{lead}").text


@pytest.mark.parametrize("day", ["2020-01-01", "1999-12-31"])
def test_a_next_talk_in_the_past_is_refused_and_what_was_typed_is_kept(day: str) -> None:
    lead = a_lead(SARAH)
    given = {"outcome": "Talked", "notes": "Likes it.", "next_check_in": day, "key": "k"}
    refused = browser().post(f"{work()}/leads/{lead}/call", data=given)
    assert (refused.status_code, "give a day from tomorrow on" in refused.text) == (422, True)
    assert "Likes it.</textarea>" in refused.text
    assert names() == []


def a_call_task(lead: int, **columns: Any) -> int:
    return a_task(lead, rep_id=rep(SARAH), assignee=SARAH, outcomes=CALL_TASK_OUTCOMES, **columns)


def test_a_call_that_a_task_asks_for_is_its_report() -> None:
    lead = a_lead(SARAH)
    task = a_call_task(lead, form=["call_summary", "next_check_in"])
    page = browser().get(f"{work()}/leads/{lead}").text
    assert ("It is the report of your task “First call”" in page, 'action="/tasks/' in page) == (True, True)
    assert f'action="{work()}/leads/{lead}/call"' not in page
    given = {"outcome": "Could Not Reach", "notes": "Voicemail.", "key": "k"}
    answers = [browser().post(f"{work()}/leads/{lead}/call", data=given) for _ in "12"]
    assert answers[0].headers["location"] == f"{work()}?reported={task}"
    assert rows("SELECT outcome, notes FROM task") == [("Could Not Reach: Try Again", "Voicemail.")]


def test_a_talk_that_could_mean_several_outcomes_is_asked_about_and_the_words_stay() -> None:
    lead = a_lead(SARAH)
    a_call_task(lead)
    asked = browser().post(f"{work()}/leads/{lead}/call", data={"outcome": "Talked", "notes": "Wants <two>"})
    assert (asked.status_code, "say how it went in its words" in asked.text) == (422, True)
    assert "Wants &lt;two&gt;</textarea>" in asked.text
    assert (names(), rows("SELECT done_at FROM task")) == ([], [(None,)])


def test_a_task_of_a_colleague_about_the_lead_is_not_reported_by_ones_own_call() -> None:
    lead = a_lead(SARAH)
    a_task(lead, rep_id=rep(JOHN), outcomes=CALL_TASK_OUTCOMES)
    browser().post(f"{work()}/leads/{lead}/call", data={"outcome": "Talked", "key": "k"})
    assert (names(), rows("SELECT done_at FROM task")) == (["call_connected"], [(None,)])


def test_a_task_for_oneself_is_due_when_they_say_and_given_once() -> None:
    lead = a_lead(SARAH)
    day = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()
    given = {"kind": "follow_up", "until": day, "at": "15:30", "note": "Send the <plan>", "key": "k"}
    answers = [browser().post(f"{work()}/leads/{lead}/task", data=given) for _ in "12"]
    assert "The task is yours" in browser().get(answers[1].headers["location"]).text
    [(data,)] = rows("SELECT start_data FROM journey_run")
    assert (data["rep_id"], data["note"], data["by"]) == (rep(SARAH), "Send the <plan>", "Sarah Miller")
    assert f"{day}T" in data["due_at"]


@pytest.mark.parametrize(
    "slip", [{"until": "2020-01-01"}, {"until": ""}, {"kind": "juggle"}, {"note": "x" * 5_000}, {"at": "25:99"}]
)
def test_a_task_for_oneself_that_cannot_be_is_a_sentence_that_keeps_what_was_typed(slip: dict[str, str]) -> None:
    lead = a_lead(SARAH)
    day = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()
    given = {"kind": "follow_up", "until": day, "at": "15:30", "note": "Send it", "key": "k"} | slip
    refused = browser().post(f"{work()}/leads/{lead}/task", data=given)
    assert (refused.status_code, 'role="alert"' in refused.text) == (422, True)
    assert f">{given['note']}</textarea>" in refused.text
    assert rows("SELECT count(*) FROM journey_run") == [(0,)]


@pytest.mark.parametrize(
    ("outcome", "told"),
    [("Could Not Reach", ["call_tried"]), ("Talked: Not Interested", ["call_connected", "turned_us_down"])],
)
def test_what_came_of_a_call_is_told(outcome: str, told: list[str]) -> None:
    lead = a_lead(SARAH)
    browser().post(f"{work()}/leads/{lead}/call", data={"outcome": outcome})
    assert names() == told


def test_a_note_and_answers_are_saved_and_empty_ones_are_not() -> None:
    lead = a_lead(SARAH)
    assert browser().post(f"{work()}/leads/{lead}/note", data={"notes": " "}).status_code == 422
    assert browser().post(f"{work()}/leads/{lead}/note", data={"notes": "<b>Bold</b>"}).status_code == 303
    assert "&lt;b&gt;Bold" in browser().get(f"{work()}/leads/{lead}").text
    browser().post(f"{work()}/leads/{lead}/answers", data={"has_budget": "yes", "was_has_budget": ""})
    assert rows("SELECT has_budget FROM contact") == [(True,)]


def test_about_a_lead_of_somebody_else_nothing_is_shown_or_changed() -> None:
    lead = a_lead(JOHN, first_name="Zelda")
    page = browser().get(f"{work()}/leads/{lead}")
    assert (page.status_code, "Zelda" in page.text, "This lead is John Okafor" in page.text) == (409, False, True)
    for act in ("note", "call", "answers", "task"):
        given = {"notes": "x", "outcome": "Talked", "kind": "follow_up", "until": "2030-01-01"}
        assert browser().post(f"{work()}/leads/{lead}/{act}", data=given).status_code == 409
    assert names() == []
    assert browser().get(f"{work()}/leads/999999").status_code == 404


def test_own_leads_are_found_by_name_and_number() -> None:
    a_lead(SARAH, first_name="Zelda", phone="+12075550140")
    a_lead(SARAH, first_name="Quinn")
    a_lead(JOHN, first_name="Zelda", last_name="Elsewhere")
    for typed in ("zel", "207 555 0140"):
        page = browser().get(f"{work()}/leads", params={"q": typed}).text
        assert ("Zelda" in page, "Quinn" in page, "Elsewhere" in page) == (True, False, False)
