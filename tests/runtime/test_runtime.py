"""What the runtime promises to the author of a journey: it goes on where it was, once, or says why not."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from flows.runtime import Journey
from flows.runtime.definitions.definition import Definition, Reentry
from flows.runtime.turn import take_turn
from flows.runtime.virtual_time import run_due
from models import Contact
from models.database import engine
from models.journeys.runs import end_runs, restart_runs, retry_runs
from tests.support.story import Story, two_mails

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


def test_a_journey_goes_on_where_it_was_a_week_later(make_story: Callable[..., Story]) -> None:
    story = make_story(two_mails)
    ann = story.contact()
    story.start("two_mails", ann)
    story.pass_time(6 * DAY)
    assert story.mails(ann) == [(0, "two_mails/first")]
    story.pass_time(DAY)
    assert story.mails(ann) == [(0, "two_mails/first"), (7, "two_mails/second")]
    assert story.runs(ann) == [("two_mails", "told twice")]


def test_starting_again_with_the_same_key_changes_nothing(make_story: Callable[..., Story]) -> None:
    story = make_story(two_mails)
    ann = story.contact()
    assert [story.start("two_mails", ann, key="form 7") for _ in range(2)] == [1, 0]
    story.pass_time(WEEK)
    assert story.start("two_mails", ann, key="form 7") == 0
    assert len(story.mails(ann)) == 2


@pytest.mark.parametrize(
    ("reentry", "while_open", "after_end"), [("never", 0, 0), ("after_end", 0, 1), ("always", 1, 1)]
)
def test_reentry(make_story: Callable[..., Story], reentry: str, while_open: int, after_end: int) -> None:
    story = make_story(two_mails, reentry=Reentry(reentry))
    ann = story.contact()
    assert story.start("two_mails", ann, key="first") == 1
    assert story.start("two_mails", ann, key="second") == while_open
    story.pass_time(WEEK)
    assert story.start("two_mails", ann, key="third") == after_end


def test_a_changed_journey_is_stuck_and_goes_on_when_the_old_step_is_back(make_story: Callable[..., Story]) -> None:
    async def changed(j: Journey) -> str:
        await j.send("other")
        await j.wait(WEEK)
        return "changed"

    story = make_story(two_mails)
    ann = story.contact()
    story.start("two_mails", ann)
    old = story.definitions
    story.definitions = {"two_mails": Definition("two_mails", changed)}
    story.pass_time(WEEK)
    (_, reason) = story.runs(ann)[0]
    assert "step 1 was 'send first', the code now says 'send other'" in reason
    story.definitions = old
    move(story, retry_runs)
    assert story.mails(ann) == [(0, "two_mails/first"), (7, "two_mails/second")]


def test_a_journey_that_now_ends_early_is_changed_too(make_story: Callable[..., Story]) -> None:
    async def shorter(j: Journey) -> str:
        return "nothing to do"

    story = make_story(two_mails)
    ann = story.contact()
    story.start("two_mails", ann)
    story.definitions = {"two_mails": Definition("two_mails", shorter)}
    story.pass_time(WEEK)
    assert "the code now says 'the end'" in story.runs(ann)[0][1]


def move(story: Story, how: Callable[..., int], *more: Any) -> None:
    """What ops do with all stuck runs."""
    with engine().begin() as connection:
        stuck = [row[0] for row in story.rows("SELECT id FROM journey_run WHERE status = 'stuck'")]
        how(connection, stuck, *more, story.now)
    run_due(story.definitions, story.now)


def test_a_raising_run_is_stuck_with_the_last_line_and_all_others_go_on(make_story: Callable[..., Story]) -> None:
    async def fragile(j: Journey) -> str:
        await j.send("hello")
        if await j.check(Contact.company == "Acme"):
            raise KeyError("no price list for Acme")
        return "fine"

    story = make_story(fragile)
    ann, bob = story.contact("ann@example.com", company="Acme"), story.contact("bob@example.com", company="Other")
    story.start("fragile", ann, bob)
    assert story.runs(bob) == [("fragile", "fine")]
    _, reason = story.runs(ann)[0]
    assert reason.startswith("KeyError: 'no price list for Acme' (test_runtime.py, line ")
    assert len(story.mails(ann)) == 1
    move(story, end_runs, "written off")
    assert story.runs(ann) == [("fragile", "written off")]


def test_a_stuck_run_keeps_the_answer_that_it_could_not_take_in(make_story: Callable[..., Story]) -> None:
    broken = [True]

    async def picky(j: Journey) -> str:
        came = await j.wait_for("replied", within=WEEK)
        if broken[0]:
            raise ValueError("not yet")
        return came or "silence"

    story = make_story(picky)
    ann = story.contact()
    story.start("picky", ann)
    story.happens("replied", contact=ann)
    assert "not yet" in story.runs(ann)[0][1]
    broken[0] = False
    move(story, retry_runs)
    assert story.runs(ann) == [("picky", "replied")]


def test_starting_over_begins_from_the_top(make_story: Callable[..., Story]) -> None:
    async def unlucky(j: Journey) -> str:
        await j.send("hello")
        raise ValueError("bad luck")

    story = make_story(unlucky)
    ann = story.contact()
    story.start("unlucky", ann)
    story.definitions = {"unlucky": Definition("unlucky", two_mails)}
    move(story, restart_runs)
    assert [state for _, state in story.runs(ann)] == ["started over", "waiting for 7 days"]


def test_a_foreign_await_is_refused_with_what_to_do(make_story: Callable[..., Story]) -> None:
    async def sleepy(j: Journey) -> str:
        await asyncio.sleep(0)
        return "rested"

    story = make_story(sleepy)
    ann = story.contact()
    story.start("sleepy", ann)
    assert "put work outside the journey into an activity" in story.runs(ann)[0][1]


def test_a_pause_cannot_be_swallowed(make_story: Callable[..., Story]) -> None:
    async def careless(j: Journey) -> str:
        try:
            await j.wait(WEEK)
        except Exception:
            return "swallowed"
        return "waited"

    story = make_story(careless)
    ann = story.contact()
    story.start("careless", ann)
    story.pass_time(WEEK)
    assert story.runs(ann) == [("careless", "waited")]


def test_an_order_that_is_stored_but_not_reacted_to_stops_the_next_mail(make_story: Callable[..., Story]) -> None:
    story = make_story(two_mails, ends_on={"order_placed": "bought"})
    ann = story.contact()
    story.start("two_mails", ann)
    story.write("INSERT INTO event (name, contact_id, at) VALUES ('order_placed', :ann, now())", ann=ann)
    with engine().begin() as connection:
        take_turn(connection, story.definitions["two_mails"], story.definitions, story.now + WEEK)
    assert story.runs(ann) == [("two_mails", "bought")]
    assert len(story.mails(ann)) == 1


def test_a_thousand_contacts_move_together(make_story: Callable[..., Story]) -> None:
    story = make_story(two_mails)
    story.write("INSERT INTO contact (email) SELECT 'c' || i || '@example.com' FROM generate_series(1, 2500) i")
    contacts = [row[0] for row in story.rows("SELECT id FROM contact")]
    story.start("two_mails", *contacts)
    story.pass_time(WEEK)
    assert story.rows("SELECT ending, count(*) FROM journey_run GROUP BY 1") == [("told twice", 2500)]
    assert story.one("SELECT count(DISTINCT key) FROM message") == 5000
