"""My work: one page behind a standing link, ranked, worked off in place; and what wrong links get."""

from datetime import timedelta
from typing import Any

import pytest

from models import Opportunity
from models.access.token import sign_token
from models.access.work_link import TaskLink, renew_link, sign_work_token
from models.database import engine
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook, let_reports_be_taken_back
from tests.support.web_pages import NOW, OUTCOMES, a_contact, a_rep, a_run, a_task, add, an_event, browser

pytestmark = pytest.mark.usefixtures("database_url")
SARAH, HOUR = "sarah@example.com", timedelta(hours=1)
QUALIFIED, TRY_AGAIN = OUTCOMES


@pytest.fixture
def sarah() -> int:
    apply_playbook()
    return a_rep(time_zone="America/Los_Angeles")


def theirs(rep: int, name: str = "Ana", due: timedelta = 9 * HOUR, **lead: Any) -> int:
    contact = a_contact(**{"email": f"{name}@example.com", "first_name": name, "last_name": None} | lead)
    return a_task(contact, rep_id=rep, due_at=NOW + due)


def work(rep: int, number: int = 0) -> str:
    return f"/work/{sign_work_token(rep, number)}"


def task_link(task: int, rep: int, number: int = 0) -> str:
    return f"/tasks/{TaskLink(task, rep, number).token}"


def test_overdue_comes_first_then_what_matters_most(sarah: int) -> None:
    theirs(sarah, "Cold", score=1)
    theirs(sarah, "Hot", score=50)
    theirs(sarah, "Soon", due=HOUR / 2, score=25)
    theirs(sarah, "Stage", score=20, stage="opportunity")
    deal = {"reference": "csv:1", "currency": "USD", "amount": 5_000, "event_id": 1, "stage": "open"}
    rich = rows("SELECT contact_id FROM task WHERE id = :id", id=theirs(sarah, "Rich", score=30))[0][0]
    add(Opportunity, contact_id=rich, **deal)
    theirs(sarah, "Late", due=-HOUR, score=0)
    a_task(a_contact(email="else@example.com", first_name="Elsewhere"), assignee="john@example.com")

    page = browser().get(work(sarah)).text

    order = ("Late", "Rich", "Stage", "Hot", "Soon", "Cold")
    assert sorted(order, key=lambda name: page.index(f"<strong>{name}</strong>")) == list(order)
    assert "Elsewhere" not in page
    assert "6 open" in page
    assert "Overdue first, then who asked again" in page


def test_a_card_has_what_they_asked_for_before_the_form_and_the_leads_time_beside_the_number(sarah: int) -> None:
    task = theirs(sarah, phone="+12075550140", time_zone="America/New_York")
    ana = rows("SELECT contact_id FROM task WHERE id = :id", id=task)[0][0]
    an_event(ana, "form_submitted", "request-info", data={"challenge": "Customer <loyalty>"})
    an_event(ana, "note_added", data={"text": "Met at the fair."})

    page = browser().get(work(sarah)).text

    shown = ("Call +1 207-555-0140", "for them", "Customer &lt;loyalty&gt;", "Find out three things", "How did it go?")
    assert sorted(shown, key=page.index) == list(shown)
    assert "Met at the fair." in page
    assert " PST" in page or " PDT" in page


def test_a_zone_that_does_not_exist_is_no_error(sarah: int) -> None:
    theirs(sarah, phone="+12075550140", time_zone="Mars/Olympus")
    write("UPDATE rep SET time_zone = 'Nowhere/At_All'")
    page = browser().get(work(sarah))
    assert (page.status_code, "for them" in page.text, "EST" in page.text or "EDT" in page.text) == (200, False, True)


def test_after_a_report_the_page_goes_on_with_the_next_task_and_offers_to_take_it_back(sarah: int) -> None:
    let_reports_be_taken_back()
    first, _ = theirs(sarah, "Ana", due=HOUR), theirs(sarah, "Bob", due=2 * HOUR)
    given = {"outcome": QUALIFIED, "notes": "Wants three seats.", "go_on": "work", "key": "one"}

    answer = browser().post(task_link(first, sarah), data=given)
    page = browser().get(answer.headers["location"]).text

    assert answer.status_code == 303
    assert "Take it back" in page
    assert "<strong>Bob</strong>" in page
    assert "<strong>Ana</strong>" not in page
    back = browser().post(f"{task_link(first, sarah)}/undo")
    assert (back.status_code, "Your report is taken back" in back.text, "Wants three seats." in back.text) == (
        200,
        True,
        True,
    )
    assert rows("SELECT count(*) FROM event") == [(0,)]
    again = browser().post(task_link(first, sarah), data=given)
    assert again.status_code == 303
    assert rows("SELECT done_at FROM task WHERE id = :id", id=first) == [(None,)]


def test_a_report_that_is_told_can_no_longer_be_taken_back(sarah: int) -> None:
    task = theirs(sarah)
    browser().post(task_link(task, sarah), data={"outcome": QUALIFIED})
    answer = browser().post(f"{task_link(task, sarah)}/undo")
    assert (answer.status_code, "can no longer be taken back" in answer.text) == (409, True)


def test_after_a_report_the_page_of_the_task_leads_to_the_next_one(sarah: int) -> None:
    task, _ = theirs(sarah), theirs(sarah, "Bob")
    browser().post(task_link(task, sarah), data={"outcome": QUALIFIED})
    page = browser().get(task_link(task, sarah)).text
    assert "Next: First call, Bob" in page
    assert work(sarah) in page


def test_a_link_ends_when_it_is_renewed_and_when_its_person_leaves(sarah: int) -> None:
    task = theirs(sarah)
    with engine().begin() as connection:
        token = renew_link(connection, sarah, NOW)
    old = [work(sarah), task_link(task, sarah), f"/worklist/{sign_token('work list', SARAH)}"]
    assert [browser().get(path).status_code for path in old] == [410, 410, 410]
    assert "replaced by a new one" in browser().get(work(sarah)).text
    assert browser().post(task_link(task, sarah), data={"outcome": QUALIFIED}).status_code == 410
    assert browser().get(f"/work/{token}").status_code == 200

    write("UPDATE rep SET active = false")
    ended = browser().get(f"/work/{token}")
    assert (ended.status_code, "works here no more" in ended.text) == (410, True)
    assert rows("SELECT done_at FROM task") == [(None,)]


@pytest.mark.parametrize("token", ["x", sign_token.__name__, "WzEsMF0.x"])
def test_a_forged_link_is_a_friendly_404(token: str) -> None:
    answer = browser().get(f"/work/{token}")
    assert (answer.status_code, "not one of ours" in answer.text) == (404, True)


def test_whoever_had_a_task_before_changes_nothing_and_learns_nothing_new_of_the_lead(sarah: int) -> None:
    task, john = theirs(sarah), a_rep(name="John Okafor", email="john@example.com")
    write("UPDATE task SET rep_id = :john, assignee = 'john@example.com'", john=john)
    page = browser().get(task_link(task, sarah)).text
    assert "This task is John Okafor" in page
    assert "Ana" not in page
    for act in ("", "/undo", "/snooze", "/delegate", "/mail", "/qualify", "/change"):
        assert browser().post(task_link(task, sarah) + act, data={"outcome": QUALIFIED}).status_code == 409
    assert rows("SELECT done_at FROM task") == [(None,)]


def test_a_task_page_whose_reader_is_not_known_leads_to_nobodys_page(sarah: int) -> None:
    page = browser().get(f"/tasks/{sign_token('task', theirs(sarah))}").text
    assert "/work/" not in page
    assert QUALIFIED in page


def test_an_office_without_a_page_of_its_own_has_the_same_list() -> None:
    a_task(assignee="office@example.com")
    page = browser().get(f"/worklist/{sign_token('work list', 'office@example.com')}").text
    assert "Ana Ribeiro" in page
    assert "My leads" not in page


@pytest.mark.parametrize("is_day", [False, True])
def test_a_promise_that_is_no_day_is_left_out_and_the_page_stands(sarah: int, is_day: bool) -> None:
    stored = f"{NOW:%Y-%m-%d}" if is_day else f"{NOW - 24 * HOUR:%Y-%m-%d}, about noon"
    pia = a_contact(email="p@example.com", first_name="Pia", owner_id=sarah, custom={"next_check_in": stored})
    an_event(pia, "call_connected", at=NOW - 72 * HOUR)
    write("UPDATE rep SET time_zone = 'UTC'")
    page = browser().get(work(sarah))
    assert (page.status_code, "Promised for today" in page.text) == (200, is_day)


def test_what_was_promised_for_today_and_the_own_leads_stand_below(sarah: int) -> None:
    today = NOW.date().isoformat()
    a_contact(
        email="p@example.com", first_name="Pia", last_name="Roth", owner_id=sarah, custom={"next_check_in": today}
    )
    write("UPDATE rep SET time_zone = 'UTC'")
    page = browser().get(work(sarah)).text
    assert "Promised for today" in page
    assert "My leads: 1" in page


def test_two_hundred_tasks_make_a_page_below_100_kilobytes(sarah: int) -> None:
    for n in range(200):
        contact = a_contact(email=f"{n}@example.com", first_name=f"Maximiliane {n}", company="Northlight Dental Group")
        form = ["call_summary", "next_steps", "next_check_in", "challenge"]
        a_task(contact, a_run(contact, key=str(n)), rep_id=sarah, form=form)
    assert len(browser().get(work(sarah)).content) < 100_000


def test_the_page_can_be_installed_and_its_scripts_are_ours(sarah: int) -> None:
    described = browser().get(f"{work(sarah)}/manifest.webmanifest")
    assert described.json()["start_url"] == work(sarah)
    assert browser().get("/work/offline.js").headers["content-type"].startswith("text/javascript")
    policy = browser().get(work(sarah)).headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
