"""The kinds of actions for many contacts: what is chosen, how it reads, whom it would not change, and doing it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection


class BadChoice(ValueError):
    """Something that was chosen is not there, or cannot be done; the sentence says what to choose."""


Choices = Mapping[str, str]
"""What was chosen, by name: all that is needed to do it later."""


@dataclass(frozen=True, kw_only=True)
class Doing:
    """One batch of an action."""

    choices: Choices
    contacts: Sequence[int]
    """In the order of their numbers, and those that there are."""
    by: str
    """Who asked for it, as their timelines say."""
    key: str
    """Names the action: what it does for a contact, it does once."""
    now: datetime


@dataclass(frozen=True)
class Remark:
    """Contacts for whom it is different, and how that reads after their number."""

    condition: ColumnElement[Any]
    one: str
    more: str


class ActionKind(Protocol):
    """A kind of action."""

    def read(self, connection: Connection, given: Choices) -> dict[str, str]:
        """What was chosen, checked and complete. Raises BadChoice."""

    def sentence(self, connection: Connection, choices: Choices) -> str:
        """What will happen, after whom it happens to: `are put on the journey “Reading list”`."""

    def remarks(self, connection: Connection, choices: Choices) -> list[Remark]:
        """For whom it is different."""

    def perform(self, connection: Connection, doing: Doing) -> int:
        """Do it for a batch; gives for how many something was done. The caller commits. Raises BadChoice."""
