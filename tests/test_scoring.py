"""Scores as salespeople know them: points for what contacts are and do, and what happens at which score."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from flows.runtime import Journey
from flows.runtime.react import react
from flows.runtime.turn import take_turn
from models.database import engine
from models.playbook import current
from models.scoring import recount
from tests.scores import crossings, score, score_by
from tests.story import MONDAY, Story

CALL = {"due": timedelta(hours=1), "outcomes": ("done",)}


async def call_when_hot(j: Journey) -> str:
    await j.task("lead_qualification/call_lead", name="call", to="ann.sales@example.com", **CALL)
    return "called"


async def pitch_when_hot(j: Journey) -> str:
    await j.send("offer")
    return "pitched"


HOT = {"starts_on": ("score_rose:hot",)}


def test_a_boss_who_looks_at_the_sales_page_and_opens_the_mail_is_called(tell: Callable[..., Story]) -> None:
    story = tell(call_when_hot, **HOT)
    score_by(
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


def test_a_sales_page_a_lead_magnet_and_two_offer_clicks_are_a_task_for_a_team_member(
    tell: Callable[..., Story],
) -> None:
    story = tell(call_when_hot, **HOT)
    score_by(
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
    tell: Callable[..., Story],
) -> None:
    story = tell(pitch_when_hot, **HOT)
    score_by(
        {"name": "visit", "on": ["page_visited"], "points": 50},
        thresholds={"hot": 100, "warm": 50},
    )
    contact = story.contact()
    story.happens("page_visited", contact=contact)
    assert (story.mails(contact), crossings(story, contact)) == ([], [("score_rose", "warm", MONDAY)])
    story.happens("page_visited", contact=contact)
    assert story.mails(contact) == [(0, "pitch_when_hot/offer")]


@pytest.mark.parametrize(
    ("rule", "points"),
    [
        ({"counts": "each time"}, 15),
        ({"counts": "once a day"}, 10),
        ({"counts": "once"}, 5),
        ({"at_most": 12}, 12),
        ({"points": -5}, -15),
        ({"points": -5, "at_most": 7}, -7),
        ({"where": "seconds > 20"}, 5),
        ({"where": "seconds > 5 and paid"}, 5),
        ({"where": 'kind == "demo" or kind is None'}, 15),
        ({"when": 'state == "CA"'}, 15),
        ({"when": 'state == "NY"'}, 0),
    ],
)
def test_a_rule_counts_as_it_says(tell: Callable[..., Story], rule: dict[str, Any], points: int) -> None:
    story = tell()
    score_by({"name": "visit", "on": ["page_visited:pricing"], "points": 5, **rule}, decay="0%")
    contact = story.contact(state="CA")
    for day, data in ((0, {"seconds": 10, "paid": True}), (0, {"seconds": "30"}), (1, {"seconds": "1e9999"})):
        story.now = MONDAY + timedelta(days=day)
        story.happens("page_visited", "pricing", contact=contact, data=data)
        story.happens("page_visited", "home", contact=contact, data=data)
    assert score(story, contact) == points
    assert story.column(contact, "scored_on") is None


@pytest.mark.parametrize("is_machine", [True, "true", "True"])
def test_what_machines_do_earns_nothing(tell: Callable[..., Story], is_machine: Any) -> None:
    story = tell()
    score_by({"name": "click", "on": ["link_clicked"], "points": 5})
    contact = story.contact()
    story.happens("link_clicked", contact=contact, data={"is_machine": is_machine})
    assert score(story, contact) == 0
    story.happens("link_clicked", contact=contact, data={"is_machine": False})
    assert score(story, contact) == 5


@pytest.mark.parametrize(
    "value", [None, [], {}, "", "NaN", "1e400000", "9" * 5000, "-", True, "12,5", "0x10", "١٢", "1_000", "5\n"]
)
def test_hostile_data_is_no_number_and_stops_nothing(tell: Callable[..., Story], value: Any) -> None:
    story = tell()
    score_by({"name": "order", "on": ["bought"], "where": "amount >= 0 and amount < 1000 or done", "points": 5})
    contact = story.contact()
    story.happens("bought", contact=contact, data={"amount": value, "done": value if value is not True else "yes"})
    story.happens("bought", contact=contact, data=[1, 2])
    assert score(story, contact) == 0
    assert story.rows("SELECT FROM event WHERE name = 'note_added'") == []


def test_explicit_points_come_and_go_with_the_field(tell: Callable[..., Story]) -> None:
    story = tell()
    score_by(
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


def test_what_a_journey_sets_is_scored_at_once(tell: Callable[..., Story]) -> None:
    async def learn(j: Journey) -> str:
        await j.set(job_title="CEO")
        return "learned"

    story = tell(learn)
    score_by({"name": "CEO", "when": 'job_title == "CEO"', "points": 10})
    contact = story.contact()
    story.start("learn", contact)
    assert score(story, contact) == 10
    [changed] = story.rows("SELECT data FROM event WHERE name = 'contact_changed'")
    assert changed.data == {"job_title": "CEO"}


def test_points_for_a_stage_come_with_the_stage(tell: Callable[..., Story]) -> None:
    story = tell()
    score_by({"name": "customer", "when": 'stage == "customer"', "points": 40, "decays": False})
    contact = story.contact()
    story.happens("order_placed", "strategy-session", contact=contact)
    assert score(story, contact) == 40


def test_points_that_were_changed_keep_their_day_and_a_rule_that_left_takes_its_points_along(
    tell: Callable[..., Story],
) -> None:
    story = tell()
    score_by({"name": "CEO", "when": 'job_title == "CEO"', "points": 100})
    contact = story.contact(job_title="CEO")
    story.happens("page_visited", contact=contact)
    story.now += timedelta(days=1)
    score_by({"name": "CEO", "when": 'job_title == "CEO"', "points": 200})
    story.happens("page_visited", contact=contact)
    assert score(story, contact) == 194
    score_by({"name": "boss", "when": 'job_title == "CEO"', "points": 1})
    story.happens("page_visited", contact=contact)
    assert score(story, contact) == 1


def test_a_threshold_is_told_once_per_crossing_with_its_moment(tell: Callable[..., Story]) -> None:
    story = tell()
    score_by(
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


def test_the_same_events_seen_by_many_processes_at_once_earn_and_tell_once(tell: Callable[..., Story]) -> None:
    story = tell()
    score_by({"name": "visit", "on": ["visited"], "points": 10}, thresholds={"hot": 100})
    contact = story.contact()
    story.write(
        "INSERT INTO event (name, contact_id, at) SELECT 'visited', :contact, :now FROM generate_series(1, 20)",
        contact=contact,
        now=story.now,
    )

    def one(_: int) -> None:
        with engine().begin() as connection:
            react(connection, {}, current(connection), story.now, limit=7)
        with engine().begin() as connection:
            recount(connection, current(connection), [contact], story.now)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(16)))
    assert score(story, contact) == 200
    assert crossings(story, contact) == [("score_rose", "hot", MONDAY)]


def test_journeys_that_give_points_in_two_processes_lose_none(tell: Callable[..., Story]) -> None:
    async def points(j: Journey) -> str:
        await j.add_points(10, "was there")
        return "given"

    story = tell(points, reentry="always")
    score_by(thresholds={"hot": 400})
    contact = story.contact()
    story.write(
        "INSERT INTO journey_run (journey, contact_id, key, started_at, wake_at, exclusive) "
        "SELECT 'points', :contact, n, :now, :now, false FROM generate_series(1, 40) n",
        contact=contact,
        now=story.now,
    )

    def one(_: int) -> None:
        with engine().begin() as connection:
            take_turn(connection, story.definitions["points"], story.definitions, story.now, limit=3)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(20)))
    assert score(story, contact) == 400
    assert crossings(story, contact) == [("score_rose", "hot", MONDAY)]


def test_levels_follow_the_score_until_a_person_says_otherwise(tell: Callable[..., Story]) -> None:
    async def raise_it(j: Journey) -> str:
        await j.set(mql_level=3)
        return "raised"

    story = tell(raise_it)
    score_by(
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


def test_fifty_thousand_entries_of_one_contact_are_counted_in_a_moment(tell: Callable[..., Story]) -> None:
    story = tell()
    score_by({"name": "visit", "on": ["visited"], "points": 10_000})
    contact = story.contact()
    story.write(
        "INSERT INTO score_entry (contact_id, points, why, rule, slot, at, day) SELECT :contact, 10000, 'visit', "
        "'visit', n, :now, '2026-03-02' FROM generate_series(1, 50000) n",
        contact=contact,
        now=story.now,
    )
    with engine().begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = '5s'"))
        recount(connection, current(connection), [contact], story.now)
    assert score(story, contact) == 500_000_000


def test_a_score_that_no_column_holds_stays_at_the_end_of_what_it_can(tell: Callable[..., Story]) -> None:
    async def huge(j: Journey) -> str:
        await j.add_points(9_000_000_000, "far too many")
        return "given"

    story = tell(huge, reentry="always")
    contact = story.contact()
    story.start("huge", contact, key="once")
    story.start("huge", contact, key="twice")
    assert story.column(contact, "score") == Decimal("9999999999.99")
