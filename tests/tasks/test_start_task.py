"""Tasks that people give each other: asked for once, for whoever was named, and what the page and the mail say."""

from datetime import timedelta

import pytest

from flows.form_choices import read_choices
from flows.journeys.follow_up_task import follow_up_task
from flows.operations.tasks.give_task import give_tasks_now
from flows.runtime.start_form import StartForm
from models.database import engine
from models.journeys.start_task import BadTaskRequest, TaskRequest, start_task
from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.reps import JOHN, SARAH, a_lead, rep
from tests.support.story import MONDAY, Story

pytestmark = pytest.mark.usefixtures("database_url")
OFFICE = "office@brightwater.example.com"


@pytest.fixture
def story() -> Story:
    """The journey of such tasks alone."""
    apply_playbook()
    return Story({"follow_up_task": follow_up_task.definition})


def ask(story: Story, contact: int, **request: object) -> bool:
    """Somebody asks for a task, and the clock brings it."""
    with engine().begin() as connection:
        new = start_task(connection, TaskRequest(**{"contact_id": contact, "by": "Nora Field"} | request), story.now)  # type: ignore[arg-type]
    story.pass_time(timedelta(seconds=1))
    return new


def test_a_managers_task_goes_to_the_owner_and_says_who_asked(story: Story) -> None:
    lead = a_lead(SARAH)
    assert ask(story, lead, note="Ask about the trade show.")
    [(kind, assignee, delegated, data)] = rows("SELECT kind, assignee, delegated_at IS NOT NULL, data FROM task")
    assert (kind, assignee, delegated) == ("follow_up", SARAH, False)
    assert data == {"note": "Ask about the trade show.", "by": "Nora Field"}
    assert rows("SELECT name, topic, data ->> 'by' FROM event") == [("task_requested", "follow_up", "Nora Field")]
    story.reports("task", "Done", contact=lead)
    assert story.runs(lead) == [("follow_up_task", "reported")]


def test_the_same_request_twice_is_one_task(story: Story) -> None:
    lead = a_lead(SARAH)
    assert ask(story, lead, key="form 17")
    assert not ask(story, lead, key="form 17")
    assert ask(story, lead, key="form 18")
    assert rows("SELECT count(*) FROM task") == [(2,)]
    assert rows("SELECT count(*) FROM event WHERE name = 'task_requested'") == [(2,)]


def test_a_contact_may_have_several_such_tasks_at_once_for_whoever_was_named(story: Story) -> None:
    lead = a_lead(SARAH)
    due_at = MONDAY + timedelta(days=3)
    ask(story, lead, kind="call_them", assignee=JOHN.upper(), due_at=due_at)
    ask(story, lead, kind="write_to_them", assignee=OFFICE)
    assert rows("SELECT kind, rep_id, delegated_at IS NOT NULL, assignee FROM task ORDER BY id") == [
        ("call_them", rep(JOHN), True, JOHN),
        ("write_to_them", None, False, OFFICE),
    ]
    assert rows("SELECT due_at FROM task ORDER BY id LIMIT 1") == [(due_at,)]


def test_what_a_colleague_was_asked_by_name_stays_theirs_when_the_lead_moves(story: Story) -> None:
    lead = a_lead(SARAH)
    ask(story, lead, assignee=JOHN)
    ask(story, lead)
    with engine().begin() as connection:
        from models.routing.assignment.owner_change import OwnerChange, change_owners

        mike = rep("mike.brandt@brightwater.example.com")
        change_owners(connection, [OwnerChange(lead, mike, None, "by hand", "test")], story.now)
    assert [assignee.split(".")[0] for (assignee,) in rows("SELECT assignee FROM task ORDER BY id")] == ["john", "mike"]


def test_a_contact_without_owner_gets_one_with_the_task(story: Story) -> None:
    lead = story.contact("nobodys@example.com")
    ask(story, lead)
    assert [name for _, name, _ in story.tasks(lead)] == ["task"]
    assert story.column(lead, "owner_id") is not None


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"kind": "call_tem"}, "Did you mean call_them"),
        ({"assignee": "John"}, "no salesperson and no email address"),
        ({"note": "x" * 100_000}, "Say it shorter"),
    ],
)
def test_a_request_that_nobody_could_do_is_refused_whole(story: Story, wrong: dict[str, str], sentence: str) -> None:
    lead = a_lead(SARAH)
    with pytest.raises(BadTaskRequest, match=sentence):
        ask(story, lead, **wrong)
    assert rows("SELECT count(*) FROM journey_run") == [(0,)]


def test_who_has_left_gets_no_task(story: Story) -> None:
    lead = a_lead(SARAH)
    story.write("UPDATE rep SET active = false WHERE email = :email", email=JOHN)
    with pytest.raises(BadTaskRequest, match="not active"):
        ask(story, lead, assignee=JOHN)


def test_started_from_prefects_form_without_anything_the_owner_is_asked_to_follow_up(story: Story) -> None:
    lead = a_lead(SARAH)
    story.start("follow_up_task", lead)
    assert rows("SELECT kind, assignee, outcomes FROM task") == [("follow_up", SARAH, ["Done", "Not Done"])]


def test_the_form_of_ops_gives_everybody_in_a_segment_a_task_and_a_dry_run_nobody(story: Story) -> None:
    for state in ("CA", "CA", "NY"):
        a_lead(SARAH, state=state)
    form = StartForm([], 'state == "CA"', dry_run=True)
    assert give_tasks_now(form, "call_them", "John Okafor", None, "Spring offer", story.now)[0] == 2
    assert rows("SELECT count(*) FROM journey_run") == [(0,)]
    with engine().connect() as connection:
        choices = read_choices(connection)["task kinds"]
    assert "Call them" in choices
    assert [choice for choice in choices if "_" in choice or choice == "Call the lead"] == []
    give_tasks_now(StartForm([], 'state == "CA"', dry_run=False), "Call them", "John Okafor", None, "", story.now)
    story.pass_time(timedelta(seconds=1))
    assert rows("SELECT kind, assignee FROM task") == [("call_them", JOHN)] * 2
