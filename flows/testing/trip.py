"""What a trip gives back: the days of one contact on a journey, and where it led."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

MAIL, TASK = "mail ", "task "
"""What the lines of mails and tasks begin with."""


@dataclass(frozen=True, slots=True)
class StepTaken:
    """One answered step, of this journey or of one that it led to."""

    day: int
    journey: str
    verb: str
    name: str
    answer: Any


@dataclass(frozen=True, slots=True)
class MailQueued:
    """One mail to the contact."""

    at: datetime
    template: str
    """`journey/template`."""
    is_marketing: bool


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that contact or salespeople did."""

    at: datetime
    event: str
    topic: str | None
    """Of `task_done` the name of the task."""
    outcome: str | None = None
    """What was reported on a task."""


@dataclass(frozen=True)
class Outcome:
    """How a trip ended, beside what happened on it."""

    ending: str | None
    """Of the journey that the trip is about; None while it is open or stuck."""
    waiting_for: str | None
    stuck_reason: str | None
    points: Decimal
    """Points of the run."""
    contact: Mapping[str, Any]
    """The contact's columns at the end."""
    endings: Mapping[str, str]
    """Journey -> ending, also of those that it led to, where they were followed."""
    steps: tuple[StepTaken, ...]
    sent: tuple[MailQueued, ...]
    happened: tuple[Happened, ...]
    """What contact and salespeople did, in order."""


class Trip(list[tuple[int, str]]):
    """What happened to one contact on a journey: a list of (day, what), which compares with a plain list.

    Day 0 is the day on which it began. `ending` says where it led, `mails` and `tasks` are the lines of one kind.
    """

    def __init__(self, lines: Iterable[tuple[int, str]], outcome: Outcome) -> None:
        super().__init__(lines)
        self.outcome = outcome

    @property
    def ending(self) -> str | None:
        """The ending of the journey; None while it waits or is stuck."""
        return self.outcome.ending

    @property
    def waiting_for(self) -> str | None:
        """The step that it waits at, for ever or for longer than the trip lasts; None when it has ended."""
        return self.outcome.waiting_for

    @property
    def stuck_reason(self) -> str | None:
        """Why it cannot go on; None where it can."""
        return self.outcome.stuck_reason

    @property
    def mails(self) -> list[tuple[int, str]]:
        """(day, `journey/template`) of every mail to the contact."""
        return self._lines(MAIL)

    @property
    def tasks(self) -> list[tuple[int, str]]:
        """(day, name) of everything that a person was asked to do."""
        return self._lines(TASK)

    @property
    def points(self) -> Decimal:
        """The points of the run."""
        return self.outcome.points

    @property
    def contact(self) -> Mapping[str, Any]:
        """The contact's columns at the end, such as `stage`."""
        return self.outcome.contact

    @property
    def last_day(self) -> int:
        """The day of the last thing that happened."""
        return self[-1][0] if self else 0

    def _lines(self, kind: str) -> list[tuple[int, str]]:
        return [(day, what.removeprefix(kind)) for day, what in self if what.startswith(kind)]

    def __repr__(self) -> str:
        lines = [f"  day {day:>3}  {what}" for day, what in self]
        if self.stuck_reason is None and self.ending is None:
            lines.append(f"  open     waiting for {self.waiting_for}")
        return "\n".join(["Trip", *lines])
