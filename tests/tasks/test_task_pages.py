"""The task page: a salesperson reports once, scanners change nothing, and every wrong way gets a sentence."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from models import RepeatedRequest
from models.access.token import sign_token
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook
from tests.support.web_pages import (
    NOW,
    OUTCOMES,
    a_contact,
    a_rep,
    a_run,
    a_task,
    add,
    an_event,
    browser,
    events,
    task_path,
)

pytestmark = pytest.mark.usefixtures("database_url")

QUALIFIED, TRY_AGAIN = OUTCOMES


def report(task: int, outcome: str = QUALIFIED, notes: str = "Wants three seats.") -> int:
    answer = browser().post(task_path(task), data={"outcome": outcome, "notes": notes})
    return answer.status_code


def test_a_salesperson_sees_who_to_call_and_everything_known() -> None:
    ana = a_contact(phone="+12075550140", job_title="Owner", preferred_time="Morning")
    an_event(ana, "form_submitted", "request-info", data={"challenge": "Customer loyalty", "redirect": "/site/thanks"})
    a_task(
        ana, a_run(ana, key="before"), done_at=NOW, outcome=TRY_AGAIN, notes="Left a voicemail.", name="earlier call"
    )
    page = browser().get(task_path(a_task(ana, a_run(ana, key="now", exclusive=False)))).text

    shown = ("Ana Ribeiro", "Northlight Dental", "tel:+12075550140", "mailto:ana@example.com", "Morning")
    assert [word for word in (*shown, "Customer loyalty", "Left a voicemail.", *OUTCOMES) if word not in page] == []
    assert "/site/thanks" not in page
    assert "Overdue" not in page


def test_what_is_dialled_after_the_number_stands_beside_it() -> None:
    page = browser().get(task_path(a_task(a_contact(phone="+12075550140", phone_extension="12")))).text
    assert 'href="tel:+12075550140;ext=12"' in page
    assert "Call +1 207-555-0140 ext. 12" in page


def test_a_late_task_says_so() -> None:
    assert "Overdue" in browser().get(task_path(a_task(due_at=NOW - timedelta(hours=3)))).text


def test_the_outcome_is_recorded_and_the_journey_told() -> None:
    task = a_task()

    answer = browser().post(task_path(task), data={"outcome": QUALIFIED, "notes": "Wants three seats.\r\nTuesday."})

    assert (answer.status_code, answer.headers["location"]) == (303, task_path(task))
    assert rows("SELECT outcome, notes, done_at IS NOT NULL FROM task") == [
        (QUALIFIED, "Wants three seats.\nTuesday.", True)
    ]
    assert events() == [("task_done", str(task)), ("call_connected", None)]
    [(data,)] = rows("SELECT data FROM event WHERE name = 'task_done'")
    assert data == {
        "task": task,
        "name": "first call",
        "outcome": QUALIFIED,
        "notes": "Wants three seats.\nTuesday.",
        "by": "sarah@example.com",
    }


def test_nobody_spoke_to_a_lead_who_was_not_reached() -> None:
    task = a_task()
    report(task, TRY_AGAIN)
    assert events() == [("task_done", str(task))]


def test_a_report_that_comes_late_or_twice_changes_nothing_that_was_found_out_meanwhile() -> None:
    task = a_task()
    said = {"outcome": QUALIFIED, "job_title": "Clerk"}
    assert browser().post(task_path(task), data=said).status_code == 303
    write("UPDATE contact SET job_title = 'CEO'")
    assert browser().post(task_path(task), data=said).status_code == 303
    assert browser().post(task_path(task), data={"outcome": TRY_AGAIN, "job_title": "Intern"}).status_code == 409
    assert rows("SELECT job_title FROM contact") == [("CEO",)]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_scanners_that_open_the_link_change_nothing(method: str) -> None:
    task = a_task()
    before = rows("SELECT * FROM task")

    assert browser().request(method, task_path(task)).status_code == 200
    assert rows("SELECT * FROM task") == before
    assert events() == []


def test_the_same_report_again_is_no_error_and_another_one_shows_what_stands() -> None:
    task = a_task()
    assert [report(task), report(task), report(task, TRY_AGAIN)] == [303, 303, 409]

    page = browser().get(task_path(task)).text
    assert "Recorded" in page
    assert QUALIFIED in page
    assert 'name="outcome"' not in page
    assert len(events()) == 2


def test_of_two_reports_at_once_one_counts() -> None:
    task, together, statuses = a_task(), threading.Barrier(2), []

    def post(outcome: str) -> None:
        together.wait()
        statuses.append(report(task, outcome))

    threads = [threading.Thread(target=post, args=(outcome,)) for outcome in OUTCOMES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [303, 409]
    [(outcome,)] = rows("SELECT outcome FROM task")
    assert rows("SELECT data ->> 'outcome' FROM event WHERE name = 'task_done'") == [(outcome,)]


@pytest.mark.parametrize(
    ("outcome", "notes", "sentence"),
    [
        ("", "kept", "No outcome was chosen"),
        ("Had Lunch", "kept", "&#39;Had Lunch&#39; is not one of the outcomes"),
        (QUALIFIED, "kept" + "x" * 10_000, "10,004 characters, at most 10,000"),
    ],
)
def test_a_bad_report_is_refused_in_a_sentence_and_the_form_is_kept(outcome: str, notes: str, sentence: str) -> None:
    answer = browser().post(task_path(a_task()), data={"outcome": outcome, "notes": notes})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert ">kept" in answer.text
    assert events() == []


def test_an_encoding_that_can_spell_half_a_character_is_refused() -> None:
    body = b'--b\r\ncontent-disposition: form-data; name="outcome"\r\n\r\n' + QUALIFIED.encode()
    body += b'\r\n--b\r\ncontent-disposition: form-data; name="notes"\r\n\r\n+2AA-\r\n--b--\r\n'
    kind = "multipart/form-data; boundary=b; charset=utf-7"

    answer = browser().post(task_path(a_task()), content=body, headers={"content-type": kind})

    assert answer.status_code == 415
    assert "utf-8 was expected" in answer.text


def test_a_task_that_is_no_longer_needed_says_why() -> None:
    ana = a_contact()
    run = a_run(ana, status="ended", ending="bought", ended_at=NOW)
    task = a_task(ana, run, closed_at=NOW)

    page = browser().get(task_path(task)).text
    assert "Nothing to do here any more" in page
    assert "bought" in page
    assert report(task) == 409
    assert events() == []


def test_a_forged_or_cut_off_link_is_a_friendly_404() -> None:
    token = sign_token("task", a_task())
    for forged in (token[:-1], sign_token("unsubscribe", 1), "x"):
        answer = browser().get(f"/tasks/{forged}")
        assert (answer.status_code, "not one of ours" in answer.text) == (404, True)


def test_a_task_of_an_erased_contact_says_that_nothing_is_left_to_do() -> None:
    answer = browser().get(task_path(999))
    assert (answer.status_code, "has been erased" in answer.text) == (404, True)


def test_the_work_list_has_overdue_first_then_the_highest_score() -> None:
    def waiting(name: str, score: int, due: timedelta, assignee: str = "sarah@example.com") -> None:
        contact = a_contact(email=f"{name}@example.com", first_name=name, last_name=None, score=score)
        a_task(contact, due_at=NOW + due, assignee=assignee)

    waiting("Cold", 1, timedelta(hours=2))
    waiting("Hot", 50, timedelta(hours=9))
    waiting("Late", 0, -timedelta(hours=1))
    waiting("Elsewhere", 90, timedelta(hours=1), "john@example.com")

    page = browser().get(f"/worklist/{sign_token('work list', 'sarah@example.com')}").text

    assert sorted(("Late", "Hot", "Cold"), key=page.index) == ["Late", "Hot", "Cold"]
    assert "Elsewhere" not in page
    assert "3 open" in page
    assert "1 overdue" in page


def test_salespeople_read_when_something_is_due_by_the_clock_of_their_mails() -> None:
    apply_playbook()
    task = a_task(due_at=datetime(2026, 1, 15, 15, 30, tzinfo=UTC))
    work_list = f"/worklist/{sign_token('work list', 'sarah@example.com')}"
    shown = [browser().get(path).text for path in (task_path(task), work_list)]
    assert ["15 Jan 2026, 10:30 EST" in page for page in shown] == [True, True]


def test_ops_see_the_tasks_of_everybody() -> None:
    a_task(rep_id=a_rep())
    page = browser().get("/tasks").text
    assert "Sarah Miller" in page
    assert "Ana Ribeiro" in page


def test_who_asked_again_is_on_the_page_of_the_task_and_marked_on_the_work_list() -> None:
    ana = a_contact()
    an_event(ana, "form_submitted", "request-info", data={"challenge": "Customer loyalty"})
    task = a_task(ana, rep_id=a_rep())
    asked = an_event(ana, "form_submitted", "request-call", data={"request": "Call me at <five>"})
    add(RepeatedRequest, event_id=asked)
    other = {"event": asked, "name": "Mary Hill", "kept": "Ana Ribeiro"}
    an_event(ana, "other_name_given", data=other)

    page = browser().get(task_path(task)).text
    work_list = browser().get(f"/worklist/{sign_token('work list', 'sarah@example.com')}").text
    ops = browser().get("/tasks").text

    sent = "They sent the form “request call” as Mary Hill"
    both = ("They have asked again", sent, "Call me at &lt;five&gt;", "Customer loyalty")
    assert [word for word in both if word not in page] == []
    assert ["asked again" in shown for shown in (work_list, ops)] == [True, True]


def test_a_report_answers_the_requests_that_its_page_showed() -> None:
    ana = a_contact()
    task = a_task(ana, rep_id=a_rep())
    seen, later = (an_event(ana, "form_submitted", form, data={"request": form}) for form in ("one", "two"))
    for event in (seen, later):
        add(RepeatedRequest, event_id=event)

    data = {"outcome": QUALIFIED, "notes": "", "seen_request": str(seen)}
    assert browser().post(task_path(task), data=data).status_code == 303

    assert rows("SELECT event_id, task_id FROM repeated_request ORDER BY 1") == [(seen, task), (later, None)]
    assert ("asked_again", None) in events()
    assert "They had asked again" in browser().get(task_path(task)).text


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 40, "²"])
def test_a_report_without_a_number_of_a_request_answers_all(seen: str) -> None:
    ana = a_contact()
    task = a_task(ana, rep_id=a_rep())
    add(RepeatedRequest, event_id=an_event(ana, "form_submitted", "request-call"))
    data = {"outcome": QUALIFIED, "notes": "", "seen_request": seen}
    assert browser().post(task_path(task), data=data).status_code == 303
    assert rows("SELECT task_id FROM repeated_request") == [(task,)]
