"""Kinds of tasks: said once in the playbook, used by journeys, due in working hours, and what an outcome brings."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.journeys.check_in import check_in
from flows.journeys.follow_up_task import follow_up_task
from flows.runtime import Journey
from flows.runtime.definitions.definition import Definition
from flows.runtime.maps.journey_map import build_map
from flows.runtime.prefect_flow import discover
from models.database import engine
from models.journeys.start_task import TaskRequest, start_task
from models.playbook import BadPlaybook, Playbook, apply, load
from models.playbook.tasks import Tasks, own_kinds
from models.values.working_hours import WorkingHours, read_week
from tests.support.database import rows
from tests.support.playbook import SHIPPED, apply_playbook, the_shipped_playbook
from tests.support.reps import JOHN, SARAH, a_lead
from tests.support.story import MONDAY, Story

PROPOSAL = {
    "title": "Write the proposal",
    "instructions": "Two pages, with the price.",
    "complete_when": "They have it.",
    "outcomes": [
        {
            "outcome": "Sent",
            "then": [{"list": "thank-you notes", "note": "a card"}, {"task": "call_them", "due": "1d"}],
        },
        {"outcome": "Needs Numbers", "then": {"task": "follow_up", "to": JOHN, "note": "Work out the price."}},
        {"outcome": "Not Wanted", "then": {"journey": "check_in"}},
        "Put Off",
    ],
    "form": ["goal"],
    "due": "4h",
}


def with_kinds(**kinds: Any) -> Playbook:
    """The shipped playbook with these kinds of tasks, in force."""
    tasks = Tasks.model_validate({"kinds": kinds, "undo": "0m"})
    playbook = the_shipped_playbook().model_copy(update={"tasks": tasks})
    with engine().begin() as connection:
        apply(connection, playbook)
    return playbook


async def proposal(j: Journey) -> str:
    """Names a kind, and nothing that the kind says."""
    match await j.task("write_proposal"):
        case "Sent" | "Put Off":
            return "sent"
        case "Needs Numbers" | "Not Wanted":
            return "not sent"
    return "nothing"


@pytest.fixture
def story(database_url: str) -> Story:
    """A journey that uses a kind of the playbook, beside those that its outcomes bring."""
    apply_playbook()
    with_kinds(write_proposal=PROPOSAL)
    definitions = {name: flow.definition for name, flow in (("follow_up_task", follow_up_task), ("check_in", check_in))}
    return Story({"proposal": Definition("proposal", proposal), **definitions})


def asked(story: Story) -> int:
    """A lead of Sarah's, for whom the proposal is to be written."""
    lead = a_lead(SARAH)
    story.start("proposal", lead)
    return lead


def test_a_task_is_as_its_kind_says(story: Story) -> None:
    asked(story)
    assert rows("SELECT kind, template, outcomes, form, due_at - created_at FROM task") == [
        (
            "write_proposal",
            "follow_up_task/by_kind",
            ["Sent", "Needs Numbers", "Not Wanted", "Put Off"],
            ["goal"],
            timedelta(hours=4),
        )
    ]


async def older(j: Journey) -> str:
    """From before there were kinds: its template is called like one, and its outcomes are its own."""
    match await j.task("write_proposal", outcomes=("Done", "Not Done")):
        case "Done":
            return "done"
        case "Not Done":
            return "not done"
    return "nothing"


def test_a_task_with_outcomes_of_its_own_that_is_called_like_a_kind_asks_what_it_asked(story: Story) -> None:
    story.definitions["older"] = Definition("older", older)
    story.start("older", a_lead(SARAH))
    assert rows("SELECT outcomes, form FROM task") == [(["Done", "Not Done"], [])]


def test_an_outcome_brings_an_entry_of_a_list_and_a_further_task_once(story: Story) -> None:
    lead = asked(story)
    story.reports("write_proposal", "Sent", contact=lead)
    assert rows("SELECT list, data FROM fulfilment_entry") == [("thank-you notes", {"for": "a card"})]
    assert rows("SELECT kind, data ->> 'by', assignee FROM task WHERE done_at IS NULL") == [
        ("call_them", "Sarah Miller", SARAH)
    ]
    story.write("UPDATE event SET reacted_at = NULL WHERE name = 'task_done'")
    story.pass_time(timedelta(minutes=1))
    assert rows("SELECT count(*) FROM task") == [(2,)]
    assert rows("SELECT count(*) FROM fulfilment_entry") == [(1,)]


def test_an_outcome_brings_a_task_for_a_colleague_with_a_note(story: Story) -> None:
    lead = asked(story)
    story.reports("write_proposal", "Needs Numbers", contact=lead)
    assert rows("SELECT assignee, data ->> 'note' FROM task WHERE done_at IS NULL") == [(JOHN, "Work out the price.")]


def test_an_outcome_puts_the_contact_on_a_journey(story: Story) -> None:
    lead = asked(story)
    story.reports("write_proposal", "Not Wanted", contact=lead)
    assert [journey for journey, _ in story.runs(lead)] == ["proposal", "check_in"]


def test_an_outcome_that_says_nothing_brings_nothing(story: Story) -> None:
    lead = asked(story)
    story.reports("write_proposal", "Put Off", contact=lead)
    assert story.runs(lead) == [("proposal", "sent")]


def test_who_has_left_gets_no_further_task_and_the_timeline_says_so(story: Story) -> None:
    lead = asked(story)
    story.write("UPDATE rep SET active = false WHERE email = :email", email=JOHN)
    story.reports("write_proposal", "Needs Numbers", contact=lead)
    ((said,),) = rows("SELECT data ->> 'text' FROM event WHERE name = 'note_added'")
    assert "What follows from “Needs Numbers” could not be brought." in said


def test_an_event_of_another_system_that_looks_like_a_report_brings_nothing(story: Story) -> None:
    lead = asked(story)
    story.happens("task_done", "x' OR 1=1", contact=lead, data={"task": "17 or so", "outcome": "Sent"})
    assert rows("SELECT count(*) FROM fulfilment_entry") == [(0,)]


def test_a_task_of_a_kind_that_is_gone_waits_for_a_person(story: Story) -> None:
    with_kinds()
    lead = asked(story)
    ((_, said),) = story.runs(lead)
    assert "There is no kind of task 'write_proposal'." in said


def test_try_again_brings_the_same_task_the_day_after(story: Story) -> None:
    lead = a_lead(SARAH)
    with engine().begin() as connection:
        start_task(connection, TaskRequest(contact_id=lead, kind="call_them", by="Nora"), story.now)
    story.pass_time(timedelta(seconds=1))
    story.reports("task", "Could Not Reach: Try Again", contact=lead)
    [(due,)] = rows("SELECT due_at FROM task WHERE done_at IS NULL AND kind = 'call_them'")
    assert due - story.now == timedelta(days=1)


def test_the_check_names_an_outcome_of_a_kind_that_the_journey_does_not_handle() -> None:
    kinds = Tasks.model_validate({"kinds": {"write_proposal": {**PROPOSAL, "outcomes": ["Sent", "Lost the Pen"]}}})
    problems = map(str, build_map(Definition("proposal", proposal), kinds.all_kinds).problems)
    assert any("'Lost the Pen', which the code does not name" in problem for problem in problems)


def test_the_check_names_a_kind_that_nobody_has_defined_and_what_was_meant() -> None:
    async def slip(j: Journey) -> str:
        await j.task("call_again", kind="cal_lead", outcomes=("Done",))
        await j.task("call_laed")
        return "done"

    said = "\n".join(map(str, build_map(Definition("slip", slip)).problems))
    assert "There is no kind of task 'cal_lead'. Did you mean call_lead?" in said
    assert "There is no kind of task 'call_laed'. Did you mean call_lead?" in said


def test_every_journey_handles_every_outcome_of_the_kinds_that_tend_brings() -> None:
    assert not [problem for one in discover().values() for problem in build_map(one, own_kinds()).problems]


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ("outcomes: []", "at least one was expected"),
        ('outcomes: ["Done", Done]', "'Done' stands here twice"),
        ("outcomes: [Done]\n      form: [shoe_size]", "shoe_size is no field to fill in"),
        ("outcomes: [{outcome: Done, then: {task: call_laed}}]", "Did you mean call_lead"),
        ("outcomes: [{outcome: Done, then: {list: cards}}]", "'cards' is no list under fulfilment"),
        ("outcomes: [{outcome: Done, then: {note: x}}]", "one of task, list and journey was expected"),
        ("outcomes: [{outcome: Done, then: {list: thank-you notes, due: 1d}}]", "to and due are about a further task"),
        ("outcomes: [Done]\n      due: 9999w", "at most ten years"),
        ("outcomes: [Done]\n      due_in: office hours", "'working hours' or 'around the clock'"),
        ("outcomes: [Done]\n      instruction: x", "instruction"),
    ],
)
def test_a_kind_that_cannot_work_is_refused_with_its_line(tmp_path: Path, section: str, sentence: str) -> None:
    said = ("title: Write", "instructions: Write it.", "complete_when: It is written.", section)
    kind = "\n".join(["    write_it:", *(f"      {line}" for line in said)])
    file = tmp_path / "playbook.yaml"
    file.write_text(f"{SHIPPED.read_text()}\ntasks:\n  kinds:\n{kind}", encoding="utf-8")
    with pytest.raises(BadPlaybook, match=sentence) as refused:
        load(file)
    assert f"{file}, line" in str(refused.value)


NINE_TO_FIVE = WorkingHours("America/New_York", read_week({"mon-fri": "09:00-17:00"}))


def moment(day: int, hour: int, minute: int = 0) -> datetime:
    """Of March 2026 in New York, where the clocks change on the eighth."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) + timedelta(hours=5 if day < 8 else 4)


@pytest.mark.parametrize(
    ("start", "length", "due"),
    [
        (moment(2, 10), timedelta(minutes=30), moment(2, 10, 30)),
        (moment(2, 5, 30), timedelta(minutes=30), moment(2, 9, 30)),
        (moment(2, 16, 45), timedelta(minutes=30), moment(3, 9, 15)),
        (moment(6, 16), timedelta(hours=4), moment(9, 12)),
        (moment(6, 10), timedelta(days=1), moment(9, 10)),
        (moment(6, 20), timedelta(days=1), moment(10, 9)),
        (moment(2, 10), timedelta(weeks=1), moment(11, 10)),
        (moment(7, 12), timedelta(0), moment(9, 9)),
    ],
)
def test_a_deadline_is_so_much_working_time_away_and_whole_days_are_working_days(
    start: datetime, length: timedelta, due: datetime
) -> None:
    assert NINE_TO_FIVE.deadline(start, length) == due


def test_a_task_is_due_in_the_working_hours_of_whoever_has_it(story: Story) -> None:
    story.write("UPDATE rep SET hours = :hours", hours='{"mon-fri": "09:00-17:30"}')
    asked(story)
    # Nine in the morning in London is four in the night where Sarah works.
    assert story.now == MONDAY
    assert rows("SELECT due_at FROM task") == [(moment(2, 13),)]
