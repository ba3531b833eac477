"""Points for what contacts are: they follow the fields, whoever changes those."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from flows.runtime import Journey
from models.database import to_json
from models.values.custom_field import CustomField, FieldType
from tests.support.scoring import apply_scoring, crossings, run_nightly_decay, score
from tests.support.story import Story


def test_explicit_points_come_and_go_with_the_field(make_story: Callable[..., Story]) -> None:
    story = make_story()
    apply_scoring(
        {"name": "CEO", "when": 'job_title == "CEO"', "points": 10},
        {"name": "Californian", "when": 'state == "CA"', "points": 15},
    )
    contact = story.contact(job_title="CEO", state="CA")
    story.happens("page_visited", contact=contact)
    assert score(story, contact) == 25
    story.write("UPDATE contact SET job_title = 'Clerk'")
    story.happens("page_visited", contact=contact)
    assert score(story, contact) == 15
    story.write("UPDATE contact SET job_title = 'CEO'")
    story.happens("page_visited", contact=contact)
    assert score(story, contact) == 25
    kept = story.rows("SELECT rule, withdrawn_at IS NULL FROM score_entry ORDER BY id")
    assert [tuple(row) for row in kept] == [("CEO", False), ("Californian", True), ("CEO", True)]


def test_what_a_journey_sets_is_scored_at_once(make_story: Callable[..., Story]) -> None:
    async def learn(j: Journey) -> str:
        await j.set(job_title="CEO")
        return "learned"

    story = make_story(learn)
    apply_scoring({"name": "CEO", "when": 'job_title == "CEO"', "points": 10})
    contact = story.contact()
    story.start("learn", contact)
    assert score(story, contact) == 10
    [changed] = story.rows("SELECT data FROM event WHERE name = 'contact_changed'")
    assert changed.data == {"job_title": "CEO"}


def test_points_for_a_stage_come_with_the_stage(make_story: Callable[..., Story]) -> None:
    story = make_story()
    customer = {"name": "customer", "when": 'stage == "customer"', "points": 40, "decays": False}
    apply_scoring(customer, thresholds={"hot": 40})
    contact = story.contact()
    ordered = story.now - timedelta(minutes=9)
    story.write(
        "INSERT INTO event (name, topic, contact_id, at) VALUES ('order_placed', 'strategy-session', :contact, :at)",
        contact=contact,
        at=ordered,
    )
    story.happens("page_visited", contact=contact)
    assert score(story, contact) == 40
    assert crossings(story, contact) == [("score_rose", "hot", story.now)]


def test_points_that_were_changed_keep_their_day_and_a_rule_that_left_takes_its_points_along(
    make_story: Callable[..., Story],
) -> None:
    story = make_story()
    apply_scoring({"name": "CEO", "when": 'job_title == "CEO"', "points": 100})
    contact = story.contact(job_title="CEO")
    story.happens("page_visited", contact=contact)
    story.now += timedelta(days=1)
    apply_scoring({"name": "CEO", "when": 'job_title == "CEO"', "points": 200})
    story.happens("page_visited", contact=contact)
    assert score(story, contact) == 194
    apply_scoring({"name": "boss", "when": 'job_title == "CEO"', "points": 1})
    story.happens("page_visited", contact=contact)
    assert score(story, contact) == 1


@pytest.mark.parametrize(
    ("kind", "held", "points"),
    [
        ("number", 7, 5),
        ("number", "7.5", 5),
        ("number", "1e999999", 0),
        ("number", "9" * 140_000, 0),
        ("date", "2028-02-29", 5),
        ("date", "2027-02-29", 0),
        ("date", "2026-99-99", 0),
        ("date", "0000-01-01", 0),
        ("date", "20260-01-1", 0),
    ],
)
def test_a_value_of_an_earlier_type_of_a_field_stops_nobodys_scores(
    make_story: Callable[..., Story], kind: str, held: Any, points: int
) -> None:
    story = make_story()
    when = "known is not None and known > 5" if kind == "number" else 'known > "2026-01-01"'
    fields = {"known": CustomField(type=FieldType(kind))}
    apply_scoring({"name": "known", "when": when, "points": 5}, fields=fields)
    contact = story.contact()
    story.write("UPDATE contact SET custom = CAST(:custom AS jsonb)", custom=to_json({"known": held}))
    run_nightly_decay(story.now)
    assert score(story, contact) == points
