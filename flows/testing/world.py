"""The contact of a trip under way, and what has happened to it: what steps read and change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, ClassVar

from sqlalchemy import ColumnElement

from flows.runtime.definitions.definition import Definition, Definitions
from flows.runtime.verbs.task import TaskStep
from flows.testing.answers import Answers
from flows.testing.conditions import Facts, Value, compile_condition
from flows.testing.made_contact import CONTACT_ID, MadeContact
from flows.testing.open_run import OpenRun
from flows.testing.paths import Paths
from flows.testing.trip import MailQueued
from models.playbook import Playbook


@dataclass
class Known:
    """What trips share, so that ten thousand of them take no time: places, and their conditions as functions."""

    paths: dict[tuple[str, datetime], Paths] = field(default_factory=dict)
    conditions: dict[int, tuple[ColumnElement[Any], Value]] = field(default_factory=dict)
    """Identity of a condition -> the condition, so that it stays the same one, and its function."""
    MOST_CONDITIONS: ClassVar[int] = 50_000

    def paths_of(self, definition: Definition, at: datetime) -> Paths:
        """The places of a journey for runs that start at this moment."""
        found = self.paths.get((definition.name, at))
        if found is None:
            found = self.paths[definition.name, at] = Paths(definition, at)
        return found

    def condition(self, condition: ColumnElement[Any]) -> Value:
        """The condition as a function of facts."""
        known = self.conditions.get(id(condition))
        if known is None:
            if len(self.conditions) >= self.MOST_CONDITIONS:
                self.conditions.clear()
            known = self.conditions[id(condition)] = (condition, compile_condition(condition))
        return known[1]


@dataclass
class Surroundings:
    """What a trip happens in."""

    definitions: Definitions
    answers: Answers
    playbook: Playbook
    begin: datetime
    known: Known = field(default_factory=Known)
    follow: bool = False
    """Whether the contact goes on to the journeys that this one leads to."""
    replay: bool = True
    """Whether each run is replayed when it goes on, as the runtime does it."""


class World:
    """The contact now."""

    def __init__(self, around: Surroundings, contact: MadeContact) -> None:
        self.around = around
        self.now = around.begin
        self.contact: dict[str, Any] = {**contact.columns, "custom": dict(contact.custom)}
        self.opted_out = contact.opted_out
        self.lines: list[tuple[int, str]] = []
        self.sent: list[MailQueued] = []
        self.starts: list[tuple[str, str]] = []
        """Journey and key of the runs that a step has put the contact on, to start when the step is done."""
        self.numbers = count(1)
        self._tasks: dict[int, TaskStep] = {}
        self._rows: dict[str, list[Mapping[str, Any]]] = {name: list(rows) for name, rows in contact.rows.items()}

    @property
    def day(self) -> int:
        """Whole days since it began."""
        return (self.now - self.around.begin).days

    @property
    def playbook(self) -> Playbook:
        """The playbook in force."""
        return self.around.playbook

    def note(self, what: str) -> None:
        """A line of the trip."""
        self.lines.append((self.day, what))

    def add_row(self, table: str, **columns: Any) -> None:
        """A row of what has happened, which conditions may ask for."""
        self.rows(table).append({"contact_id": CONTACT_ID, **columns})

    def add_event(self, pattern: str) -> None:
        """A row of an event that happens now, `name` or `name:topic`."""
        name, _, topic = pattern.partition(":")
        self.add_row("event", name=name, topic=topic or None, at=self.now)

    def rows(self, table: str) -> list[Mapping[str, Any]]:
        """The rows of a table, to look at and to change."""
        return self._rows.setdefault(table, [])

    def new_task(self, step: TaskStep) -> int:
        """The number of a task that somebody has now."""
        number = next(self.numbers)
        self._tasks[number] = step
        return number

    def task(self, number: int) -> TaskStep:
        """The task of that number, with what its kind says."""
        return self._tasks[number]

    def answer(self, run: OpenRun, step: Any) -> Any:
        """The answer that the trip gives to a step, or NOT_GIVEN."""
        return self.around.answers.to(run.name, step)

    def holds(self, run: OpenRun, condition: ColumnElement[Any]) -> bool | None:
        """Whether a condition is true of the contact and the run now; None where SQL would give null."""
        value = self.around.known.condition(condition)
        result: bool | None = value(Facts(self.contact, run.row, self._rows))
        return result
