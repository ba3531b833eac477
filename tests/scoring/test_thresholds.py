"""What happens at which score: crossings are told once each, levels follow."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flows.runtime import Journey
from tests.support.scoring import ROME, apply_scoring, crossings, score
from tests.support.story import MONDAY, Story


def test_a_threshold_is_told_once_per_crossing_with_its_moment(make_story: Callable[..., Story]) -> None:
    story = make_story()
    apply_scoring(
        {"name": "visit", "on": ["visited"], "points": 30},
        {"name": "left", "on": ["left"], "points": -41},
        thresholds={"hot": 50},
        falling={"cold": 50},
    )
    contact = story.contact()
    for name in ("visited", "visited", "visited", "left", "visited"):
        story.now += timedelta(minutes=1)
        story.happens(name, contact=contact)
    minutes = [(name, topic, int((at - MONDAY).total_seconds() / 60)) for name, topic, at in crossings(story, contact)]
    assert minutes == [("score_rose", "hot", 2), ("score_fell", "cold", 4), ("score_rose", "hot", 5)]
    assert score(story, contact) == 79


def test_levels_follow_the_score_until_a_person_says_otherwise(make_story: Callable[..., Story]) -> None:
    async def raise_it(j: Journey) -> str:
        await j.set(mql_level=3)
        return "raised"

    story = make_story(raise_it)
    apply_scoring(
        {"name": "visit", "on": ["visited"], "points": 10},
        {"name": "left", "on": ["left"], "points": -15},
        levels={1: "score >= 10", 2: "score >= 20"},
        authority='job_title == "CEO"',
        budget="score >= 20",
    )
    contact = story.contact(job_title="CEO", has_budget=False)
    story.happens("visited", contact=contact)
    assert (story.column(contact, "mql_level"), story.column(contact, "has_authority")) == (1, True)
    story.happens("visited", contact=contact)
    assert (story.column(contact, "mql_level"), story.column(contact, "has_budget")) == (2, False)
    story.happens("left", contact=contact)
    assert (story.column(contact, "mql_level"), story.column(contact, "mql_level_by")) == (None, None)
    story.start("raise_it", contact)
    story.happens("visited", contact=contact)
    assert (story.column(contact, "mql_level"), story.column(contact, "mql_level_by")) == (3, "person")


def test_what_fell_overnight_is_told_though_the_morning_lifts_it_again(make_story: Callable[..., Story]) -> None:
    story = make_story()
    apply_scoring(
        {"name": "visit", "on": ["visited"], "points": 100},
        {"name": "click", "on": ["clicked"], "points": 5},
        thresholds={"hot": 99},
        falling={"cold": 99},
    )
    contact = story.contact()
    story.happens("visited", contact=contact)
    story.now = MONDAY + timedelta(days=1)  # and the nightly flow has not come
    story.happens("clicked", contact=contact)
    midnight = datetime(2026, 3, 3, tzinfo=ZoneInfo(ROME))
    told = [("score_rose", "hot", MONDAY), ("score_fell", "cold", midnight), ("score_rose", "hot", story.now)]
    assert crossings(story, contact) == told
    assert score(story, contact) == 102
