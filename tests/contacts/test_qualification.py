"""What salespeople find out is saved from the task's page and the contact's, once, and rules follow it."""

import re
from datetime import timedelta

import pytest

from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.web_pages import HERE, NOW, OUTCOMES, a_contact, a_task, browser, events, task_path

KNOWN = (
    "SELECT mql_level, mql_level_by, has_budget, has_need, job_title, employees, custom ->> 'challenge' FROM contact"
)
ANSWERS = {
    **{"mql_level": "3", "has_budget": "yes", "has_need": "no", "job_title": " Owner ", "employees": "1,200"},
    **{"challenge": "Customer loyalty"},
}


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def saved(path: str, **answers: str) -> int:
    return browser().post(path, data=answers).status_code


def shown(path: str) -> dict[str, str]:
    """What the form on a page would send if nobody changed anything in it."""
    page = browser().get(path).text
    boxes = dict(re.findall(r'<input (?:type="hidden" )?name="(\w+)" value="([^"]*)"', page))
    choices = re.findall(r'<select name="(\w+)">(.*?)</select>', page, re.DOTALL)
    chosen = {name: re.findall(r'<option value="([^"]*)" selected', options) for name, options in choices}
    return boxes | {name: values[0] for name, values in chosen.items() if values}


def test_a_salesperson_saves_what_they_found_out_without_a_login() -> None:
    task = a_task()

    assert saved(f"{task_path(task)}/qualify", **ANSWERS) == 303
    assert rows(KNOWN) == [(3, "person", True, False, "Owner", 1200, "Customer loyalty")]
    assert events() == [("contact_changed", None)]
    assert rows("SELECT done_at FROM task") == [(None,)]


def test_with_the_report_it_is_one_form() -> None:
    task = a_task()
    report = {"outcome": OUTCOMES[0], "notes": "Three seats."}

    assert [saved(task_path(task), **ANSWERS, **report), saved(task_path(task), **ANSWERS, **report)] == [303, 303]
    assert rows(KNOWN)[0][:2] == (3, "person")
    assert [name for name, _ in events()].count("contact_changed") == 1
    assert rows("SELECT outcome FROM task") == [(OUTCOMES[0],)]


def test_the_same_again_changes_nothing_and_is_no_event() -> None:
    path = f"/contacts/{a_contact()}/qualify"
    assert [saved(path, **ANSWERS), saved(path, **ANSWERS)] == [303, 303]
    assert len(events()) == 1


def test_a_form_that_nobody_changed_keeps_what_others_have_saved_meanwhile() -> None:
    ana = a_contact(job_title="Clerk")
    opened_before = shown(f"/contacts/{ana}")
    saved(f"/contacts/{ana}/qualify", **ANSWERS)

    assert saved(f"/contacts/{ana}/qualify", **opened_before | {"has_timeline": "yes"}) == 303
    assert rows(KNOWN)[0] == (3, "person", True, False, "Owner", 1200, "Customer loyalty")
    assert rows("SELECT has_timeline FROM contact") == [(True,)]


def test_the_second_of_two_who_change_the_same_answer_is_shown_what_changed_and_decides() -> None:
    ana = a_contact(job_title="Clerk")
    opened_before = shown(f"/contacts/{ana}")
    saved(f"/contacts/{ana}/qualify", job_title="CEO", was_job_title="Clerk")

    late = browser().post(f"/contacts/{ana}/qualify", data=opened_before | {"job_title": "Intern"})
    assert (late.status_code, "Job title is “CEO” now" in late.text, 'value="Intern"' in late.text) == (422, True, True)
    assert rows("SELECT job_title FROM contact") == [("CEO",)]
    assert saved(f"/contacts/{ana}/qualify", job_title="Intern", was_job_title="CEO") == 303
    assert rows("SELECT job_title FROM contact") == [("Intern",)]


def test_an_answer_can_be_taken_back_and_the_level_is_left_to_the_rules_again() -> None:
    ana = a_contact(mql_level=2, mql_level_by="person", has_budget=True, job_title="Clerk")
    held = shown(f"/contacts/{ana}")
    saved(f"/contacts/{ana}/qualify", **held | {"mql_level": "", "has_budget": "", "job_title": ""})
    assert rows("SELECT mql_level, mql_level_by, has_budget, job_title FROM contact") == [(None, None, None, None)]


def test_a_level_that_the_rules_set_stays_theirs_when_something_else_is_saved() -> None:
    ana = a_contact(mql_level=2, mql_level_by="rule")
    saved(f"/contacts/{ana}/qualify", **shown(f"/contacts/{ana}") | {"has_need": "yes"})
    assert rows("SELECT mql_level, mql_level_by, has_need FROM contact") == [(2, "rule", True)]


def test_what_is_learned_after_the_task_is_done_counts_as_well() -> None:
    task = a_task(done_at=NOW, outcome=OUTCOMES[0])
    assert "/qualify" in browser().get(task_path(task)).text
    assert saved(f"{task_path(task)}/qualify", has_budget="no") == 303
    assert rows("SELECT has_budget FROM contact") == [(False,)]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({"mql_level": "4"}, "&#39;4&#39; is none of the answers: choose one of 1, 2, 3"),
        ({"has_need": "perhaps"}, "&#39;perhaps&#39; is none of the answers"),
        ({"employees": "a few"}, "Employees: “a few” does not fit here: give a number"),
        ({"employees": "2.5"}, "give a number of people such as 50, or a range such as 51-200."),
        ({"job_title": "x" * 201}, "The answers have 201 characters, at most 200 fit"),
        ({"challenge": "Sleep"}, "&#39;Sleep&#39; is none of the answers"),
    ],
)
def test_a_bad_answer_is_refused_in_a_sentence_and_nothing_is_saved(answer: dict[str, str], sentence: str) -> None:
    ana = a_contact()
    task = a_task(ana)
    report = {"outcome": OUTCOMES[0], "notes": "kept"}
    for path, more in ((f"/contacts/{ana}/qualify", {}), (f"{task_path(task)}/qualify", {}), (task_path(task), report)):
        page = browser().post(path, data={"has_budget": "yes"} | answer | more)
        assert (page.status_code, sentence in page.text) == (422, True), path
    assert (events(), rows("SELECT has_budget FROM contact")) == ([], [(None,)])


def test_forms_of_other_sites_and_strangers_are_refused() -> None:
    ana = a_contact()
    path = f"{task_path(a_task(ana))}/qualify"
    elsewhere = {"origin": "https://evil.example"}
    assert browser().post(path, data=ANSWERS, headers=elsewhere).status_code == 403
    assert browser().post(f"/contacts/{ana}/qualify", data=ANSWERS, headers=elsewhere).status_code == 403
    assert browser("http://tend.example.com").post(f"/contacts/{ana}/qualify", data=ANSWERS).status_code == 401
    assert browser().post("/tasks/forged/qualify", data=ANSWERS).status_code == 404
    assert browser().post("/contacts/999/qualify", data=ANSWERS, headers={"origin": HERE}).status_code == 404
    assert events() == []


def test_scanners_change_nothing() -> None:
    task = a_task(due_at=NOW + timedelta(days=1))
    assert browser().get(f"{task_path(task)}/qualify").status_code == 405
    assert events() == []
