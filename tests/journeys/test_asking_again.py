"""Whoever asks for a person again is heard, wherever they stand: by one salesperson, in time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from flows.runtime.definition import Definition
from flows.runtime.journey_map import ANY_MOMENT
from flows.runtime.prefect_flow import discover
from flows.runtime.request_places import WAITS, request_places
from flows.runtime.run import Run
from flows.runtime.verbs.task import TaskStep
from flows.runtime.virtual_time import run_due
from models.database import to_json
from tests.support.playbook import apply_playbook
from tests.support.story import MONDAY, Story

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
OPEN = "done_at IS NULL AND closed_at IS NULL"

REQUESTS = [("form_submitted", "request-call"), ("form_submitted", "contact-us"), ("call_received", None)]
"""A form that a journey is for, one that none is for, and a call."""


@pytest.fixture
def story(database_url: str) -> Story:
    apply_playbook()
    return Story(discover())


@dataclass(frozen=True)
class Place:
    """A place at which a run can stand, and the answered steps that lead to it."""

    journey: str
    step: str
    is_task: bool
    history: str


def places_of(definition: Definition) -> Iterator[Place]:
    """Each wait and each task of the salesperson, by the shortest way to it."""
    known: set[str] = set()
    paths: list[list[Any]] = [[]]
    for answers in paths:
        run = Run(0, 0, ANY_MOMENT, "", None, "")
        steps = []
        ask = run.advance(definition.make_coroutine, ANY_MOMENT)
        for answer in answers:
            assert ask is not None
            steps.append((ask.verb, ask.name, answer, MONDAY.timestamp()))
            ask = run.advance(definition.make_coroutine, ANY_MOMENT, answer)
        run.close()
        if ask is None or (ask.verb, ask.name) in known:
            continue
        known.add((ask.verb, ask.name))
        asks_owner = isinstance(ask, TaskStep) and ask.to is None
        if asks_owner or ask.verb in WAITS:
            yield Place(definition.name, ask.name, asks_owner, "".join(f"{to_json(step)}," for step in steps))
        paths += [[*answers, answer] for answer in ask.possible_answers()]


def put_at(story: Story, place: Place, number: int) -> int:
    """A contact of Sarah's whose run has come to this place just now."""
    contact = story.contact(
        f"lead{number}@example.com", owner_id=story.one("SELECT min(id) FROM rep"), phone=f"+1207555{number:04}"
    )
    story.write(
        "INSERT INTO journey_run (journey, contact_id, key, exclusive, started_at, resume_at, steps, history) "
        "VALUES (:journey, :contact, 'test', true, :now, :now, :steps, :history)",
        journey=place.journey,
        contact=contact,
        now=story.now,
        steps=place.history.count("],"),
        history=place.history,
    )
    return contact


def everywhere(story: Story, definitions: Mapping[str, Definition]) -> dict[int, Place]:
    """A contact at each place of these journeys."""
    places = [place for definition in definitions.values() for place in places_of(definition)]
    found = {put_at(story, place, number): place for number, place in enumerate(places, start=100)}
    run_due(story.definitions, story.now)
    for contact, place in found.items():
        assert (place.journey, f"waiting for {place.step}") in story.runs(contact)
    return found


def open_tasks(story: Story, contact: int) -> list[Any]:
    return story.rows(
        "SELECT journey, name, assignee, due_at FROM task "
        f"WHERE contact_id = :contact AND {OPEN} AND rep_id IS NOT NULL",
        contact=contact,
    )


@pytest.mark.parametrize(("name", "topic"), REQUESTS)
def test_at_every_place_of_every_journey_one_person_hears_of_it_in_time(
    story: Story, name: str, topic: str | None
) -> None:
    found = everywhere(story, story.definitions)
    assert len(found) > 80
    story.now += HOUR
    for contact in found:
        story.write(
            "INSERT INTO event (name, topic, contact_id, source, data, at, received_at) "
            "VALUES (:name, :topic, :contact, 'test', '{\"request\": \"Please call me\"}', :now, :now)",
            name=name,
            topic=topic,
            contact=contact,
            now=story.now,
        )
    run_due(story.definitions, story.now)

    for contact, place in found.items():
        tasks = open_tasks(story, contact)
        assert len(tasks) == 1, (place, story.runs(contact))
        [(journey, _, assignee, due_at)] = tasks
        in_time = HOUR / 2 if topic != "contact-us" or place.is_task else 4 * HOUR
        assert due_at <= story.now + in_time, place
        if place.is_task and f"{name}:{topic}" not in (story.definitions[place.journey].ends_on or {}):
            assert journey == place.journey
        assert story.rows(
            "SELECT 1 FROM message "
            "WHERE contact_id = :contact AND kind = 'task' AND to_address = :to AND queued_at = :now",
            contact=contact,
            to=assignee,
            now=story.now,
        ), place
        assert not story.rows(
            "SELECT 1 FROM journey_run WHERE contact_id = :contact AND status = 'stuck'", contact=contact
        )

    before = {contact: len(marketing(story, contact)) for contact in found}
    story.pass_time(1.5 * DAY)
    pitched = [place for contact, place in found.items() if len(marketing(story, contact)) > before[contact]]
    assert pitched == [], "somebody was written to while a person talks to them"


def marketing(story: Story, contact: int) -> list[Any]:
    return story.rows("SELECT 1 FROM message WHERE contact_id = :contact AND kind = 'marketing'", contact=contact)


def test_every_place_of_every_journey_says_what_a_request_does_there() -> None:
    said = {(one.journey, one.place.name) for one in request_places(discover()).effects()}
    there = {(place.journey, place.step) for one in discover().values() for place in places_of(one)}
    assert there <= said
    assert not list(request_places(discover()).problems())
