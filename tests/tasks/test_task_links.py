"""Links to tasks after their time: whose they were, where the lead is now, and who reads old mails."""

from datetime import timedelta
from typing import Any

import pytest

from models import Role
from models.access.token import sign_token
from models.access.work_link import TaskLink, sign_work_token
from tests.support.database import rows, write
from tests.support.logins import WORLD, logged_in_as
from tests.support.playbook import apply_playbook, let_reports_be_taken_back
from tests.support.web_pages import (
    NOW,
    OUTCOMES,
    Browser,
    a_contact,
    a_rep,
    a_run,
    a_task,
    an_event,
    browser,
    task_path,
)

pytestmark = pytest.mark.usefixtures("database_url")
JOHN = {"name": "John Okafor", "email": "john@example.com"}
QUALIFIED, TRY_AGAIN = OUTCOMES
REPORT = {"outcome": QUALIFIED, "notes": "Wants three seats."}
ACTS = ("", "/undo", "/snooze", "/delegate", "/mail", "/qualify", "/change")


@pytest.fixture
def sarah() -> int:
    apply_playbook()
    return a_rep()


def about_ana(rep: int | None, **columns: Any) -> int:
    ana = a_contact(owner_id=rep)
    return a_task(ana, a_run(ana), **{"rep_id": rep} | columns)


def link(task: int, rep: int) -> str:
    return f"/tasks/{TaskLink(task, rep, 0).token}"


def from_afar() -> Browser:
    """Somebody with a link and no login."""
    return browser(WORLD)


def done() -> list[tuple[Any]]:
    return rows("SELECT outcome FROM task ORDER BY id")


def test_a_link_from_before_links_said_whose_they_are_shows_nothing_and_changes_nothing(sarah: int) -> None:
    task = about_ana(sarah)
    page = from_afar().get(task_path(task))
    assert (page.status_code, "Ana" in page.text, "This link has ended" in page.text) == (410, False, True)
    assert {from_afar().post(task_path(task) + act, data=REPORT).status_code for act in ACTS} == {410}
    assert done() == [(None,)]


def test_whoever_has_an_old_link_gets_the_task_mailed_anew_to_whose_it_is_now_once_an_hour(sarah: int) -> None:
    task, john = about_ana(sarah), a_rep(**JOHN)
    write("UPDATE task SET rep_id = :john, assignee = 'john@example.com'", john=john)
    for _ in "123":
        answer = from_afar().post(f"{task_path(task)}/new-link")
        assert (answer.status_code, "A new mail is on its way" in answer.text) == (200, True)
        assert "john" not in answer.text.lower()
    assert rows("SELECT to_address, task_id, kind FROM message") == [("john@example.com", task, "task")]


def test_nothing_is_mailed_anew_of_a_task_that_is_over(sarah: int) -> None:
    task = about_ana(sarah, done_at=NOW, outcome=QUALIFIED)
    assert "nothing to do here" in from_afar().post(f"{task_path(task)}/new-link").text
    assert rows("SELECT 1 FROM message") == []


def test_ops_who_may_work_open_tasks_from_their_pages_and_the_audit_says_so(sarah: int) -> None:
    task, nora = about_ana(sarah), logged_in_as(Role.WORK)
    assert nora.get(task_path(task)).status_code == 200
    evil = nora.post(task_path(task), data=REPORT, headers={"sec-fetch-site": "cross-site"})
    assert (evil.status_code, done()) == (403, [(None,)])
    assert nora.post(task_path(task), data=REPORT).status_code == 303
    assert rows("SELECT who, action FROM audit") == [("Nora Lindqvist", "reported on a task")]


def test_ops_who_only_look_open_nobodys_task(sarah: int) -> None:
    page = logged_in_as(Role.LOOK).get(task_path(about_ana(sarah)))
    assert (page.status_code, "Ana" in page.text) == (410, False)


def test_an_office_has_an_address_only_and_opens_its_tasks_by_their_number() -> None:
    task = a_task(assignee="office@example.com", rep_id=None)
    assert from_afar().get(task_path(task)).status_code == 200
    assert from_afar().post(task_path(task), data=REPORT).status_code == 303
    assert done() == [(QUALIFIED,)]


def test_a_task_given_to_a_salespersons_address_is_theirs_until_they_leave(sarah: int) -> None:
    task = about_ana(None, assignee="sarah@example.com")
    assert from_afar().get(task_path(task)).status_code == 410
    work = from_afar().get(f"/work/{sign_work_token(sarah, 0)}").text
    assert f'action="{link(task, sarah)}"' in work
    assert from_afar().get(link(task, sarah)).status_code == 200
    write("UPDATE rep SET active = false")
    assert from_afar().get(link(task, sarah)).status_code == 410
    assert from_afar().post(link(task, sarah), data=REPORT).status_code == 410
    assert done() == [(None,)]


def test_the_list_of_an_address_that_a_salesperson_had_once_is_nobodys(sarah: int) -> None:
    about_ana(sarah)
    old = f"/worklist/{sign_token('work list', 'sarah@example.com')}"
    assert "Ana" in from_afar().get(old).text
    write("UPDATE rep SET email = 'chen@example.com' WHERE id = :sarah", sarah=sarah)
    assert "Ana" not in from_afar().get(old).text


def test_whoever_has_the_lead_no_more_sees_their_own_report_alone(sarah: int) -> None:
    task, john = about_ana(sarah), a_rep(**JOHN)
    ana = rows("SELECT id FROM contact")[0][0]
    assert from_afar().post(link(task, sarah), data=REPORT).status_code == 303
    assert "Ana" in from_afar().get(link(task, sarah)).text

    write("UPDATE contact SET owner_id = :john, job_title = 'Clerk'", john=john)
    an_event(ana, "note_added", data={"text": "They are about to leave their supplier."})

    page = from_afar().get(link(task, sarah)).text
    assert "Wants three seats." in page
    assert not [secret for secret in ("Ana", "ana@example.com", "supplier", "Clerk") if secret in page]
    given = {"job_title": "Intern", "was_job_title": ""}
    assert from_afar().post(f"{link(task, sarah)}/qualify", data=given).status_code == 409
    late = from_afar().post(link(task, sarah), data={"outcome": TRY_AGAIN, "notes": "Second words"})
    assert (late.status_code, "Second words" in late.text, "Ana" in late.text) == (409, True, False)
    assert rows("SELECT job_title FROM contact") == [("Clerk",)]


def test_a_colleague_who_did_a_task_keeps_no_window_on_the_lead(sarah: int) -> None:
    john = a_rep(**JOHN)
    task = about_ana(sarah)
    write("UPDATE task SET rep_id = :john, assignee = 'john@example.com', delegated_at = now()", john=john)
    let_reports_be_taken_back()
    from_afar().post(link(task, john), data=REPORT)
    assert "Take it back" in from_afar().get(link(task, john)).text
    write("UPDATE task SET emit_at = NULL")
    assert "Ana" not in from_afar().get(link(task, john)).text


def test_a_report_taken_back_after_the_lead_went_to_another_shows_nothing_of_it(sarah: int) -> None:
    let_reports_be_taken_back()
    task, john = about_ana(sarah), a_rep(**JOHN)
    from_afar().post(link(task, sarah), data=REPORT)
    write("UPDATE contact SET owner_id = :john", john=john)
    from_afar().post(f"{link(task, sarah)}/undo")
    back = from_afar().get(link(task, sarah))
    assert ("John Okafor" in back.text, "Ana" in back.text) == (True, False)
    assert rows("SELECT rep_id, done_at FROM task") == [(john, None)]
    theirs = from_afar().get(link(task, john)).text
    assert ("Ana" in theirs, "Wants three seats." in theirs, "taken back" in theirs) == (True, False, False)


def test_other_words_after_a_report_was_taken_back_are_taken_from_the_same_form(sarah: int) -> None:
    let_reports_be_taken_back()
    task = about_ana(sarah)
    first, second = REPORT | {"key": "one"}, {"outcome": TRY_AGAIN, "notes": "No, it was the clerk.", "key": "one"}
    from_afar().post(link(task, sarah), data=first)
    from_afar().post(f"{link(task, sarah)}/undo")
    # The first report comes once more, from a phone that had no answer to it.
    assert from_afar().post(link(task, sarah), data=first).status_code == 303
    assert done() == [(None,)]
    assert from_afar().post(link(task, sarah), data=second).status_code == 303
    assert rows("SELECT outcome, notes FROM task") == [(TRY_AGAIN, "No, it was the clerk.")]


def test_other_words_from_the_same_form_after_a_report_are_shown_as_not_taken(sarah: int) -> None:
    task = about_ana(sarah)
    from_afar().post(link(task, sarah), data=REPORT | {"key": "one"})
    again = from_afar().post(link(task, sarah), data=REPORT | {"key": "one"})
    other = from_afar().post(link(task, sarah), data={"outcome": QUALIFIED, "notes": "More words", "key": "one"})
    assert (again.status_code, other.status_code, "More words" in other.text) == (303, 409, True)


def test_a_task_whose_mail_has_none_of_the_frames_blocks_has_no_instructions_and_the_page_stands(sarah: int) -> None:
    about_ana(sarah, template="parts", due_at=NOW + timedelta(hours=1))
    page = from_afar().get(f"/work/{sign_work_token(sarah, 0)}")
    assert (page.status_code, QUALIFIED in page.text) == (200, True)
