"""The worked examples of scores: what points come of, and what happens at which score."""

from collections.abc import Callable
from datetime import timedelta

from flows.runtime import Journey
from models.values.custom_field import CustomField, FieldType
from tests.support.scoring import apply_scoring, crossings, score
from tests.support.story import MONDAY, Story

CALL = {"due": timedelta(hours=1), "outcomes": ("done",)}
HOT = {"starts_on": ("score_rose:hot",)}
PEOPLE = {("CA", 29): 15, ("CA", 30): 35, ("NY", 39): 20, ("NY", 40): 0}
"""State and age, and the score."""


async def call_when_hot(j: Journey) -> str:
    await j.task("lead_qualification/call_lead", name="call", to="ann.sales@example.com", **CALL)
    return "called"


async def pitch_when_hot(j: Journey) -> str:
    await j.send("offer")
    return "pitched"


def test_a_boss_who_looks_at_the_sales_page_and_opens_the_mail_is_called(make_story: Callable[..., Story]) -> None:
    story = make_story(call_when_hot, **HOT)
    apply_scoring(
        {"name": "sales page", "on": ["page_visited:sales"], "points": 10},
        {"name": "mail opened", "on": ["mail_opened"], "points": 10},
        {"name": "CEO", "when": 'job_title == "CEO"', "points": 10},
        thresholds={"hot": 30},
    )
    boss, other = story.contact(job_title="CEO"), story.contact("bob@example.com", job_title="Clerk")
    for contact in (boss, other):
        story.happens("page_visited", "sales", contact=contact)
        story.happens("mail_opened", contact=contact)
    assert score(story, boss) == 30
    assert story.tasks(boss) == [(0, "call", "ann")]
    assert (score(story, other), story.tasks(other)) == (20, [])


def test_a_sales_page_a_lead_magnet_and_an_offer_click_are_a_task_for_a_team_member(
    make_story: Callable[..., Story],
) -> None:
    story = make_story(call_when_hot, **HOT)
    apply_scoring(
        {"name": "sales page", "on": ["page_visited:sales"], "points": 5},
        {"name": "lead magnet", "on": ["form_submitted:ebook"], "points": 10},
        {"name": "offer click", "on": ["link_clicked:offer"], "points": 5},
        thresholds={"hot": 20},
    )
    contact = story.contact()
    story.happens("page_visited", "sales", contact=contact)
    story.happens("form_submitted", "ebook", contact=contact)
    assert story.tasks(contact) == []
    story.happens("link_clicked", "offer", contact=contact)
    assert score(story, contact) == 20
    [to] = story.rows("SELECT to_address FROM message WHERE kind = 'task'")
    assert to.to_address == "ann.sales@example.com"


def test_a_hundred_points_send_a_call_to_action_and_lower_ones_have_steps_of_their_own(
    make_story: Callable[..., Story],
) -> None:
    story = make_story(pitch_when_hot, **HOT)
    apply_scoring(
        {"name": "visit", "on": ["page_visited"], "points": 50},
        thresholds={"hot": 100, "warm": 50},
    )
    contact = story.contact()
    story.happens("page_visited", contact=contact)
    assert (story.mails(contact), crossings(story, contact)) == ([], [("score_rose", "warm", MONDAY)])
    story.happens("page_visited", contact=contact)
    assert story.mails(contact) == [(0, "pitch_when_hot/offer")]


def test_californians_buy_more_surfboards_and_those_in_their_thirties_more_coaching(
    make_story: Callable[..., Story],
) -> None:
    story = make_story()
    apply_scoring(
        {"name": "Californian", "when": 'state == "CA"', "points": 15},
        {"name": "in their thirties", "when": "30 <= age <= 39", "points": 20},
        fields={"age": CustomField(type=FieldType.NUMBER)},
    )
    people = {(state, age): story.contact(f"{state}{age}@example.com", state=state) for state, age in PEOPLE}
    for (_, age), contact in people.items():
        story.write("UPDATE contact SET custom = jsonb_build_object('age', CAST(:age AS int))", age=age)
        story.happens("page_visited", contact=contact)
    assert {who: score(story, contact) for who, contact in people.items()} == PEOPLE
