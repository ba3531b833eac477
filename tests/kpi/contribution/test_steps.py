"""Who took a step, and what they did after it: touched, not caused."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from flows.runtime import Journey
from flows.runtime.definitions.definition import Definition
from tests.support.contribution import (
    DAY,
    HOUR,
    MINUTE,
    a_lead,
    a_run,
    a_step,
    a_talk,
    an_event,
    an_order,
    count_contribution,
    insert,
    reported,
    without_versions,
)
from tests.support.database import write
from tests.support.mail.outbox import NOON
from tests.support.playbook import apply_playbook
from tests.support.story import MONDAY, Story

COUNTED = "journey, step, verb, contacts, connected, ordered"


@pytest.fixture(autouse=True)
def _playbook(database_url: str) -> None:
    apply_playbook()


def counted() -> list[Any]:
    return reported("kpi_journey_step", COUNTED)


async def visit(j: Journey) -> str:
    """Verbs of several kinds."""
    await j.send("first")
    await j.route("inbound")
    await j.wait(timedelta(days=2), name="two days")
    outcome = await j.task("call", due=DAY, outcomes=("Talked", "Not there"))
    return "done" if outcome == "Talked" else "tried"


def test_a_real_journey_is_counted_step_by_step(make_story: Callable[..., Story]) -> None:
    story = make_story(visit)
    ann, bob = story.contact("ann@example.com"), story.contact("bob@example.com")
    story.start("visit", ann, bob)
    story.pass_time(2 * DAY + HOUR)
    story.reports("call", "Talked", contact=ann)
    story.pass_time(DAY)
    count_contribution(story.now)
    assert counted() == [
        ("visit", "", "start", 2, 1, 0),
        ("visit", "call", "task", 1, 1, 0),
        ("visit", "first", "send", 2, 1, 0),
        ("visit", "inbound", "route", 2, 1, 0),
        ("visit", "two days", "wait", 2, 1, 0),
    ]


def test_who_is_held_out_takes_no_step(make_story: Callable[..., Story]) -> None:
    story = make_story(visit)
    story.definitions = {"visit": Definition("visit", visit, holdout=0.5)}
    contacts = [story.contact(f"{number}@example.com") for number in range(40)]
    story.start("visit", *contacts)
    count_contribution(MONDAY + DAY)
    held = story.one("SELECT count(*) FROM split_draw WHERE variant = 'held out'")
    steps = {(step, verb): contacts for _, step, verb, contacts, _, _ in counted()}
    assert steps == {("", "start"): 40 - held, ("first", "send"): 40 - held, ("inbound", "route"): 40 - held}


def test_a_talk_before_a_mail_is_not_touched_by_it_and_one_that_a_task_reports_is() -> None:
    contact = a_lead("ann@example.com")
    run = a_run(contact)
    task = {"journey": "lead_nurture", "name": "call", "template": "lead_nurture/call", "assignee": "s@example.com"}
    insert("task", run_id=run, number=1, contact_id=contact, **task, created_at=NOON, due_at=NOON)
    a_talk(contact, NOON + HOUR)
    a_step(run, 1, "task", "call", NOON + HOUR + MINUTE)
    a_step(run, 2, "send", "summary", NOON + HOUR + MINUTE)
    count_contribution(NOON + DAY)
    assert [(step, connected) for _, step, _, _, connected, _ in counted()] == [("", 1), ("call", 1), ("summary", 0)]


def test_steps_that_nobody_looks_for_are_left_out_and_a_loop_counts_once_a_day() -> None:
    run = a_run(a_lead("ann@example.com"))
    for number, verb in enumerate(("check", "set", "note", "add_points", "start", "split", "offer", "fulfil", "call")):
        a_step(run, number + 1, verb, verb, NOON)
    for number in range(3):
        a_step(run, 20 + number, "wait_for", "an answer", NOON + number * HOUR)
    a_step(run, 30, "wait_for", "an answer", NOON + DAY)
    count_contribution(NOON + 2 * DAY)
    found = reported("kpi_journey_step", "day, step, contacts", "verb <> 'start'")
    monday, tuesday = date(2026, 3, 2), date(2026, 3, 3)
    assert found == [(monday, name, 1) for name in ("an answer", "call", "fulfil", "offer", "split")] + [
        (tuesday, "an answer", 1)
    ]


def test_an_order_weeks_later_is_counted_by_the_next_run_on_the_day_of_the_step() -> None:
    contact, other = a_lead("ann@example.com"), a_lead("bob@example.com")
    for one in (contact, other):
        a_step(a_run(one), 1, "send", "article", NOON)
    first = NOON + 20 * DAY
    count_contribution(first)
    an_order(contact, first + HOUR)
    count_contribution(first + DAY, before=first, contacts=[contact])
    assert counted() == [("lead_nurture", "", "start", 2, 0, 1), ("lead_nurture", "article", "send", 2, 0, 1)]
    nightly = without_versions("kpi_journey_step")
    assert count_contribution(first + 2 * DAY)[1].added == 0
    assert without_versions("kpi_journey_step") == nightly


def test_after_a_merge_the_steps_of_both_are_those_of_one() -> None:
    kept, merged = a_lead("ann@example.com"), a_lead("ann@work.example.com")
    a_step(a_run(merged), 1, "send", "article", NOON)
    an_order(kept, NOON + DAY)
    first = NOON + 60 * DAY
    count_contribution(first)
    assert sum(ordered for *_, ordered in counted()) == 0
    for table in ("journey_run", "event"):
        write(f"UPDATE {table} SET contact_id = :kept WHERE contact_id = :merged", kept=kept, merged=merged)
    write("DELETE FROM contact WHERE id = :merged", merged=merged)
    about = {"reason": "test", "merged_by": "test", "merged_at": first + HOUR}
    insert("contact_merge", kept_id=kept, merged_id=merged, **about)
    count_contribution(first + DAY, before=first, contacts=[kept, merged])
    assert counted() == [("lead_nurture", "", "start", 1, 0, 1), ("lead_nurture", "article", "send", 1, 0, 1)]


def test_what_bots_do_and_what_is_only_opened_is_no_goal() -> None:
    contact = a_lead("ann@example.com")
    a_step(a_run(contact), 1, "send", "article", NOON)
    an_event(contact, "link_clicked", NOON + HOUR, is_machine=True)
    an_event(contact, "email_opened", NOON + HOUR)
    count_contribution(NOON + DAY)
    assert {(connected, ordered) for *_, connected, ordered in counted()} == {(0, 0)}
