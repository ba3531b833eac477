"""My work: one page behind a standing link, ranked, worked off in place; and what wrong links get."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models import FollowUp, Opportunity, UnreadValue
from models.access.token import sign_token
from models.access.work_link import TaskLink, renew_link, sign_work_token
from models.contacts.interactions import LoggedCall, log_call
from models.database import engine
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook, let_reports_be_taken_back
from tests.support.web_pages import NOW, OUTCOMES, a_contact, a_rep, a_run, a_task, add, an_event, browser
from web.tasks.lead_clock import LeadClock, lead_clock, lead_clocks

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

    order = ("Late", "Soon", "Rich", "Stage", "Hot", "Cold")
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


def test_calls_stand_before_the_task_also_those_without_a_word_and_none_stands_twice(sarah: int) -> None:
    ana = rows("SELECT contact_id FROM task WHERE id = :id", id=theirs(sarah))[0][0]
    with engine().begin() as connection:
        for key, notes in (("a", ""), ("b", "Voicemail.")):
            call = LoggedCall(outcome="Could Not Reach", notes=notes, by="John Okafor")
            log_call(connection, ana, call, key, NOW - HOUR)
    an_event(ana, "call_connected", source="phone system", key="phone:1")
    an_event(ana, "call_connected", source="task", key="task:7:call")

    page = browser().get(work(sarah)).text

    before = page[page.index("Before this") :]
    assert before.count("<h3>Call</h3>") == 2
    shown = ('badge">Could Not Reach<', 'badge">Talked<', "Could Not Reach. Voicemail.")
    assert [before.count(words) for words in shown] == [1, 1, 1]


def test_a_zone_that_does_not_exist_is_no_error(sarah: int) -> None:
    theirs(sarah, phone="+12075550140", time_zone="Mars/Olympus")
    write("UPDATE rep SET time_zone = 'Nowhere/At_All'")
    page = browser().get(work(sarah))
    assert (page.status_code, "EST for them" in page.text or "EDT for them" in page.text) == (200, True)


SUMMER_NOON = datetime(2026, 7, 7, 19, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("where", "shown"),
    [
        ({"phone": "+12075550140"}, "15:30 EDT"),  # Maine, by the area code
        ({"phone": "+14155550140", "city": "San Francisco", "state": "CA"}, "12:30 PDT"),
        ({"phone": "+18005550140", "state": "CA"}, "12:30 PDT"),  # a number of no place
        ({"phone": "+12075550140", "state": "CA"}, "12:30 PDT or 15:30 EDT"),  # moved, and kept the number
        ({"phone": "+14155550140", "time_zone": "America/New_York"}, "15:30 EDT"),  # what they said themselves
        ({"phone": "+4930123456"}, "21:30 CEST"),
        ({"postal_code": "99501"}, "11:30 AKDT"),
        ({"phone": "+18005550140"}, "between 09:30 and 15:30"),  # anywhere in a country of many zones
        ({}, None),
    ],
)
def test_the_leads_time_is_found_by_what_is_known_of_their_place(
    sarah: int, where: dict[str, str], shown: str | None
) -> None:
    ana = a_contact(**where)
    with engine().connect() as connection:
        clock = lead_clocks(connection, [ana], SUMMER_NOON)[ana]
    assert (clock.text if clock else None) == shown


def test_early_late_and_sunday_are_said_for_whichever_place_it_may_be() -> None:
    zones = ("America/Los_Angeles", "America/New_York")
    early = lead_clock(zones, datetime(2026, 7, 7, 13, 30, tzinfo=UTC))
    assert early is not None
    assert (early.text, early.why) == ("06:30 PDT or 09:30 EDT", "early there")
    sunday = lead_clock(zones[:1], datetime(2026, 7, 5, 19, 30, tzinfo=UTC))
    assert sunday is not None
    assert sunday.why == "Sunday there"


def test_of_many_zones_the_earliest_and_the_latest_are_said_unless_they_are_half_a_world_apart() -> None:
    many = ("Pacific/Honolulu", "America/Denver", "America/New_York")
    some_early = lead_clock(many, datetime(2026, 7, 7, 13, 30, tzinfo=UTC))
    assert some_early == LeadClock("between 03:30 and 09:30", True, "perhaps early there")
    all_late = lead_clock((*many[1:], "America/Chicago"), datetime(2026, 7, 8, 3, 30, tzinfo=UTC))
    assert all_late == LeadClock("between 21:30 and 23:30", True, "late there")
    assert lead_clock((*many, "Asia/Tokyo"), datetime(2026, 7, 7, 13, 30, tzinfo=UTC)) is None


def test_the_response_that_is_promised_makes_a_call_due_and_the_card_says_so(sarah: int) -> None:
    task = theirs(sarah, "Ana", due=3 * HOUR)
    [(ana,)] = rows("SELECT contact_id FROM task WHERE id = :id", id=task)
    promised = {"contact_id": ana, "rep_id": sarah, "event_id": 1, "received_at": NOW, "due_at": NOW - HOUR / 6}
    add(FollowUp, **promised)
    write("UPDATE task SET created_at = :at", at=NOW - HOUR)
    page = browser().get(work(sarah)).text
    assert ("overdue" in page, "A first try is promised to them by" in page, "1 overdue" in page) == (True, True, True)
    assert "A first try is promised to them by" in browser().get(task_link(task, sarah)).text
    write("UPDATE follow_up SET first_contact_at = now()")
    assert "promised to them" not in browser().get(work(sarah)).text


@pytest.mark.parametrize("cause", ["no call", "of a colleague", "long before", "put off"])
def test_a_promise_that_a_task_does_not_keep_says_nothing_of_it(sarah: int, cause: str) -> None:
    task = theirs(sarah, "Ana", due=3 * HOUR)
    [(ana,)] = rows("SELECT contact_id FROM task WHERE id = :id", id=task)
    john = a_rep(name="John Okafor", email="john@example.com")
    received = NOW - timedelta(days=30) if cause == "long before" else NOW - HOUR
    whose = john if cause == "of a colleague" else sarah
    add(FollowUp, contact_id=ana, rep_id=whose, event_id=1, received_at=received, due_at=received + HOUR / 12)
    if cause == "no call":
        write('UPDATE task SET outcomes = \'["Sent", "Not Wanted"]\'')
    if cause == "put off":
        an_event(ana, "task_snoozed", str(task), data={"reason": "Away"})
    page = browser().get(work(sarah)).text
    assert ("promised to them" in page, '<span class="badge bad">overdue' in page) == (False, False)


def test_what_is_due_within_the_hour_is_amber(sarah: int) -> None:
    theirs(sarah, due=HOUR / 2)
    theirs(sarah, "Later", due=5 * HOUR)
    page = browser().get(work(sarah)).text
    assert re.findall(r'class="badge( warn)?">in', page) == [" warn", ""]


def test_why_a_colleague_gave_it_or_it_was_put_off_stands_on_the_card_and_on_its_page(sarah: int) -> None:
    john = a_rep(name="John Okafor", email="john@example.com")
    task = theirs(sarah)
    browser().post(f"{task_link(task, sarah)}/delegate", data={"to": str(john), "reason": "Speaks <Danish>"})
    for path in (work(john), task_link(task, john)):
        page = browser().get(path).text
        assert 'Sarah Miller asks you to do this:</strong> “<span class="said">Speaks &lt;Danish&gt;' in page
    day = (NOW + timedelta(days=4)).date().isoformat()
    browser().post(f"{task_link(task, john)}/snooze", data={"until": day, "at": "10:00", "reason": "On holiday"})
    page = browser().get(work(john)).text
    assert ("Put off:</strong>" in page, "On holiday" in page, "Danish" in page) == (True, True, False)


def test_a_bar_on_top_leads_to_tasks_leads_and_a_new_lead(sarah: int) -> None:
    theirs(sarah, owner_id=sarah)
    page = browser().get(work(sarah)).text
    bar = page.partition('class="work-bar"')[2].partition("</nav>")[0]
    assert re.findall(r"<b>(\d+)</b>", bar) == ["1", "1"]
    assert page.index('class="work-bar"') < page.index("<summary>")
    assert ("All about them" in page, "?later=1#later" in page) == (True, True)
    task = rows("SELECT id FROM task")[0][0]
    assert 'id="later" open' in browser().get(f"{task_link(task, sarah)}?later=1").text


def test_the_name_that_they_gave_stands_until_somebody_says_otherwise(sarah: int) -> None:
    given = {"found": "Upton Grade57", "expected": "a person's name", "event_id": 1, "received_at": NOW}
    names = {"first_name": None, "company": None, "phone": "+12075550157"}
    theirs(sarah, "up57", **names)
    write("UPDATE contact SET first_name = NULL")
    [(ana,)] = rows("SELECT id FROM contact")
    page = browser().get(work(sarah)).text
    assert ("<strong>up57@example.com</strong>" in page, ">Write</a>" in page) == (True, True)
    for field, found, name in (
        ("full_name", "http://spam.example", "up57@example.com"),
        ("full_name", "12345", "up57@example.com"),
        ("full_name", "Upton Grade57", "Upton Grade57"),
    ):
        add(UnreadValue, **given | {"contact_id": ana, "field": field, "found": found})
        page = browser().get(work(sarah)).text
        assert f"<strong>{name}</strong>" in page
    assert "Upton Grade57 has just asked us" in page
    write("UPDATE unread_value SET repaired_at = now()")
    assert "<strong>up57@example.com</strong>" in browser().get(work(sarah)).text


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
    assert "Reported: First call, Ana: Had Call: Qualified Lead." in page
    back = browser().post(f"{task_link(first, sarah)}/undo")
    assert (back.status_code, back.headers["location"]) == (303, task_link(first, sarah))
    # What was typed waits, however often the page is opened, on the page of the task and on their work.
    for path in (task_link(first, sarah), task_link(first, sarah), work(sarah)):
        shown = browser().get(path).text
        assert ("report is taken back" in shown, "Wants three seats.</textarea>" in shown) == (True, True)
        assert f'value="{QUALIFIED}" required checked' in shown
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
