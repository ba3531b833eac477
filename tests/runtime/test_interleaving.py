"""Answers that come at a bad moment, and several who do the same at once: nothing is lost or doubled."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from flows.operations.run_clock import delivery_due, reaction_due
from flows.runtime import Journey, statements
from flows.runtime.definitions.definition import Definition
from flows.runtime.react import react
from flows.runtime.turn import take_turn
from flows.runtime.virtual_time import run_due
from models.database import engine
from models.journeys.runs import restart_runs, retry_runs
from models.playbook import current_playbook
from models.routing import assign_by_router
from models.tasks.outcome import complete_task
from tests.support.race_conditions import intervene, store_event, take_one_turn
from tests.support.story import Story

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)

CLAIMING = """
    SELECT EXISTS (SELECT FROM pg_stat_activity
                   WHERE wait_event = 'PgSleep' AND datname = current_database() AND pid <> pg_backend_pid())
"""


def report_call(story: Story, outcome: str = "Reached") -> bool:
    """The salesperson reports on the only task, as its page does; whether it was taken."""
    with engine().begin() as connection:
        task = connection.execute(text("SELECT id FROM task")).scalar_one()
        return complete_task(connection, task, outcome, "", story.now)


async def calling(j: Journey) -> str:
    outcome = await j.task("call", due=DAY, outcomes=("Reached",), within=WEEK, to="office@example.com")
    return outcome or "silence"


def test_an_answer_that_came_in_time_counts_though_the_turn_is_faster_than_the_reaction(
    make_story: Callable[..., Story],
) -> None:
    async def patient(j: Journey) -> str:
        return await j.wait_for("replied", within=WEEK) or "silence"

    story = make_story(patient, calling)
    ann, bob = story.contact(), story.contact("bob@example.com")
    story.start("patient", ann)
    story.start("calling", bob)
    story.now += DAY
    store_event(story, "replied", None, ann)
    assert report_call(story)
    story.now += WEEK
    take_one_turn(story, "patient")
    take_one_turn(story, "calling")
    run_due(story.definitions, story.now)
    assert story.runs(ann) == [("patient", "replied")]
    assert story.runs(bob) == [("calling", "Reached")]


@pytest.mark.parametrize("reacted", [True, False])
def test_an_answer_is_not_taken_twice(make_story: Callable[..., Story], reacted: bool) -> None:
    async def twice(j: Journey) -> str:
        first = await j.wait_for("replied", within=WEEK, name="first")
        second = await j.wait_for("replied", within=WEEK, name="second")
        return f"{first}, {second}"

    story = make_story(twice)
    ann = story.contact()
    story.start("twice", ann)
    story.now += DAY
    store_event(story, "replied", None, ann)
    story.now += WEEK
    take_one_turn(story, "twice")
    assert story.runs(ann) == [("twice", "waiting for second")]
    if reacted:
        run_due(story.definitions, story.now)
    assert story.runs(ann) == [("twice", "waiting for second")]
    story.now += WEEK
    take_one_turn(story, "twice")
    assert story.runs(ann) == [("twice", "replied, None")]


def test_a_report_that_was_taken_counts_even_when_the_time_was_up_and_no_clock_ran(
    make_story: Callable[..., Story],
) -> None:
    story = make_story(calling)
    ann = story.contact()
    story.start("calling", ann)
    story.now += 2 * WEEK
    assert report_call(story)
    run_due(story.definitions, story.now)
    assert story.runs(ann) == [("calling", "Reached")]


def test_a_report_in_the_middle_of_the_turn_that_gives_up_is_refused_not_lost(make_story: Callable[..., Story]) -> None:
    story = make_story(calling)
    ann = story.contact()
    story.start("calling", ann)
    story.now += 2 * WEEK
    with ThreadPoolExecutor(1) as salesperson, engine().begin() as connection:
        statements.claim_runs(connection, "calling", story.now, 10)
        taken = salesperson.submit(report_call, story)
        with pytest.raises(TimeoutError):
            taken.result(0.3)
        take_turn(connection, story.definitions["calling"], story.definitions, story.now)
        connection.commit()
        assert not taken.result(5)
    run_due(story.definitions, story.now)
    assert story.runs(ann) == [("calling", "silence")]
    assert story.rows("SELECT done_at, closed_at IS NOT NULL FROM task") == [(None, True)]


def test_a_report_on_a_stuck_run_is_kept_until_it_goes_on(make_story: Callable[..., Story]) -> None:
    async def renamed(j: Journey) -> str:
        await j.note("new first step")
        return "never"

    story = make_story(calling)
    ann = story.contact()
    story.start("calling", ann)
    good, story.definitions = story.definitions, {"calling": Definition("calling", renamed)}
    story.pass_time(WEEK)
    assert "the code now says 'note new first step'" in story.runs(ann)[0][1]
    assert report_call(story)
    run_due(story.definitions, story.now)
    story.definitions = good
    intervene(story, retry_runs)
    assert story.runs(ann) == [("calling", "Reached")]


def test_a_run_that_got_stuck_while_it_began_to_wait_goes_on_waiting(make_story: Callable[..., Story]) -> None:
    untidy = [True]

    async def tidying(j: Journey) -> str:
        try:
            await j.wait_for("replied", name="first")
            return await j.wait_for("replied", "called", within=WEEK, name="second") or "silence"
        finally:
            if untidy[0] and j.now > story.begin:
                raise ValueError("left a mess")

    story = make_story(tidying)
    ann = story.contact()
    story.start("tidying", ann)
    story.now += DAY
    story.happens("replied", contact=ann)
    assert "left a mess" in story.runs(ann)[0][1]
    untidy[0] = False
    intervene(story, retry_runs)
    assert story.runs(ann) == [("tidying", "waiting for second")]
    story.happens("called", contact=ann)
    assert story.runs(ann) == [("tidying", "called")]


def test_an_answer_that_changed_code_no_longer_knows_is_said_to_be_just_that(make_story: Callable[..., Story]) -> None:
    async def asking(j: Journey) -> str:
        return await j.wait_for("replied", name="answer") or "silence"

    async def changed(j: Journey) -> str:
        return await j.wait_for("called", name="answer") or "silence"

    story = make_story(asking)
    ann = story.contact()
    story.start("asking", ann)
    story.definitions = {"asking": Definition("asking", changed)}
    story.happens("replied", contact=ann)
    assert "step 1 was 'answered by replied', the code now says 'wait_for called'" in story.runs(ann)[0][1]


def test_two_who_route_the_same_contact_give_it_to_one_salesperson(make_story: Callable[..., Story]) -> None:
    story = make_story()
    ann = story.contact()

    def route() -> str:
        with engine().begin() as connection:
            return assign_by_router(connection, "inbound", [ann], anew=False, now=story.now)[ann][0]

    with ThreadPoolExecutor(1) as other, engine().begin() as connection:
        mine = assign_by_router(connection, "inbound", [ann], anew=False, now=story.now)[ann][0]
        theirs = other.submit(route)
        with pytest.raises(TimeoutError):
            theirs.result(0.3)
        connection.commit()
        assert theirs.result(5) == mine


def test_starting_over_leaves_those_alone_who_ended_meanwhile(make_story: Callable[..., Story]) -> None:
    async def unlucky(j: Journey) -> str:
        raise ValueError("bad luck")

    story = make_story(unlucky, ends_on={"order_placed": "bought"})
    ann = story.contact()
    story.start("unlucky", ann)
    stuck = [row[0] for row in story.rows("SELECT id FROM journey_run WHERE status = 'stuck'")]
    story.happens("order_placed", contact=ann)
    with engine().begin() as connection:
        assert restart_runs(connection, stuck, story.now) == 0
    assert story.runs(ann) == [("unlucky", "bought")]


def test_a_run_that_is_woken_while_a_turn_claims_it_gets_its_answer(
    make_story: Callable[..., Story], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def patient(j: Journey) -> str:
        return await j.wait_for("replied", within=WEEK) or "silence"

    story = make_story(patient)
    ann = story.contact()
    story.start("patient", ann)
    store_event(story, "replied", None, ann)
    story.now += WEEK
    # Between what a claim sees and what it locks, react commits.
    slow = statements.CLAIM.replace("FROM journey_run", "FROM (SELECT pg_sleep(1)) AS slowly, journey_run").replace(
        "FOR NO KEY UPDATE", "FOR NO KEY UPDATE OF journey_run"
    )
    monkeypatch.setattr(statements, "CLAIM", slow)
    with ThreadPoolExecutor(1) as clock:
        moving = clock.submit(take_one_turn, story, "patient")
        give_up = time.monotonic() + 20
        while not story.one(CLAIMING):
            assert time.monotonic() < give_up, "the turn never claimed"
        with engine().begin() as connection:
            react(connection, story.definitions, current_playbook(connection), story.now)
        moving.result(5)
    assert story.runs(ann) == [("patient", "replied")]


def test_what_a_faster_clock_than_ours_dates_ahead_is_due_now(make_story: Callable[..., Story]) -> None:
    story = make_story()
    story.now = datetime.now(UTC) + DAY
    store_event(story, "replied", None, story.contact())
    with engine().connect() as connection:
        due = reaction_due(connection)
    assert due is not None
    assert due <= datetime.now(UTC)


def test_messages_of_a_dead_sender_are_due_though_nothing_is_queued(make_story: Callable[..., Story]) -> None:
    story = make_story()
    ann = story.contact()
    story.write(
        "INSERT INTO message (key, contact_id, kind, template, state, sending_by, queued_at) "
        "VALUES ('1:1', :ann, 'marketing', 'a/b', 'sending', 4611686018427387905, now() - interval '1 hour')",
        ann=ann,
    )
    with engine().connect() as connection, engine().connect() as sender:
        assert delivery_due(connection) is not None
        sender.execute(text("SELECT pg_advisory_lock(4611686018427387905)"))
        assert delivery_due(connection) is None
        sender.execute(text("SELECT pg_advisory_unlock(4611686018427387905)"))
