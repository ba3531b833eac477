"""Leads that came before anybody was asked about them: who is asked when ops begin, and that it happens once."""

from datetime import timedelta

import pytest

from flows.operations.tasks.begin_feedback import begin_feedback_now
from flows.runtime.virtual_time import run_due
from models.team.typed_rep import NoSuchRep
from tests.support.database import rows, write
from tests.support.feedback import JOHN, SARAH, FeedbackStory

pytestmark = pytest.mark.usefixtures("database_url")

DAY = timedelta(days=1)


@pytest.fixture
def story(database_url: str) -> FeedbackStory:
    """Five leads of Sarah's and one of John's, of whom nobody was ever asked."""
    story = FeedbackStory(cycles=[], after=["1d"], every=None)
    for number in range(5):
        story.lead_of(SARAH, f"lead{number}@example.com")
    story.lead_of(JOHN, "johns@example.com")
    write("DELETE FROM journey_run WHERE journey = 'feedback'")
    story.pass_time(3 * DAY)
    assert story.asked() == []
    return story


def begin(story: FeedbackStory, who: str = "", days: int = 30, *, dry_run: bool = False) -> dict[str, int]:
    """What ops start, with everything that follows at once."""
    found = begin_feedback_now(who, days, dry_run, story.now)
    run_due(story.definitions, story.now, story.jobs)
    return dict(found)


def test_each_owner_is_asked_about_all_of_theirs_in_one_mail_and_a_second_start_begins_nothing(
    story: FeedbackStory,
) -> None:
    assert begin(story, dry_run=True) == {"Sarah Miller": 5, "John Reed": 1}
    assert rows("SELECT FROM journey_run WHERE journey = 'feedback'") == []

    assert begin(story) == {"Sarah Miller": 5, "John Reed": 1}
    assert begin(story) == {}
    story.pass_time(DAY)
    assert sorted(story.asked()) == [(4, "john", 1), (4, "sarah", 5)]


def test_only_the_leads_of_one_person_or_of_the_last_days(story: FeedbackStory) -> None:
    assert begin(story, days=2) == {}
    assert begin(story, who="John Reed") == {"John Reed": 1}
    with pytest.raises(NoSuchRep):
        begin(story, who="Nobody Atall")


def test_leads_of_who_has_left_or_that_tell_already_what_came_of_them_ask_nobody(story: FeedbackStory) -> None:
    write("UPDATE rep SET active = false WHERE email = :john", john=JOHN)
    lead = rows("SELECT id FROM contact WHERE email = 'lead0@example.com'")[0].id
    story.happens("order_placed", "growth-programme", contact=lead)

    assert begin(story) == {"Sarah Miller": 5}
    story.pass_time(DAY)

    assert [(who, count) for _, who, count in story.asked()] == [("sarah", 4)]
