"""Fields with the outcome: asked by the journey, filled in on the page, on the contact, in the mail about the talk."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from flows.operations.mail.deliver_messages import deliver_due
from flows.runtime import Journey
from flows.runtime.maps.journey_map import build_map
from flows.runtime.prefect_flow import discover
from models.playbook import Playbook
from models.tasks.form import form_fields, unknown_fields
from models.wording import day_and_year
from tests.support.database import rows
from tests.support.mail.outbox import FakeMailer
from tests.support.playbook import apply_playbook, the_shipped_playbook
from tests.support.story import MONDAY, Story
from tests.support.web_pages import OUTCOMES, a_contact, a_task, browser, task_path

FORM = ["call_summary", "next_steps", "next_check_in", "challenge"]
NEXT_TALK = (datetime.now(UTC) + timedelta(days=400)).date().isoformat()
GIVEN = {
    "call_summary": "You want two weeks off in July.",
    "next_steps": "I send the plan.\r\nYou show it to Dana.",
    "next_check_in": NEXT_TALK,
    "challenge": "Customer loyalty",
}
KEPT = GIVEN | {"next_steps": "I send the plan.\nYou show it to Dana."}
REPORT = {"outcome": OUTCOMES[0], "notes": "Drives a hard bargain."}


@pytest.fixture
def playbook(database_url: str) -> Playbook:
    return apply_playbook()


def told() -> Any:
    """What the task, the contact and the event say."""
    task = rows("SELECT answers FROM task")[0][0]
    custom = rows("SELECT custom FROM contact")[0][0]
    event = rows("SELECT data -> 'answers' FROM event WHERE name = 'task_done'")
    return task, custom, event


def test_what_is_filled_in_stays_with_the_task_and_on_the_contact(playbook: Playbook) -> None:
    task = a_task(form=FORM)
    assert browser().post(task_path(task), data=GIVEN | REPORT).status_code == 303
    assert told() == (KEPT, KEPT, [(KEPT,)])
    # So that scores see what was learned when the journey goes on.
    assert rows("SELECT name FROM event ORDER BY id") == [("contact_changed",), ("task_done",), ("call_connected",)]
    page = browser().get(task_path(task)).text
    assert "You want two weeks off in July." in page


def test_an_empty_form_says_nothing_and_takes_nothing_back(playbook: Playbook) -> None:
    task = a_task(a_contact(custom={"challenge": "Customer loyalty"}), form=FORM)
    empty = dict.fromkeys(FORM, "")
    assert browser().post(task_path(task), data=empty | REPORT).status_code == 303
    assert told() == ({}, {"challenge": "Customer loyalty"}, [(None,)])


def test_the_page_begins_with_what_is_known_but_not_with_the_words_of_an_earlier_talk(playbook: Playbook) -> None:
    page = browser().get(task_path(a_task(a_contact(custom=KEPT), form=FORM))).text
    assert '<option value="Customer loyalty" selected>' in page
    assert "two weeks off" not in page
    assert NEXT_TALK not in page
    assert page.count('name="challenge"') == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"next_check_in": "2020-01-01"}, "“1 Jan 2020” does not fit here: give a day from tomorrow on."),
        ({"next_check_in": "next week"}, "When you talk again: “next week” does not fit here: give a date"),
        (
            {"next_check_in": "2126-03-12"},
            "“2126-03-12” does not fit here: give a date within the next ten years.",
        ),
        ({"next_check_in": "9999-12-31"}, "When you talk again: “9999-12-31” does not fit here: give a date"),
        ({"challenge": "Sleep"}, "Biggest challenge: “Sleep” does not fit here: give one of"),
        ({"call_summary": "x" * 10_001}, "10,001 characters, at most 10,000 fit"),
        ({"outcome": "Had Lunch"}, "is not one of the outcomes"),
    ],
)
def test_what_cannot_be_taken_is_refused_and_all_that_was_typed_stays(
    playbook: Playbook, wrong: dict[str, str], sentence: str
) -> None:
    answer = browser().post(task_path(a_task(form=FORM)), data=GIVEN | REPORT | {"next_steps": "Typed."} | wrong)
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert ">Typed.</textarea>" in answer.text
    assert ">Drives a hard bargain.</textarea>" in answer.text
    assert told() == ({}, {}, [])


def test_the_same_twice_is_one_report_and_another_changes_nothing(playbook: Playbook) -> None:
    task = a_task(form=FORM)
    others = GIVEN | {"call_summary": "Something else."}
    statuses = [browser().post(task_path(task), data=given | REPORT).status_code for given in (GIVEN, GIVEN, others)]
    assert statuses == [303, 303, 409]
    assert told() == (KEPT, KEPT, [(KEPT,)])
    assert rows("SELECT count(*) FROM event WHERE name = 'contact_changed'") == [(1,)]


def test_only_fields_of_the_form_are_taken(playbook: Playbook) -> None:
    browser().post(task_path(a_task(form=["challenge"])), data=GIVEN | REPORT | {"suppressed": "bounced"})
    assert told()[0] == {"challenge": "Customer loyalty"}
    assert rows("SELECT suppressed FROM contact") == [(None,)]


def test_saving_what_was_found_out_keeps_a_report_that_was_begun(playbook: Playbook) -> None:
    path = task_path(a_task(form=FORM))
    page = browser().post(f"{path}/qualify", data=GIVEN | REPORT | {"has_budget": "yes"})
    assert page.status_code == 200
    assert "Nothing is reported yet" in page.text
    assert ">You want two weeks off in July.</textarea>" in page.text
    assert rows("SELECT has_budget, custom FROM contact") == [(True, {})]
    assert rows("SELECT done_at FROM task") == [(None,)]


def test_columns_and_custom_fields_can_be_asked_for_and_nothing_else(playbook: Playbook) -> None:
    assert list(form_fields(("job_title", "employees", "goal"), playbook)) == ["job_title", "employees", "goal"]
    assert unknown_fields(("job_title", "goal"), playbook) is None
    for name in ("email", "score", "stage", "moon", "custom"):
        assert f"The form asks for {name}, and contacts have no such field" in str(unknown_fields((name,), playbook))


def test_a_number_and_a_column_come_back_as_such(playbook: Playbook) -> None:
    browser().post(
        task_path(a_task(form=["employees", "has_need"])), data=REPORT | {"employees": "1,200", "has_need": "no"}
    )
    assert rows("SELECT employees, has_need FROM contact") == [(1200, False)]
    assert told()[0] == {"employees": 1200, "has_need": False}


def test_a_journey_that_asks_for_a_field_nobody_has_is_stuck_with_a_sentence(make_story: Callable[..., Story]) -> None:
    async def asking(j: Journey) -> str:
        await j.route("inbound")
        return await j.task("call", due=timedelta(days=1), outcomes=("Done",), form=("moon_phase",))

    story = make_story(asking)
    ann = story.contact()
    story.start("asking", ann)
    assert "The form asks for moon_phase, and contacts have no such field to fill in" in story.runs(ann)[0][1]


def letters(story: Story, template: str) -> list[str]:
    """The texts of mails from a template that are delivered now."""
    mailer = FakeMailer()
    asyncio.run(deliver_due(mailer, story.now))
    return [letter.text for letter in mailer.sent if letter.categories[-1] == template]


def test_the_mail_after_the_talk_says_what_was_filled_in(playbook: Playbook) -> None:
    story = Story(discover())
    ann = story.contact()
    story.happens("form_submitted", "request-info", contact=ann)
    story.reports("first call", "Had Call: Qualified Lead", contact=ann, answers=KEPT)
    [said] = letters(story, "lead_qualification/after_call")
    for words in (
        "You want two weeks off in July.",
        "You show it to Dana.",
        day_and_year(date.fromisoformat(NEXT_TALK)),
    ):
        assert words in said


def test_a_talk_of_which_nothing_was_told_does_not_repeat_the_one_before(playbook: Playbook) -> None:
    story = Story(discover())
    ann = story.contact()
    story.happens("form_submitted", "request-info", contact=ann)
    story.reports("first call", "Had Call: Qualified Lead", contact=ann, answers=KEPT)
    story.happens("replied", contact=ann)
    letters(story, "")
    story.reports("answer_reply", "Talked: Not Now", contact=ann)
    [said] = letters(story, "offer_sequence/after_talk")
    assert "July" not in said
    assert "12 March" not in said


TOMORROW = "2026-03-03"
"""The day after the story begins; nine o'clock in New York is 14:00 UTC."""


@pytest.mark.parametrize(
    ("custom", "zone", "at"),
    [
        ({"next_check_in": TOMORROW}, None, datetime(2026, 3, 3, 14, tzinfo=UTC)),
        ({"next_check_in": TOMORROW}, "Europe/Berlin", datetime(2026, 3, 3, 8, tzinfo=UTC)),
        ({"next_check_in": TOMORROW}, "Eastern", datetime(2026, 3, 3, 14, tzinfo=UTC)),
        ({"next_check_in": "2026-03-01"}, None, MONDAY + timedelta(weeks=1)),
        ({}, None, MONDAY + timedelta(weeks=1)),
    ],
)
def test_the_date_of_a_field_is_waited_for_where_the_contact_is(
    make_story: Callable[..., Story], custom: dict[str, str], zone: str | None, at: datetime
) -> None:
    async def patient(j: Journey) -> str:
        await j.wait_until_field("next_check_in", otherwise=timedelta(weeks=1))
        return "there"

    story = make_story(patient)
    ann = story.contact(time_zone=zone)
    for name, value in custom.items():
        story.write(
            "UPDATE contact SET custom = jsonb_build_object(CAST(:name AS text), CAST(:value AS text))",
            name=name,
            value=value,
        )
    story.start("patient", ann)
    assert story.one("SELECT resume_at FROM journey_run") == at
    story.pass_time(timedelta(weeks=1))
    assert story.runs(ann) == [("patient", "there")]


@pytest.mark.parametrize("never", ["9999-12-31", "2126-03-09"])
def test_a_date_in_a_hundred_years_leaves_the_run_stuck_until_somebody_corrects_it(
    make_story: Callable[..., Story], never: str
) -> None:
    async def patient(j: Journey) -> str:
        await j.wait_until_field("next_check_in", otherwise=timedelta(weeks=1))
        return "there"

    story = make_story(patient)
    ann = story.contact()
    story.write("UPDATE contact SET custom = jsonb_build_object('next_check_in', CAST(:never AS text))", never=never)
    story.start("patient", ann)
    assert f"next_check_in is {never}, which is more than ten years ahead" in story.runs(ann)[0][1]


def test_nine_in_the_morning_is_that_of_the_area_code_where_no_zone_is_known(make_story: Callable[..., Story]) -> None:
    async def patient(j: Journey) -> str:
        await j.wait_until_field("next_check_in", otherwise=timedelta(weeks=1))
        return "there"

    story = make_story(patient)
    ann = story.contact(phone="+13105550123")
    story.write("UPDATE contact SET custom = jsonb_build_object('next_check_in', CAST(:day AS text))", day=TOMORROW)
    story.start("patient", ann)
    assert story.one("SELECT resume_at FROM journey_run") == datetime(2026, 3, 3, 17, tzinfo=UTC)


def test_waiting_for_a_field_that_is_no_date_is_refused(make_story: Callable[..., Story]) -> None:
    async def patient(j: Journey) -> str:
        await j.wait_until_field("challenge", otherwise=timedelta(weeks=1))
        return "there"

    story = make_story(patient)
    ann = story.contact()
    story.start("patient", ann)
    assert "'challenge' is of type dropdown" in story.runs(ann)[0][1]
    assert "next_check_in" in story.runs(ann)[0][1]


def test_the_shipped_journeys_name_what_the_playbook_has() -> None:
    asked = [ask for journey in discover().values() for ask in build_map(journey).steps.values()]
    assert [reason for ask in asked if (reason := ask.playbook_problem(the_shipped_playbook()))] == []
