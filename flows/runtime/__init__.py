"""What makes a journey last for weeks. Journeys import their words from here."""

from flows.runtime.activity import activity
from flows.runtime.ask import HandOver, hand_over
from flows.runtime.definition import Definition, Reentry
from flows.runtime.errors import ActivityFailed
from flows.runtime.journey import Journey
from flows.runtime.prefect_flow import journey

__all__ = ["ActivityFailed", "Definition", "HandOver", "Journey", "Reentry", "activity", "hand_over", "journey"]
