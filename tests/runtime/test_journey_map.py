"""What is found before anybody travels a journey: dead ends, unnamed outcomes, runs that no longer fit."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from flows.runtime import Journey, hand_over
from flows.runtime.checks.all_rules import find_problems
from flows.runtime.definitions.definition import Definition, Reentry
from flows.runtime.maps.flowchart import render_mermaid
from flows.runtime.maps.journey_map import build_map
from flows.runtime.replay_check import replay_open_runs
from models import Contact
from models.database import engine
from tests.support.story import Story, two_mails

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


def test_a_path_without_ending_is_stuck_and_found_beforehand(make_story: Callable[..., Story]) -> None:
    async def endless(j: Journey) -> str:  # type: ignore[return]
        if await j.check(Contact.score >= 30):
            return "warm"

    story = make_story(endless)
    ann = story.contact()
    story.start("endless", ann)
    assert "Give every path a return" in story.runs(ann)[0][1]
    assert any(
        "'no' to check score >= 30" in str(problem) for problem in build_map(story.definitions["endless"]).problems
    )


def test_an_outcome_that_the_code_does_not_name_is_found_beforehand() -> None:
    async def forgetful(j: Journey) -> str:
        match await j.task("call", due=DAY, outcomes=("Reached", "Not reached")):
            case "Reached":
                return "talked"
        return "no talk"

    problems = [str(one) for one in build_map(Definition("forgetful", forgetful)).problems]
    assert problems == [
        "forgetful: task call may have the outcome 'Not reached', which the code does not name. "
        "Say what comes next for it."
    ]


def test_a_loop_without_a_way_out_is_found_beforehand() -> None:
    async def forever(j: Journey) -> str:
        while True:
            await j.wait(WEEK)

    assert any(
        "no way leads to an ending" in str(problem) for problem in build_map(Definition("forever", forever)).problems
    )


def test_the_map_joins_paths_and_labels_ways() -> None:
    async def branching(j: Journey) -> str:
        if await j.check(Contact.score >= 30):
            await j.send("offer")
        return hand_over("lead_nurture")

    drawn = render_mermaid(build_map(Definition("branching", branching, ("form_submitted:trial",))))
    assert 'n1{"check score >= 30"}' in drawn
    assert "n1 --> |yes| n2" in drawn
    assert "n2 --> n3" in drawn


def test_a_rehearsal_tells_how_many_open_runs_fit_changed_code(make_story: Callable[..., Story]) -> None:
    async def renamed(j: Journey) -> str:
        await j.send("first")
        await j.wait(WEEK, name="a good while")
        return "changed"

    story = make_story(two_mails)
    story.start("two_mails", story.contact("ann@example.com"), story.contact("bob@example.com"))
    with engine().connect() as connection:
        assert [fit.matching for fit in replay_open_runs(connection, story.definitions)] == [2]
        changed = {"two_mails": Definition("two_mails", renamed)}
        (fit,) = replay_open_runs(connection, changed)
    assert fit.mismatches == {("7 days", "it waits at '7 days', the code now says 'a good while'"): 2}


def test_an_early_ending_cannot_hand_over() -> None:
    with pytest.raises(ValueError, match="Let the other journey start on that event itself"):
        Definition("two_mails", two_mails, ends_on={"order_placed": hand_over("welcome")})


def test_handing_over_to_what_is_taken_only_once_is_found_beforehand() -> None:
    async def parent(j: Journey) -> str:
        return hand_over("two_mails")

    once = Definition("two_mails", two_mails, reentry=Reentry.NEVER)
    (problem,) = find_problems({"parent": Definition("parent", parent), "two_mails": once})
    assert problem.startswith("parent: hands over to two_mails, which a contact takes only once")


def test_a_rehearsal_counts_the_runs_of_a_journey_that_is_gone(make_story: Callable[..., Story]) -> None:
    story = make_story(two_mails)
    story.start("two_mails", story.contact("ann@example.com"), story.contact("bob@example.com"))
    with engine().connect() as connection:
        (fit,) = replay_open_runs(connection, {})
    assert fit.mismatches == {("any step", "the journey is no longer in flows/journeys"): 2}


def test_the_map_says_that_history_starts_it_too() -> None:
    async def cares(j: Journey) -> str:
        await j.send("thanks")
        return "thanked"

    found = build_map(Definition("cares", cares, ("order_placed",), starts_on_history=True))
    assert found.starts_on == ("order_placed, told late too",)


def test_an_outcome_that_is_looked_at_later_is_named() -> None:
    async def later(j: Journey) -> str:
        outcome = await j.task("call", due=DAY, outcomes=("Reached", "Not reached"))
        await j.note("somebody has reported")
        await j.wait(WEEK)
        return "talked" if outcome == "Reached" else "try again" if outcome == "Not reached" else "?"

    assert build_map(Definition("later", later)).problems == []


def test_a_loop_whose_turns_no_variable_tells_apart_comes_to_its_end() -> None:
    async def twice(j: Journey) -> str:
        for _ in ("once", "once"):
            await j.send("reminder")
            await j.wait(WEEK)
        return "reminded"

    found = build_map(Definition("twice", twice))
    assert found.problems == []
    assert found.endings == ["reminded"]


def test_a_condition_that_is_made_anew_in_a_loop_is_the_same_condition() -> None:
    async def patient(j: Journey) -> str:
        while True:
            condition = Contact.score >= 30
            if await j.check(condition):
                return "warm"
            await j.wait(WEEK)

    assert build_map(Definition("patient", patient)).problems == []


def test_a_loop_that_counts_and_never_stops_is_found_beforehand() -> None:
    async def counting(j: Journey) -> str:
        turns = 0
        while True:
            turns += 1
            await j.wait(WEEK)

    (problem,) = build_map(Definition("counting", counting)).problems
    assert str(problem).endswith("a loop does not come to an end.")


def test_a_mail_every_day_for_a_year_is_no_endless_loop() -> None:
    async def daily(j: Journey) -> str:
        for day in range(365):
            await j.note(f"day {day}")
            await j.wait(DAY, name=f"until day {day + 1}")
        return "a year"

    assert build_map(Definition("daily", daily)).problems == []


def test_each_step_of_the_map_knows_its_line_and_the_shortest_way_there() -> None:
    async def asks(j: Journey) -> str:
        await j.note("begun")
        if await j.check(Contact.score >= 30) and await j.check(Contact.score >= 60):
            await j.send("offer")
        return "over"

    found = build_map(Definition("asks", asks))
    (offer,) = [state for state in found.states if state.node.verb == "send"]
    assert offer.path == ("check score >= 30: yes", "check score >= 60: yes")
    assert offer.made_at == (__file__, asks.__code__.co_firstlineno + 3)
    assert found.places[offer.node] == offer.made_at
