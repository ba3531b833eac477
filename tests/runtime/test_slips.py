"""Slips of a journey's author: each leaves the run stuck with its step and line, and is found before it runs."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from flows.runtime import Journey
from flows.runtime.authoring.source_check import find_slips
from flows.runtime.checks.all_rules import find_problems
from flows.runtime.definitions.definition import Definition
from flows.runtime.definitions.journey import VERBS
from flows.runtime.maps.journey_map import build_map
from flows.runtime.prefect_flow import discover
from models import Contact, RunStatus
from tests.support.story import Story

DAY = timedelta(days=1)


async def only_if(j: Journey) -> str:
    """Asks without waiting for the answer."""
    if j.check(Contact.score >= 30):
        return "hot"
    return "cold"


async def says_not(j: Journey) -> str:
    """Turns the question around."""
    if not j.check(Contact.score >= 30):
        return "cold"
    return "hot"


async def combines(j: Journey) -> str:
    """Two questions, one awaited."""
    if await j.check(Contact.score >= 30) or j.check(Contact.score >= 10):
        return "hot"
    return "cold"


async def never_awaited(j: Journey) -> str:
    """A mail that is not sent before a long wait."""
    j.send("offer")
    await j.wait(DAY)
    return "over"


async def last_step_not_awaited(j: Journey) -> str:
    """Points that are not added at the end."""
    await j.wait(DAY)
    j.add_points(5, "came so far")
    return "over"


async def returns_a_step(j: Journey) -> str:
    """A step as the ending."""
    return j.send("offer")  # type: ignore[return-value]


async def compares(j: Journey) -> str:
    """A step is no outcome."""
    if j.task("call", due=DAY, outcomes=("Yes", "No")) == "Yes":  # type: ignore[comparison-overlap]
        return "yes"
    return "no"


async def writes_into_text(j: Journey) -> str:
    """A step inside a text."""
    await j.note(f"answered {j.check(Contact.score >= 30)}")
    return "over"


async def several_at_once(j: Journey) -> str:
    """Steps at the same time."""
    await asyncio.gather(j.send("offer"), j.send("reminder"))
    return "over"


async def in_a_list(j: Journey) -> str:
    """A list of steps that nobody awaits."""
    sent = [j.send(name) for name in ("offer", "reminder")]
    return f"{len(sent)} sent"


async def given_a_name(j: Journey) -> str:
    """A step under a name that is not awaited."""
    answer = j.check(Contact.score >= 30)
    await j.wait(DAY)
    return str(answer)


async def hidden_by_except(j: Journey) -> str:
    """Hides the error that tells of it."""
    try:
        if j.check(Contact.score >= 30):
            return "hot"
    except Exception:
        await j.note("went wrong")
    return "cold"


async def helper(j: Journey) -> None:
    """What a journey hands to a helper."""
    await j.send("offer")


async def helper_not_awaited(j: Journey) -> str:
    """Calls the helper, and nothing of it happens."""
    helper(j)  # type: ignore[unused-coroutine]
    await j.wait(DAY)
    return "over"


async def helper_not_awaited_at_the_end(j: Journey) -> str:
    """The same as the last thing that it does."""
    await j.wait(DAY)
    helper(j)  # type: ignore[unused-coroutine]
    return "over"


NOT_AWAITED = [
    (only_if, "check 'score >= 30' was made and not awaited"),
    (says_not, "check 'score >= 30' was made and not awaited"),
    (combines, "check 'score >= 10' was made and not awaited"),
    (never_awaited, "send 'offer' (test_slips.py, line"),
    (last_step_not_awaited, "add_points 'came so far' (test_slips.py, line"),
    (returns_a_step, "send 'offer' (test_slips.py, line"),
    (compares, "task 'call' (test_slips.py, line"),
    (writes_into_text, "check 'score >= 30' (test_slips.py, line"),
    (several_at_once, "send 'offer' (test_slips.py, line"),
    (in_a_list, "send 'offer' (test_slips.py, line"),
    (given_a_name, "check 'score >= 30' (test_slips.py, line"),
    (hidden_by_except, "check 'score >= 30' (test_slips.py, line"),
    (helper_not_awaited, "helper() was called and not awaited"),
    (helper_not_awaited_at_the_end, "helper() was called and not awaited"),
]


@pytest.mark.parametrize(("wrong", "sentence"), NOT_AWAITED, ids=[wrong.__name__ for wrong, _ in NOT_AWAITED])
def test_a_step_that_is_not_awaited_leaves_the_run_stuck_with_its_name_and_line(
    make_story: Callable[..., Story], wrong: Any, sentence: str
) -> None:
    story = make_story(wrong)
    ann = story.contact("ann@example.com")
    story.start(wrong.__name__, ann)
    story.pass_time(3 * DAY)
    ((status, reason),) = story.rows("SELECT status, stuck_reason FROM journey_run")
    assert status == RunStatus.STUCK
    assert sentence in reason
    assert "test_slips.py, line" in reason or "helper()" in reason


@pytest.mark.parametrize("wrong", [wrong for wrong, _ in NOT_AWAITED], ids=lambda wrong: wrong.__name__)
def test_the_check_finds_it_in_the_source_with_file_and_line(wrong: Any) -> None:
    ours = [slip for slip in map(str, find_slips(wrong, VERBS)) if "is made and not awaited" in slip]
    first, last = wrong.__code__.co_firstlineno, max(line for *_, line in wrong.__code__.co_lines() if line)
    lines = [int(slip.partition("line ")[2].partition(":")[0]) for slip in ours]
    assert any(first < line <= last for line in lines)
    assert all(slip.startswith("test_slips.py, line ") for slip in ours)


async def awaited_well(j: Journey) -> str:
    """Everything that looks like a slip and is none."""
    check = j.check(Contact.score >= 30)
    hot = await check
    step = j.send("offer") if hot else j.send("article")
    await step
    await (j.wait(DAY) if hot else j.wait(2 * DAY))
    make: Callable[[], Awaitable[Any]] = lambda: j.note("made elsewhere")  # noqa: E731
    await make()
    for days in (1, 2):
        await j.wait(days * DAY, name=f"wait {days}")
    answers = [await j.check(Contact.score >= points) for points in (1, 2)]
    await helper(j)
    return "hot" if all(answers) else "cold"


def test_steps_that_are_awaited_under_a_name_or_by_a_condition_are_none_of_these(
    make_story: Callable[..., Story],
) -> None:
    story = make_story(awaited_well)
    ann = story.contact("ann@example.com")
    story.start("awaited_well", ann)
    story.pass_time(10 * DAY)
    assert story.one("SELECT ending FROM journey_run") == "cold"
    first, last = awaited_well.__code__.co_firstlineno, awaited_well.__code__.co_firstlineno + 14
    lines = [int(slip.partition("line ")[2].partition(":")[0]) for slip in map(str, find_slips(awaited_well, VERBS))]
    assert not any(first <= line <= last for line in lines)


async def awaits_twice(j: Journey) -> str:
    """One step, awaited two times."""
    wait = j.wait(DAY)
    await wait
    await wait
    return "over"


def test_a_step_that_is_awaited_twice_leaves_the_run_stuck(make_story: Callable[..., Story]) -> None:
    story = make_story(awaits_twice)
    story.start("awaits_twice", story.contact("ann@example.com"))
    story.pass_time(3 * DAY)
    ((reason,),) = story.rows("SELECT stuck_reason FROM journey_run")
    assert reason.startswith("StepAwaitedTwice: wait '1 day' was awaited twice, or made without j.")


async def asks_the_world(j: Journey) -> str:
    """What a replay would do again, with another answer."""
    started = datetime.now(UTC)
    time.sleep(0)
    if random.random() < 0.5 or date.today() > started.date():  # noqa: DTZ011
        await j.note(f"at {time.time()}")
    try:
        await j.send("offer")
    except:  # noqa: E722
        return "went wrong"
    return "over"


@pytest.mark.parametrize(
    "sentence",
    [
        "datetime.now(...) gives another moment at each replay. Write `j.now`.",
        "time.sleep(...) holds up every other run. Write `await j.wait(timedelta(...))`.",
        "random.random(...) gives another answer at each replay.",
        "date.today(...) gives another moment at each replay.",
        "time.time(...) gives another moment at each replay.",
        "asyncio.gather(...) cannot be used on steps, which are taken one after another.",
        "`except` without a kind of error hides what is wrong.",
    ],
)
def test_the_check_finds_what_a_replay_would_do_again(sentence: str) -> None:
    assert any(sentence in str(slip) for slip in find_slips(asks_the_world, VERBS))


def test_the_shipped_journeys_have_no_slips() -> None:
    assert [slip for definition in discover().values() for slip in find_slips(definition.body, VERBS)] == []
    assert find_problems(discover()) == []


def test_tend_check_tells_slips_and_what_a_path_runs_into_with_the_journey() -> None:
    definitions = {"only_if": Definition("only_if", only_if)}
    problems = find_problems(definitions)
    assert any(one.startswith("only_if: j.check(...) is made and not awaited.") for one in problems)
    assert any("only_if: at the start: StepNotAwaited: check" in one for one in problems)


def test_a_map_is_drawn_of_what_can_be_drawn() -> None:
    found = build_map(Definition("never_awaited", never_awaited))
    assert any("send 'offer'" in str(problem) for problem in found.problems)
