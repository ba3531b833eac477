"""Killed anywhere, or done twice at once: every lead has an owner or waits for one, and none has two."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import pytest
from sqlalchemy.exc import OperationalError

from flows.runtime import Journey
from flows.runtime.react import react
from flows.runtime.run_start import start_runs
from flows.runtime.virtual_time import run_due
from models.database import engine
from models.playbook import current_playbook
from models.routing.assignment import owner_change
from tests.support.paths import ROOT
from tests.support.race_conditions import store_event, take_one_turn
from tests.support.routing import (
    NINE_TO_FIVE,
    MakeStory,
    apply_business,
    counts,
    make_contacts,
    member,
    owners,
    rep,
    router,
    team,
)
from tests.support.story import MONDAY, Story

WEIGHTS = {"Ann": 5, "Bob": 3, "Eve": 2}


async def asking(j: Journey) -> str:
    return await j.route()


def office() -> None:
    """A weighted router that gets every form."""
    places = [member(name, weight=weight) for name, weight in WEIGHTS.items()]
    routing = {"on": ["form_submitted"], "rules": [{"router": "all"}]}
    apply_business([team(*WEIGHTS)], [router("all", *places, kind="weighted")], routing=routing)


def everything_adds_up(story: Story, leads: int) -> None:
    """Each lead has one owner, the ledger's, and nobody is a lead from their share at any number."""
    assert (
        story.one("SELECT count(*) FROM contact JOIN assignment a ON contact_id = contact.id AND rep_id = owner_id")
        == leads
    )
    rows = story.rows("SELECT number, rep.name FROM assignment JOIN rep ON rep.id = rep_id ORDER BY number")
    assert [number for number, _ in rows] == list(range(1, leads + 1))
    got: Counter[str] = Counter()
    for number, name in rows:
        got[name] += 1
        assert all(abs(got[one] - Fraction(weight * number, 10)) < 1 for one, weight in WEIGHTS.items())


def test_who_sends_a_form_has_an_owner_before_any_journey_moves(make_story: MakeStory) -> None:
    story = make_story(asking, starts_on=("form_submitted",))
    office()
    leads = make_contacts(story, 10)
    for lead in leads:
        store_event(story, "form_submitted", "request-info", lead)
    with engine().begin() as connection:
        react(connection, story.definitions, current_playbook(connection), story.now)
    assert None not in owners(story, leads)
    assert story.one("SELECT count(*) FROM journey_run WHERE steps = 0") == 10
    take_one_turn(story, "asking")
    assert story.rows("SELECT DISTINCT fact ->> 'kept' FROM step") == [("true",)]
    everything_adds_up(story, 10)


@pytest.mark.parametrize("statement", ["INSERT_ASSIGNMENTS", "SET_OWNERS", "EMIT_LEAD_ASSIGNED", "CLOSE_PLACEMENTS"])
def test_dying_between_two_statements_leaves_nothing_half_given(
    make_story: MakeStory, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    story = make_story(asking)
    office()
    leads = make_contacts(story, 5)
    story.start("asking", *leads[:2])
    for lead in leads[2:]:
        store_event(story, "form_submitted", None, lead)
    broken = owner_change.text("SELECT pg_terminate_backend(pg_backend_pid())")
    with monkeypatch.context() as dying:
        dying.setattr(owner_change, statement, broken)
        with pytest.raises(OperationalError):
            run_due(story.definitions, story.now)
    assert owners(story, leads[2:]) == [None] * 3
    run_due(story.definitions, story.now)
    everything_adds_up(story, 5)


def test_two_forms_of_one_contact_at_once_give_it_one_owner(make_story: MakeStory) -> None:
    story = make_story(asking, starts_on=("form_submitted",))
    office()
    lead, *_ = make_contacts(story, 1)
    store_event(story, "form_submitted", "request-info", lead)
    store_event(story, "form_submitted", "request-demo", lead)
    with ThreadPoolExecutor(3) as clocks:
        list(clocks.map(lambda _: run_due(story.definitions, story.now), range(3)))
    everything_adds_up(story, 1)


def test_turns_and_reactions_at_once_keep_the_shares_exact(make_story: MakeStory) -> None:
    story = make_story(asking)
    office()
    leads = make_contacts(story, 60)
    for lead in leads[:30]:
        store_event(story, "form_submitted", None, lead)
    with engine().begin() as connection:
        start_runs(connection, story.definitions["asking"], [(lead, "test") for lead in leads[30:]], story.now)
    with ThreadPoolExecutor(4) as clocks:
        list(clocks.map(lambda _: run_due(story.definitions, story.now), range(4)))
    everything_adds_up(story, 60)


def test_a_lead_that_comes_at_night_waits_with_its_placement_from_the_first_moment(make_story: MakeStory) -> None:
    story = make_story(asking, starts_on=("form_submitted",))
    routing = {"on": ["form_submitted"], "rules": [{"router": "all"}]}
    apply_business([team(rep("Ann", hours=NINE_TO_FIVE))], [router("all", "Ann")], routing=routing)
    lead, *_ = make_contacts(story, 1)
    story.now = MONDAY.replace(hour=3)
    store_event(story, "form_submitted", None, lead)
    with engine().begin() as connection:
        react(connection, story.definitions, current_playbook(connection), story.now)
    assert story.rows("SELECT router, reason FROM placement") == [("all", "rule 1: all others")]
    run_due(story.definitions, story.now)
    assert story.runs(lead) == [("asking", "waiting for by the rules")]
    story.now = MONDAY
    run_due(story.definitions, story.now)
    assert story.runs(lead) == [("asking", "Ann")]
    assert counts(story, [lead]) == {"Ann": 1}


KILLED = """
import time
from datetime import datetime
from flows.runtime.react import react
from models.database import engine
from models.playbook import current
now = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
print("there", flush=True)
while True:
    with engine().begin() as connection:
        done = react(connection, {}, current(connection), now, limit=7)
    if not done:
        time.sleep(0.005)
"""


def test_clocks_that_are_killed_leave_no_lead_without_an_owner_and_none_with_two(make_story: MakeStory) -> None:
    story = make_story()
    office()
    leads = make_contacts(story, 400)
    story.write(
        "INSERT INTO event (name, contact_id, source, at) "
        "SELECT 'form_submitted', id, 'test', :now FROM contact ORDER BY id",
        now=MONDAY,
    )
    for _ in range(4):
        clock = subprocess.Popen(
            [sys.executable, "-c", KILLED], cwd=ROOT, stdout=subprocess.PIPE, env=os.environ.copy()
        )
        with clock:
            assert clock.stdout is not None
            clock.stdout.readline()
            time.sleep(0.05)
            clock.send_signal(signal.SIGKILL)
    run_due({}, MONDAY)
    assert len(leads) == 400
    everything_adds_up(story, 400)


def test_people_with_limits_in_several_routers_hold_nobody_up_and_get_no_more_than_they_may(
    make_story: MakeStory,
) -> None:
    story = make_story(asking)
    people = [rep("Ann", most_a_day=15), rep("Bob", most_a_day=15), rep("Eve")]
    rules = [{"router": "ca", "when": 'state == "CA"'}, {"router": "others"}]
    routers = [router("ca", "Ann", "Bob", "Eve"), router("others", "Bob", "Ann", "Eve")]
    apply_business([team(*people)], routers, routing={"on": ["form_submitted"], "rules": rules})
    leads = [lead for _ in range(40) for state in ("CA", "NY") for lead in make_contacts(story, 1, state=state)]
    with engine().begin() as connection:
        start_runs(connection, story.definitions["asking"], [(lead, "test") for lead in leads[:40]], story.now)
    for lead in leads[40:]:
        store_event(story, "form_submitted", None, lead)
    with ThreadPoolExecutor(4) as clocks:
        list(clocks.map(lambda _: run_due(story.definitions, story.now), range(4)))
    assert counts(story, leads) == {"Ann": 15, "Bob": 15, "Eve": 50}
