"""The names that journeys import: the journey decorator, its verbs, activities and endings."""

from flows.runtime.contract.ask import HandOver, hand_over
from flows.runtime.contract.errors import ActivityFailed
from flows.runtime.definitions.activity import activity
from flows.runtime.definitions.definition import Definition, Reentry
from flows.runtime.definitions.journey import Journey
from flows.runtime.definitions.open_runs import drain, end_with, move, stay
from flows.runtime.prefect_flow import journey

__all__ = [
    "ActivityFailed",
    "Definition",
    "HandOver",
    "Journey",
    "Reentry",
    "activity",
    "drain",
    "end_with",
    "hand_over",
    "journey",
    "move",
    "stay",
]
