"""Scores by many processes at once, and of many entries."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from sqlalchemy import text

from flows.runtime import Journey
from flows.runtime.react import react
from flows.runtime.turn import take_turn
from models.database import engine
from models.playbook import current_playbook
from models.scoring import recount
from tests.support.scoring import apply_scoring, crossings, score
from tests.support.story import MONDAY, Story


def test_the_same_events_seen_by_many_processes_at_once_earn_and_tell_once(make_story: Callable[..., Story]) -> None:
    story = make_story()
    apply_scoring({"name": "visit", "on": ["visited"], "points": 10}, thresholds={"hot": 100})
    contact = story.contact()
    story.write(
        "INSERT INTO event (name, contact_id, at) SELECT 'visited', :contact, :now FROM generate_series(1, 20)",
        contact=contact,
        now=story.now,
    )

    def one(_: int) -> None:
        with engine().begin() as connection:
            react(connection, {}, current_playbook(connection), story.now, limit=7)
        with engine().begin() as connection:
            recount(connection, current_playbook(connection), [contact], story.now)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(16)))
    assert score(story, contact) == 200
    assert crossings(story, contact) == [("score_rose", "hot", MONDAY)]


def test_journeys_that_give_points_in_two_processes_lose_none(make_story: Callable[..., Story]) -> None:
    async def points(j: Journey) -> str:
        await j.add_points(10, "was there")
        return "given"

    story = make_story(points, reentry="always")
    apply_scoring(thresholds={"hot": 400})
    contact = story.contact()
    story.write(
        "INSERT INTO journey_run (journey, contact_id, key, started_at, resume_at, exclusive) "
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


def test_fifty_thousand_entries_of_one_contact_are_counted_in_a_moment(make_story: Callable[..., Story]) -> None:
    story = make_story()
    apply_scoring({"name": "visit", "on": ["visited"], "points": 10_000})
    contact = story.contact()
    story.write(
        "INSERT INTO score_entry (contact_id, points, reason, rule, slot, at, day) SELECT :contact, 10000, 'visit', "
        "'visit', n, :now, '2026-03-02' FROM generate_series(1, 50000) n",
        contact=contact,
        now=story.now,
    )
    with engine().begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = '5s'"))
        recount(connection, current_playbook(connection), [contact], story.now)
    assert score(story, contact) == 500_000_000


def test_a_score_that_no_column_holds_stays_at_the_end_of_what_it_can(make_story: Callable[..., Story]) -> None:
    story = make_story()
    apply_scoring({"name": "visit", "on": ["visited"], "points": 10})
    contact = story.contact()
    story.write(
        "INSERT INTO score_entry (contact_id, points, reason, at, day) "
        "SELECT :contact, 9000000000, 'far too many', :now, '2026-03-02' FROM generate_series(1, 2)",
        contact=contact,
        now=story.now,
    )
    with engine().begin() as connection:
        recount(connection, current_playbook(connection), [contact], story.now)
    assert story.column(contact, "score") == Decimal("9999999999.99")
