"""Runs that steps leave to the end of the turn to start; the emails to queue are models.mail.queue's NewMessage."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to start on another journey; a key that was used before starts none."""

    journey: str
    contact_id: int
    key: str
