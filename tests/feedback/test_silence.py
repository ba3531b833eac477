"""What happens when somebody does not say how it goes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from flows.operations.tasks.ask_feedback import ask_feedback_now
from tests.support.feedback import JOHN, PAT, SARAH, FeedbackStory

pytestmark = pytest.mark.usefixtures("database_url")

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
ONCE = {"after": ["1d"], "every": None, "cycles": []}
PATIENCE = {"remind_after": ["2d", "4d"], "notify_manager_after": "1w", "give_up_after": "2w"}


def test_they_are_reminded_then_their_manager_is_told_then_it_is_given_up() -> None:
    story = FeedbackStory(**ONCE | PATIENCE)
    ann = story.lead_of(SARAH)
    story.pass_time(6 * WEEK)
    # Tuesday, Thursday, and Monday in place of Saturday.
    assert [day for day, _, _ in story.asked()] == [1, 3, 7]
    assert story.told() == [(8, "boss", 1)]
    assert story.feedback_runs(ann) == ["enough is known"]
    notes = [text for (text,) in story.rows("SELECT data ->> 'text' FROM event WHERE name = 'note_added'")]
    assert notes == ["Nobody has said how it goes with this lead."]


def test_reminders_of_a_person_come_as_one_mail() -> None:
    story = FeedbackStory(**ONCE | PATIENCE)
    story.gets(SARAH, *(story.contact(f"{name}@example.com") for name in ("ann", "ben", "cat")))
    story.pass_time(6 * WEEK)
    assert story.asked() == [(1, "sarah", 3), (3, "sarah", 3), (7, "sarah", 3)]
    assert story.told() == [(8, "boss", 3)]


def test_a_new_lead_and_a_reminder_of_an_old_one_share_a_mail() -> None:
    story = FeedbackStory(**ONCE | PATIENCE)
    story.lead_of(SARAH)
    story.pass_time(2 * DAY)
    story.lead_of(SARAH, "ben@example.com")
    story.pass_time(2 * DAY)
    assert story.asked() == [(1, "sarah", 1), (3, "sarah", 2)]


def test_whoever_answers_is_not_reminded() -> None:
    story = FeedbackStory(**ONCE | PATIENCE)
    ann = story.lead_of(SARAH)
    story.pass_time(2 * DAY)
    story.says(ann, contacted="Yes, we have talked")
    story.pass_time(6 * WEEK)
    assert len(story.asked()) == 1
    assert story.told() == []


def test_a_lead_about_which_nobody_says_anything_goes_to_somebody_else_if_the_playbook_says_so() -> None:
    story = FeedbackStory(**ONCE | PATIENCE | {"route_again": True})
    ann = story.lead_of(SARAH)
    story.pass_time(16 * DAY)
    assert story.one("SELECT rep.name FROM contact JOIN rep ON rep.id = owner_id") == "John Reed"
    assert story.feedback_runs(ann) == ["went to somebody else", "waiting"]
    story.pass_time(2 * DAY)
    assert story.asked(to=JOHN)


def test_a_partners_manager_is_told_of_their_own_people() -> None:
    story = FeedbackStory(**ONCE | PATIENCE)
    story.lead_of(PAT)
    story.pass_time(2 * WEEK)
    assert story.told() == [(8, "dealer", 1)]


def test_after_an_outage_it_goes_on_where_it_was_and_nothing_comes_at_once() -> None:
    story = FeedbackStory(**ONCE | PATIENCE)
    story.lead_of(SARAH)
    story.pass_time(DAY)
    story.now += 4 * WEEK
    story.pass_time(timedelta(hours=1))
    assert [day for day, _, _ in story.asked()] == [1, 29]
    assert story.told() == []
    story.pass_time(6 * WEEK)
    assert [day for day, _, _ in story.asked()] == [1, 29, 30]
    assert [day for day, _, _ in story.told()] == [31]


def test_two_workers_ask_once() -> None:
    story = FeedbackStory(**ONCE)
    story.gets(SARAH, *(story.contact(f"{name}@example.com") for name in ("ann", "ben", "cat")))
    at = datetime(2026, 3, 3, 15, tzinfo=UTC)
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(ask_feedback_now, [at] * 4))
    assert [count for _, _, count in story.asked()] == [3]


def test_whoever_has_left_is_not_asked() -> None:
    story = FeedbackStory(**ONCE)
    ann = story.lead_of(SARAH)
    story.write("UPDATE rep SET active = false WHERE email = :who", who=SARAH)
    story.pass_time(WEEK)
    assert story.asked() == []
    assert story.feedback_runs(ann) == ["nobody has it"]


def test_a_lead_that_is_merged_into_somebody_elses_is_asked_of_its_owner_by_now() -> None:
    story = FeedbackStory(**ONCE)
    ann = story.lead_of(SARAH)
    story.write("UPDATE contact SET owner_id = (SELECT id FROM rep WHERE email = :who)", who=JOHN)
    story.pass_time(2 * DAY)
    assert story.asked() == [(1, "john", 1)]
    assert story.feedback_runs(ann) == ["waiting"]
