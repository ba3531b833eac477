"""The testing kit of journeys: trips of made-up contacts in milliseconds, without a database and without Prefect."""

from flows.testing.answers import SILENT, after
from flows.testing.made_contact import MONDAY, MadeContact, a_contact
from flows.testing.random_trips import random_trips
from flows.testing.scenarios import scenarios
from flows.testing.steps import AnswerNeeded
from flows.testing.take_trip import trip
from flows.testing.trip import Trip

__all__ = [
    "MONDAY",
    "SILENT",
    "AnswerNeeded",
    "MadeContact",
    "Trip",
    "a_contact",
    "after",
    "random_trips",
    "scenarios",
    "trip",
]
