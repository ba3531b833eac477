"""What time brings besides journeys happens at its own moment when time is moved by hand, and leaves nothing behind."""

from datetime import datetime, timedelta

import pytest

from deployments.demo.scheduled_jobs import SCHEDULED_JOBS
from flows.runtime.virtual_time import due_moments, run_due
from models.database import engine
from tests.support.lead_response import HOUR, MINUTE, a_business, a_story
from tests.support.mail.outbox import NOON
from tests.support.story import Story

WEEK = timedelta(weeks=1)


@pytest.fixture
def story(database_url: str) -> Story:
    """A lead who asked for a call on a Monday, and whom nobody calls for a week."""
    a_business(notify_manager_after=["1d"])
    story = a_story()
    story.happens("form_submitted", "request-call", contact=story.contact())
    for moment in due_moments(NOON, NOON + WEEK, SCHEDULED_JOBS):
        run_due(story.definitions, moment, SCHEDULED_JOBS)
    return story


def told(story: Story) -> list[tuple[str, datetime]]:
    rows = story.rows(
        "SELECT template, queued_at FROM message WHERE kind = 'team' AND key NOT LIKE '%Client%' ORDER BY id"
    )
    return [(template.removeprefix("team/"), at) for template, at in rows]


def test_managers_hear_at_the_moment_at_which_they_would_have(story: Story) -> None:
    assert told(story)[:3] == [
        ("alarm", NOON + 30 * MINUTE),
        ("daily_check", NOON + 5 * HOUR + 30 * MINUTE),
        ("overdue", NOON + 25 * HOUR),
    ]


def test_the_clock_finds_nothing_that_is_late_afterwards(story: Story) -> None:
    with engine().connect() as connection:
        due = [chore.next_due(connection, story.now + WEEK) for chore in SCHEDULED_JOBS]
    assert all(at is None or at > story.now + WEEK for at in due)


def test_scores_are_of_the_day_to_which_time_was_moved(story: Story) -> None:
    contact = story.contact("bob@example.com")
    story.now += WEEK
    story.happens("page_visited", "pricing", contact=contact)
    before = story.column(contact, "score")
    for moment in due_moments(story.now, story.now + WEEK, SCHEDULED_JOBS):
        run_due(story.definitions, moment, SCHEDULED_JOBS)

    assert story.column(contact, "score") < before
