"""What a journey hands to its steps and they cannot take: each is a sentence, with the line of the journey."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.runtime import Journey
from flows.runtime.checks.all_rules import find_findings, find_problems, look_at
from flows.runtime.checks.mail_rules import MAIL_RULES
from flows.runtime.checks.name_rules import NAME_RULES
from flows.runtime.definitions.definition import Definition
from flows.runtime.definitions.run import Run
from flows.runtime.maps.journey_map import ANY_MOMENT
from flows.runtime.virtual_time import run_due
from tests.support.playbook import the_shipped_playbook
from tests.support.story import Story

DAY = timedelta(days=1)
FAR = datetime(2126, 1, 1, tzinfo=UTC)
MISSING_MAIL = MAIL_RULES[0]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda j: j.check(True), "check needs a condition on a model, such as Contact.score >= 30, found True."),
        (lambda j: j.check("score >= 30"), "check needs a condition on a model"),
        (lambda j: j.wait("3 days"), "wait needs a length of time such as timedelta(days=3), found '3 days'."),
        (lambda j: j.wait(3), "wait needs a length of time"),
        (lambda j: j.wait(timedelta(hours=999_999_999)), "wait of 41,666,666 days was found. Take at most ten years."),
        (lambda j: j.wait(timedelta.max), "Take at most ten years."),
        (lambda j: j.wait_until(date(2026, 3, 9)), "wait_until needs a moment"),
        (lambda j: j.wait_until(None), "wait_until needs a moment, found None."),
        (lambda j: j.wait_until(datetime(2026, 3, 9)), "wait_until needs a moment with a time zone"),  # noqa: DTZ001
        (lambda j: j.wait_until(FAR), "wait until 2126-01-01 was found, which is more than ten years ahead."),
        (lambda j: j.wait_for("replied", until=FAR), "wait_for until 2126-01-01 was found"),
        (lambda j: j.wait_for("replied", within=timedelta.max), "Take at most ten years."),
        (
            lambda j: j.wait_for(("replied", "clicked"), within=DAY),
            "wait_for needs a text, found ('replied', 'clicked').",
        ),
        (lambda j: j.wait_until_field("next_check_in", otherwise=7), "otherwise needs a length of time"),
        (lambda j: j.task("call", due="soon", outcomes=("Done",)), "due needs a length of time"),
        (lambda j: j.task("call", due=timedelta(days=10**6), outcomes=("Done",)), "due of 1,000,000 days was found."),
        (lambda j: j.task("call", due=DAY, outcomes="Done"), 'outcomes needs several texts such as ("Yes", "No")'),
        (lambda j: j.task("call", due=DAY, outcomes=()), "The task 'call' has no outcomes"),
        (lambda j: j.task("call", due=DAY, outcomes=("Done",), form="notes"), "form needs several texts"),
        (lambda j: j.send(None), "send needs a text, found None."),
        (
            lambda j: j.send("offer", window={"mon-fri": "08:00-25:00"}),
            "its send window mon-fri: 08:00-25:00 cannot be used",
        ),
        (lambda j: j.send("offer", window="08:00-18:00"), "window needs days and hours"),
        (lambda j: j.send("offer", expires_after=3), "expires_after needs a length of time"),
        (lambda j: j.send("offer", on_cap="later"), "'later' is not a valid OnCap"),
        (lambda j: j.add_points("many", "why not"), "add_points needs a number up to 1,000,000,000, found 'many'."),
        (lambda j: j.add_points(float("nan"), "why not"), "add_points needs a number"),
        (lambda j: j.set(), "set needs a field of the contact"),
        (lambda j: j.email, "j has no 'email'. It has: add_points, call, check"),
        (lambda j: j.sned("offer"), "j has no 'sned'."),
    ],
)
def test_what_a_step_cannot_take_is_said_with_the_line_of_the_journey(
    make_story: Callable[..., Story], wrong: Callable[[Journey], Any], sentence: str
) -> None:
    async def slip(j: Journey) -> str:
        await wrong(j)
        return "done"

    story = make_story(slip)
    story.start("slip", story.contact("ann@example.com"))
    run_due(story.definitions, story.now)
    ((reason,),) = story.rows("SELECT stuck_reason FROM journey_run")
    assert sentence in reason
    assert "OverflowError" not in reason
    assert "test_step_arguments.py, line" in reason or "more than ten years ahead" in reason


def test_waits_until_a_far_moment_and_unknown_journeys_are_found_by_the_check() -> None:
    async def far(j: Journey) -> str:
        await j.wait_until(FAR)
        await j.start("nowhere")
        return "over"

    problems = find_problems({"far": Definition("far", far)})
    assert any(
        "far: wait a moment until 2126-01-01 was found, which is more than ten years ahead." in one for one in problems
    )
    assert any("There is no journey 'nowhere'. There are: far." in one for one in problems)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda j: j.route("inbuond"), "There is no router 'inbuond'. Did you mean 'inbound'?"),
        (lambda j: j.offer("inbuond"), "There is no router 'inbuond'."),
        (lambda j: j.set(stge="sql"), "Contacts have no field 'stge'. Did you mean 'stage'?"),
        (lambda j: j.set(stage="hot"), "'stage' cannot be 'hot'"),
        (lambda j: j.set(score=100), "'score' cannot be set."),
        (lambda j: j.fulfil("thank you notes"), "There is no list 'thank you notes'"),
        (lambda j: j.send("oferr"), "needs templates/mail/slip/oferr.html, which is not there."),
        (lambda j: j.wait_until_field("next_chek_in", otherwise=DAY), "contacts have no field 'next_chek_in'"),
        (lambda j: j.task("call", due=DAY, outcomes=("Done",), form=("sumary",)), "The form asks for sumary"),
    ],
)
def test_a_misspelt_name_is_found_by_the_check(wrong: Callable[[Journey], Any], sentence: str) -> None:
    async def slip(j: Journey) -> str:
        await wrong(j)
        return "done"

    checked = look_at({"slip": Definition("slip", slip)}, the_shipped_playbook())
    assert any(sentence in str(finding) for finding in find_findings(checked, (*NAME_RULES, MISSING_MAIL)))


@given(
    length=st.timedeltas(),
    points=st.one_of(st.integers(), st.floats(), st.decimals(), st.text(max_size=5), st.booleans()),
)
def test_any_number_and_length_is_a_step_or_a_sentence(length: timedelta, points: Any) -> None:
    steps: list[Callable[[Journey], Any]] = [
        lambda j: j.wait(length),
        lambda j: j.wait_for("replied", within=length),
        lambda j: j.task("call", due=length, outcomes=("Done",), within=length),
        lambda j: j.send("offer", expires_after=length),
        lambda j: j.wait_until_field("next_check_in", otherwise=length),
        lambda j: j.offer("inbound", lasts=length),
        lambda j: j.add_points(points, "any"),
    ]
    for make in steps:
        with suppress(ValueError):
            make(Journey("any", Run(0, 0, ANY_MOMENT, "", None, "")))
