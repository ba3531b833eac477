"""Random trips taken twice, by the kit and by the runtime on Postgres: what happens is the same.

RUNTIME_TRIPS=200 takes so many of each journey.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import pytest

from flows.runtime import Definition, Journey
from flows.runtime.prefect_flow import discover
from flows.testing import MONDAY, MadeContact, Trip, random_trips
from flows.testing.random_trips import random_contact
from flows.testing.trip import Happened, StepTaken
from models.database import engine, to_json
from models.playbook import Playbook, apply
from models.playbook.scoring import Scoring
from tests.support.playbook import the_shipped_playbook
from tests.support.story import Story

TRIPS = int(os.environ.get("RUNTIME_TRIPS", "3"))
LASTS = timedelta(days=500)
BY_THE_DATABASE = {"feedback"}
"""What comes of a request for feedback stands in the database alone: the kit is told."""


@cache
def playbook() -> Playbook:
    """Without scores and stages, which are the playbook's own and change what journeys look at."""
    return the_shipped_playbook().model_copy(update={"scoring": Scoring(), "stages": {}})


async def elsewhere(j: Journey) -> str:
    """Stands in for each journey that another one leads to."""
    return "elsewhere"


def alone(name: str) -> dict[str, Definition]:
    """One shipped journey, taken once, among others that end at once."""
    shipped = replace(discover()[name], starts_on=(), fallback_trigger=())
    return {other: Definition(other, elsewhere) for other in discover()} | {name: shipped}


@pytest.mark.parametrize("name", sorted(set(discover()) - BY_THE_DATABASE))
def test_a_trip_goes_as_the_runtime_goes(name: str, database_url: str) -> None:
    with engine().begin() as connection:
        apply(connection, playbook())
    story = Story(alone(name))
    made = [random_contact(Random(number), playbook()) for number in range(TRIPS)]
    trips = [take(name, contact, seed) for seed, contact in enumerate(made)]
    contacts = [
        put_in_database(story, contact, trip, f"ann{seed}@example.com")
        for seed, (contact, trip) in enumerate(zip(made, trips, strict=True))
    ]
    story.start(name, *contacts)
    for at, contact, one in script(contacts, trips):
        story.pass_time(at - story.now)
        if one.outcome is not None:
            story.reports(one.topic or "", one.outcome, contact=contact)
        else:
            story.happens(one.event, one.topic, contact=contact)
    story.pass_time(MONDAY + LASTS - story.now)
    for contact, trip in zip(contacts, trips, strict=True):
        assert in_database(story, contact) == by_the_kit(trip), trip


def take(name: str, contact: MadeContact, seed: int) -> Trip:
    """A random trip of this contact."""
    trips = random_trips(name, 1, seed=seed, contact=contact, lasts=LASTS, definitions=alone(name), playbook=playbook())
    return next(trips)


def script(contacts: Sequence[int], trips: Sequence[Trip]) -> list[tuple[datetime, int, Happened]]:
    """What all of them do, in the order of time."""
    found = [
        (one.at, contact, one) for contact, trip in zip(contacts, trips, strict=True) for one in trip.outcome.happened
    ]
    return sorted(found, key=lambda each: each[0])


def put_in_database(story: Story, contact: MadeContact, trip: Trip, email: str) -> int:
    """The same contact as a row, with the orders that stand and the variants that the trip drew."""
    columns = {name: contact.columns[name] for name in ("phone", "suppressed", "stage", "score", "consent_at")}
    id = story.contact(email if contact.columns["email"] else None, **columns)
    story.write(
        "UPDATE contact SET custom = CAST(:custom AS jsonb), "
        "owner_id = CASE WHEN :owned THEN (SELECT min(id) FROM rep) END WHERE id = :id",
        custom=to_json(contact.custom),
        owned=contact.columns["owner_id"] is not None,
        id=id,
    )
    for order in contact.rows["order"]:
        story.write(
            'INSERT INTO "order" (contact_id, product_id, event_id, amount, currency, placed_at) '
            "SELECT :contact, min(id), -nextval('order_id_seq'), 100, 'USD', :at FROM product WHERE tier = :tier",
            contact=id,
            at=MONDAY - timedelta(days=90),
            tier=order["product_id"],
        )
    for step in trip.outcome.steps:
        if step.verb == "split":
            draw(story, id, step)
    return id


def draw(story: Story, contact: int, step: StepTaken) -> None:
    """Whoever has a variant keeps it."""
    story.write(
        "INSERT INTO split_test (name, journey, started_at) VALUES (:name, :journey, :at) ON CONFLICT DO NOTHING",
        name=step.name,
        journey=step.journey,
        at=MONDAY,
    )
    story.write(
        "INSERT INTO split_draw (test, contact_id, variant, how, at) VALUES (:name, :contact, :variant, 'drawn', :at)",
        name=step.name,
        contact=contact,
        variant=step.answer,
        at=MONDAY,
    )


Told = tuple[list[tuple[int, str]], list[tuple[int, str]], list[tuple[str, str, Any]], str | None]
"""Mails and tasks by day, steps, and how it ended."""


def by_the_kit(trip: Trip) -> Told:
    """What the trip says."""
    outcome = trip.outcome
    steps = [(step.verb, step.name, comparable(step.verb, step.answer)) for step in outcome.steps]
    return trip.mails, trip.tasks, steps, outcome.ending or outcome.stuck_reason or f"waiting for {outcome.waiting_for}"


def in_database(story: Story, contact: int) -> Told:
    """The same from the tables."""
    tasks = [(day, name) for day, name, _ in story.tasks(contact)]
    steps = [(verb, name, comparable(verb, answer)) for verb, name, answer in story.steps(contact)]
    return story.mails(contact), tasks, steps, story.runs(contact)[0][1]


def comparable(verb: str, answer: Any) -> Any:
    """An answer, but for the name of the salesperson, whom the router chooses."""
    return "somebody" if verb == "route" else answer
