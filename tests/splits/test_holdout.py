"""The holdout: a few contacts never get a journey, so that one can see what it brings; live runs notice nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from flows.runtime import Journey, hand_over
from flows.runtime.definitions.definition import Definition
from flows.runtime.maps.flowchart import render_mermaid
from flows.runtime.maps.journey_map import build_map
from flows.runtime.replay_check import replay_open_runs
from models.database import engine
from models.splits import InvalidWinner, declare_winner
from tests.support.story import Story, two_mails

WEEK = timedelta(weeks=1)


def with_holdout(share: float | None) -> dict[str, Definition]:
    return {"two_mails": Definition("two_mails", two_mails, holdout=share)}


async def parent(j: Journey) -> str:
    return hand_over("two_mails")


@pytest.fixture
def story(make_story: Callable[..., Story]) -> Story:
    """A journey that half of those who come to it are held out of."""
    story = make_story(two_mails, parent)
    story.definitions = {**story.definitions, **with_holdout(0.5)}
    return story


def held_out(story: Story) -> set[int]:
    return {contact for (contact,) in story.rows("SELECT contact_id FROM split_draw WHERE variant = 'held out'")}


def a_crowd(story: Story) -> list[int]:
    return [story.contact(f"{number}@example.com") for number in range(60)]


def test_who_is_held_out_ends_at_once_and_gets_nothing(story: Story) -> None:
    contacts = a_crowd(story)
    story.start("two_mails", *contacts)
    out = held_out(story)
    assert 5 < len(out) < 55
    assert story.rows("SELECT name, journey, is_holdout, weights FROM split_test") == [
        ("two_mails holdout", "two_mails", True, {"held out": 0.5, "on the journey": 0.5})
    ]
    for contact in contacts:
        on = ("two_mails", "held out" if contact in out else "waiting for 7 days")
        assert story.runs(contact) == [on]
        assert bool(story.mails(contact)) is (contact not in out)


def test_who_is_held_out_is_so_for_good_however_they_come_back(story: Story) -> None:
    contacts = a_crowd(story)
    story.start("two_mails", *contacts)
    out = held_out(story)
    story.pass_time(2 * WEEK)
    story.start("parent", *contacts)
    story.start("two_mails", *contacts, key="ops")
    assert held_out(story) == out
    assert {contact for contact in contacts if not story.mails(contact)} == out
    story.definitions = {**story.definitions, **with_holdout(0)}
    story.pass_time(2 * WEEK)
    story.start("two_mails", *contacts, story.contact("new@example.com"), key="later")
    assert held_out(story) == out


def fitting(definitions: dict[str, Definition]) -> Any:
    with engine().connect() as connection:
        (fit,) = replay_open_runs(connection, definitions)
    return fit.matching, fit.mismatches


def test_a_holdout_can_be_given_to_a_live_journey_and_taken_from_it(make_story: Callable[..., Story]) -> None:
    async def patient(j: Journey) -> str:
        await j.wait(WEEK, name="a week")
        await j.send("first")
        await j.wait(WEEK, name="another week")
        return "told"

    def deploy(share: float | None) -> None:
        story.definitions = {"patient": Definition("patient", patient, holdout=share)}
        count = story.one("SELECT count(*) FROM journey_run WHERE ended_at IS NULL")
        assert fitting(dict(story.definitions)) == (count, {})

    story = make_story(patient)
    ann, bob, eve = (story.contact(f"{name}@example.com") for name in ("ann", "bob", "eve"))
    story.start("patient", ann)
    story.pass_time(WEEK)
    story.start("patient", bob)
    # One run is past its first mail, one waits at the very first step, and neither was drawn.
    deploy(0.000001)
    story.start("patient", eve)
    story.pass_time(WEEK)
    assert story.rows("SELECT contact_id FROM split_draw") == [(eve,)]
    deploy(None)
    story.pass_time(2 * WEEK)
    assert [story.runs(contact) for contact in (ann, bob, eve)] == [[("patient", "told")]] * 3
    assert story.steps(eve)[0] == ("split", "patient holdout", "on the journey")


def test_the_map_shows_the_holdout() -> None:
    drawn = render_mermaid(build_map(with_holdout(0.05)["two_mails"]))
    assert 'n1{{"split two_mails holdout"}}' in drawn
    assert "n1 --> |held out| n2" in drawn
    assert "n1 --> |on the journey| n3" in drawn


@pytest.mark.parametrize("share", [-0.1, 1, 5])
def test_a_share_that_cannot_be_is_refused_at_once(share: float) -> None:
    with pytest.raises(ValueError, match=r"from 0 up and less than 1, such as holdout=0\.05"):
        with_holdout(share)


def test_a_holdout_has_no_winner(story: Story) -> None:
    story.start("two_mails", story.contact())
    with engine().connect() as connection, pytest.raises(InvalidWinner, match="write holdout=0 in its code"):
        declare_winner(connection, "two_mails holdout", "on the journey", "nora", "", story.now)
