"""Task kinds: what people are asked to do, when it counts as done, what they can report, and what follows from that."""

from collections.abc import Mapping
from datetime import timedelta
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter

from models.playbook.section import Duration, Email, Section, Text
from models.values.furthest_date import FURTHEST_AHEAD, FURTHEST_TEXT

DueIn = Literal["working hours", "around the clock"]
WORKING_HOURS: DueIn = "working hours"
AROUND_THE_CLOCK: DueIn = "around the clock"
LONGEST_UNDO = timedelta(minutes=15)

OWN_KINDS = Path(__file__).with_name("task_kinds.yaml")
"""The kinds that Tend brings; a playbook may say any of them anew, or add its own."""

KIND_NAME = "^[a-z][a-z0-9_]*$"


def _within_reach(length: timedelta) -> timedelta:
    if length > FURTHEST_AHEAD:
        raise ValueError(f"at most {FURTHEST_TEXT}: nothing waits longer")
    return length


def _short_undo(length: timedelta) -> timedelta:
    if length > LONGEST_UNDO:
        raise ValueError("at most 15m: what follows from a report waits for so long")
    return length


def _as_outcome(value: Any) -> Any:
    return {"outcome": value} if isinstance(value, str) else value


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


class FollowOn(Section):
    """What an outcome brings beside what the journey makes of it: a further task, a place on a list, or a journey."""

    task: Annotated[str, Field(pattern=KIND_NAME)] | None = None
    """A kind of task."""
    to: Email | None = None
    """Who gets the further task, a salesperson or any address; none: the contact's owner."""
    due: Duration | None = None
    """None: as the kind says."""
    note: Text | None = None
    """What the further task, or the entry of the list, says of it."""
    list: Text | None = None
    """A fulfilment list of the playbook."""
    journey: Annotated[str, Field(pattern=KIND_NAME)] | None = None
    """A journey that the contact is put on."""


class OutcomeEntry(Section):
    """One thing that can be reported."""

    outcome: Text
    then: Annotated[tuple[FollowOn, ...], BeforeValidator(_as_list)] = ()


class TaskKind(Section):
    """One kind of task, as people read it and as journeys use it."""

    title: Text
    """What to do, as one would say it: `Call the lead`."""
    instructions: Text
    """How, and why."""
    complete_when: Text
    """When it counts as done, and what does not: whether a voicemail does."""
    outcomes: Annotated[
        tuple[Annotated[OutcomeEntry, BeforeValidator(_as_outcome)], ...],
        Field(min_length=1),
    ]
    form: tuple[Text, ...] = ()
    """Fields of the contact to fill in with the outcome."""
    due: Annotated[Duration, AfterValidator(_within_reach)] = timedelta(days=1)
    due_in: DueIn = WORKING_HOURS
    """By the working hours of whoever shall do it, where whole days are working days; or around the clock."""
    by_hand: bool = False
    """People can give it to each other; the others are for journeys."""

    @property
    def outcome_names(self) -> tuple[str, ...]:
        """What can be reported, in order."""
        return tuple(entry.outcome for entry in self.outcomes)

    def follow_ons(self, outcome: str) -> tuple[FollowOn, ...]:
        """What this outcome brings; nothing for one that the kind does not have."""
        return next((entry.then for entry in self.outcomes if entry.outcome == outcome), ())


TaskKinds = Mapping[str, TaskKind]
_READER = TypeAdapter(dict[str, TaskKind])


@cache
def own_kinds() -> TaskKinds:
    """The kinds that Tend brings, by name."""
    return _READER.validate_python(yaml.load(OWN_KINDS.read_text(encoding="utf-8"), yaml.BaseLoader))


class Tasks(Section):
    """What people are asked to do, and how long a report can be taken back."""

    kinds: dict[Annotated[str, Field(pattern=KIND_NAME)], TaskKind] = Field(default_factory=dict)
    """Kinds of our own, and those of Tend that are to be otherwise."""
    undo: Annotated[Duration, AfterValidator(_short_undo)] = timedelta(minutes=2)
    """How long whoever reported an outcome may take it back; what follows from it waits for so long."""

    digest: bool = False
    """Whether everybody gets what is due that day, as a mail at the beginning of each of their working days."""

    @property
    def all_kinds(self) -> TaskKinds:
        """Every kind by name: the playbook's, and those of Tend that it does not say anew."""
        return {**own_kinds(), **self.kinds}


def unknown_kind(name: str, kinds: TaskKinds) -> str | None:
    """The sentence about a kind that nobody has defined; None when it is there."""
    if name in kinds:
        return None
    near = get_close_matches(name, kinds, n=1)
    meant = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(sorted(kinds))}."
    return f"There is no kind of task '{name}'.{meant} Kinds stand in the playbook under `tasks: kinds:`."
