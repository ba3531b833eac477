"""Taking a report back: for a while nothing follows from it, and then all of it does, as of when it was reported."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from flows.runtime import Journey
from flows.runtime.virtual_time import run_due
from models.database import engine
from models.response.alerts import send_alerts
from models.tasks.outcome import complete_task
from models.tasks.undo import TRIED_AGAIN_AFTER, next_report, take_back, tell_reports
from tests.support.story import Story

UNDO, MINUTE = timedelta(minutes=2), timedelta(minutes=1)
CALLED, MISSED = "Had Call: Qualified Lead", "Could Not Reach"


async def one_call(j: Journey) -> str:
    """A call within an hour, a mail after it."""
    outcome = await j.task("call", outcomes=(CALLED, MISSED), due=MINUTE, within=timedelta(hours=1), to="office@x.org")
    if outcome == CALLED:
        await j.send("after_call")
        return "talked"
    return "missed" if outcome == MISSED else "nobody called"


@pytest.fixture
def story(make_story: Callable[..., Story]) -> Story:
    story = make_story(one_call, ends_on={"order_placed": "bought"})
    story.start("one_call", story.contact())
    return story


def report(story: Story, outcome: str = CALLED, *, undo: timedelta = UNDO, **also: Any) -> bool:
    with engine().begin() as connection:
        return complete_task(connection, the_task(story), outcome, "Spoke.", story.now, undo=undo, **also)


def undo(story: Story) -> bool:
    with engine().begin() as connection:
        return take_back(connection, the_task(story), story.now)


def the_task(story: Story) -> int:
    return int(story.one("SELECT max(id) FROM task"))


def events(story: Story) -> list[str]:
    return [name for (name,) in story.rows("SELECT name FROM event WHERE source = 'task' ORDER BY id")]


def ending(story: Story) -> str:
    return str(story.one("SELECT coalesce(ending, 'waiting') FROM journey_run"))


def test_nothing_follows_from_a_report_until_it_can_no_longer_be_taken_back(story: Story) -> None:
    assert report(story)
    story.pass_time(UNDO - timedelta(seconds=1))
    assert (events(story), ending(story)) == ([], "waiting")
    reported_at = story.one("SELECT done_at FROM task")

    story.pass_time(timedelta(seconds=1))
    assert (events(story), ending(story)) == (["task_done", "call_connected"], "talked")
    assert {at for (at,) in story.rows("SELECT at FROM event WHERE source = 'task'")} == {reported_at}
    assert not undo(story)


def test_what_is_taken_back_was_never_reported_and_can_be_reported_anew(story: Story) -> None:
    report(story, MISSED)
    story.pass_time(MINUTE)
    assert undo(story)
    assert not undo(story)
    story.pass_time(UNDO)
    assert story.rows("SELECT done_at, outcome, notes FROM task") == [(None, None, None)]
    assert (events(story), ending(story)) == ([], "waiting")

    assert report(story, CALLED, undo=timedelta(0))
    run_due(story.definitions, story.now)
    assert (events(story), ending(story)) == (["task_done", "call_connected"], "talked")


def test_without_time_to_take_it_back_a_report_is_told_at_once(story: Story) -> None:
    report(story, undo=timedelta(0))
    assert events(story) == ["task_done", "call_connected"]
    assert not undo(story)


def test_a_report_in_time_counts_though_the_wait_ends_before_it_is_told(story: Story) -> None:
    story.pass_time(timedelta(minutes=59))
    assert report(story)
    story.pass_time(timedelta(minutes=10))
    assert ending(story) == "talked"


def test_whoever_takes_back_a_report_after_the_wait_has_ended_is_too_late_for_another(story: Story) -> None:
    story.pass_time(timedelta(minutes=59))
    report(story)
    story.pass_time(MINUTE + timedelta(seconds=30))
    assert undo(story)
    story.pass_time(MINUTE)
    assert ending(story) == "nobody called"
    assert not report(story)


def test_a_run_that_ends_meanwhile_needs_the_task_no_more(story: Story) -> None:
    report(story)
    story.happens("order_placed", contact=story.one("SELECT id FROM contact"))
    assert undo(story)
    assert story.rows("SELECT done_at, closed_at IS NOT NULL FROM task") == [(None, True)]
    assert ending(story) == "bought"


def test_a_report_is_told_though_its_run_has_ended_meanwhile(story: Story) -> None:
    report(story)
    story.happens("order_placed", contact=story.one("SELECT id FROM contact"))
    story.pass_time(UNDO)
    assert events(story) == ["task_done", "call_connected"]


def test_a_report_that_comes_late_for_a_second_time_is_not_taken_after_it_was_taken_back(story: Story) -> None:
    assert report(story, key="from the tunnel")
    assert undo(story)
    assert not report(story, key="from the tunnel")
    assert story.one("SELECT done_at FROM task") is None
    assert report(story, MISSED, key="typed anew")


def test_fields_of_the_lead_change_when_the_report_is_told(story: Story) -> None:
    changes = {"challenge": "Customer loyalty", "city": "Portland"}
    report(story, contact_changes=changes)
    known = "SELECT city, custom ->> 'challenge' FROM contact"
    assert story.rows(known) == [(None, None)]
    story.pass_time(UNDO)
    assert story.rows(known) == [("Portland", "Customer loyalty")]


def test_a_field_that_the_playbook_has_no_more_holds_up_no_report(story: Story) -> None:
    report(story, contact_changes={"gone_since": "x"})
    story.pass_time(UNDO)
    assert ending(story) == "talked"
    [(note,)] = story.rows("SELECT data ->> 'text' FROM event WHERE name = 'note_added'")
    assert "gone_since" in note


@pytest.mark.parametrize("changes", [{"email": "known@example.com"}, {"employees": 10**12}])
def test_a_value_that_cannot_be_stored_is_a_note_and_holds_up_no_report(story: Story, changes: dict[str, Any]) -> None:
    story.contact("known@example.com")
    report(story, contact_changes=changes)
    story.pass_time(UNDO)
    assert ending(story) == "talked"
    [(note,)] = story.rows("SELECT data ->> 'text' FROM event WHERE name = 'note_added'")
    assert "could not be saved" in note


def test_one_report_that_cannot_be_told_holds_up_no_others_and_is_tried_again(story: Story) -> None:
    report(story)
    story.start("one_call", story.contact("bob@example.com"))
    report(story, MISSED)
    story.write('UPDATE task SET report = \'{"seen": "no number"}\' WHERE id = :last', last=the_task(story))
    with engine().begin() as connection:
        assert tell_reports(connection, story.now + UNDO) == 1
        assert next_report(connection) == story.now + UNDO + TRIED_AGAIN_AFTER
    assert events(story) == ["task_done", "call_connected"]


def test_reports_whose_run_somebody_works_on_are_told_by_the_next_round(story: Story) -> None:
    report(story)
    with engine().begin() as other, engine().begin() as connection:
        other.execute(text("SELECT 1 FROM journey_run FOR UPDATE"))
        assert tell_reports(connection, story.now + UNDO) == 0
    story.pass_time(UNDO)
    assert ending(story) == "talked"


def test_no_manager_is_alerted_about_a_lead_whose_report_waits_to_be_told(story: Story) -> None:
    contact = story.one("SELECT id FROM contact")
    story.happens("form_submitted", "request-info", contact=contact)
    story.write("UPDATE follow_up SET alert_at = :now", now=story.now)
    report(story)
    with engine().begin() as connection:
        assert send_alerts(connection, story.now + MINUTE) == 0
    undo(story)
    with engine().begin() as connection:
        assert send_alerts(connection, story.now + MINUTE) == 1


def test_reminders_go_on_after_a_report_is_taken_back(story: Story) -> None:
    story.pass_time(timedelta(minutes=5))
    report(story)
    assert story.one("SELECT remind_at FROM task") is None
    undo(story)
    assert story.one("SELECT remind_at FROM task") == story.now


def test_of_two_clocks_and_one_who_takes_it_back_one_wins(story: Story) -> None:
    report(story, undo=timedelta(seconds=1))
    told, together = [], threading.Barrier(3)

    def tell() -> None:
        together.wait()
        with engine().begin() as connection:
            told.append(tell_reports(connection, story.now + UNDO))

    def back() -> None:
        together.wait()
        with engine().begin() as connection:
            told.append(-1 if take_back(connection, the_task(story), story.now) else 0)

    threads = [threading.Thread(target=act) for act in (tell, tell, back)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) in ([-1, 0, 0], [0, 0, 1])
    assert len(events(story)) == (2 if 1 in told else 0)


def test_the_clock_knows_when_the_next_report_is_to_be_told(story: Story) -> None:
    with engine().connect() as connection:
        assert next_report(connection) is None
    report(story)
    with engine().connect() as connection:
        assert next_report(connection) == story.now + UNDO
