"""Journeys written before a keyword was renamed still work, and a warning says what to write."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from flows.runtime import Journey, journey
from flows.runtime.authoring.renamed_keyword import RenamedKeyword
from tests.support.story import Story


async def waiting(j: Journey) -> str:
    """Any journey."""
    return await j.wait_for("replied") or "silence"


def test_a_journey_that_catches_events_has_a_fallback_trigger() -> None:
    old: Any = journey
    with pytest.warns(RenamedKeyword, match=r"journey\(catches=\.\.\.\) is now journey\(fallback_trigger=\.\.\.\)"):
        flow = old(catches="replied")(waiting)
    assert flow.definition.fallback_trigger == ("replied",)


def test_steps_take_their_older_keywords(make_story: Callable[..., Story]) -> None:
    async def spring(j: Any) -> str:
        await j.send("news", good_for=timedelta(days=2))
        await j.add_points(5, why="got the news")
        return "told"

    story = make_story(spring)
    ann = story.contact()
    with pytest.warns(RenamedKeyword, match="is now") as warned:
        story.start("spring", ann)
    assert [str(warning.message) for warning in warned] == [
        "send(good_for=...) is now send(expires_after=...).",
        "add_points(why=...) is now add_points(reason=...).",
    ]
    assert {warning.filename for warning in warned} == {__file__}
    assert story.one("SELECT expires_after FROM message") == timedelta(days=2)
    assert story.steps(ann)[1] == ("add_points", "got the news", None)


def test_the_older_and_the_newer_name_at_once_are_refused() -> None:
    old: Any = journey
    with pytest.raises(TypeError, match="got both fallback_trigger= and catches="):
        old(catches="replied", fallback_trigger="replied")
