"""How much is known of the leads that each person got."""

from datetime import timedelta
from decimal import Decimal

import pytest

from models.database import engine
from models.feedback.levels import FeedbackLevels, by_team, feedback_levels
from models.tables.feedback import FeedbackLevel, FeedbackResult
from tests.support.feedback import JOHN, PAT, SARAH, FeedbackStory
from tests.support.web_pages import browser

pytestmark = pytest.mark.usefixtures("database_url")

DAY = timedelta(days=1)


@pytest.fixture
def story() -> FeedbackStory:
    """Sarah has won a lead, said how another stands, and lies low about a third; John has talked to his one."""
    story = FeedbackStory(after=["1d"], cycles=[])
    won, stands, *_ = leads = [story.contact(f"{name}@example.com") for name in ("ann", "ben", "cat")]
    story.gets(SARAH, *leads)
    dan = story.lead_of(JOHN, "dan@example.com")
    story.pass_time(DAY)
    story.says(won, result=FeedbackResult.WON, amount=Decimal(100), currency="USD")
    story.says(stands, status="Offer made")
    story.happens("call_connected", contact=dan)
    return story


def found(story: FeedbackStory) -> list[FeedbackLevels]:
    with engine().connect() as connection:
        return feedback_levels(connection, story.begin - DAY, story.now + DAY)


def test_each_level_includes_the_higher_ones(story: FeedbackStory) -> None:
    john, sarah = found(story)
    assert (sarah.received, sarah.action, sarah.status, sarah.result, sarah.unanswered) == (3, 2, 2, 1, 1)
    assert (john.received, john.action, john.status, john.result) == (1, 1, 0, 0)
    assert sarah.share(FeedbackLevel.RESULT) == pytest.approx(1 / 3)


def test_what_came_of_a_lead_elsewhere_is_not_whose_it_was(story: FeedbackStory) -> None:
    (cat,) = story.rows("SELECT id FROM contact WHERE email = 'cat@example.com'")[0]
    story.gets(PAT, cat)
    story.pass_time(DAY)
    story.happens("order_placed", "growth-programme", contact=cat)
    pat, _, sarah = found(story)
    assert (pat.received, pat.result) == (1, 1)
    assert (sarah.received, sarah.result, sarah.unanswered) == (3, 1, 0)


def test_teams_are_their_people_added_up(story: FeedbackStory) -> None:
    (own,) = by_team(found(story))
    assert (own.name, own.received, own.action, own.result) == ("Own", 4, 3, 1)


def test_a_page_shows_it_to_ops(story: FeedbackStory) -> None:
    story.write("UPDATE assignment SET at = now()")
    page = browser().get("/feedback")
    assert page.status_code == 200
    assert "Sarah Miller" in page.text
    assert "Won or lost" in page.text
