"""What a changed journey does with the runs that were begun with its old code. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

REMOVED = ""
"""The verb of a recorded step that is no longer in the code. It keeps its number, and replay passes it by."""

Entry = tuple[str, str, Any, float]
"""Verb, name, answer and moment (seconds since 1970) of an answered step."""


@dataclass(frozen=True)
class Stay:
    """They go on by the old code, which is kept until the last of them is over."""


@dataclass(frozen=True)
class Move:
    """They go on by the new code, as if they had been on it from the beginning."""

    renamed: Mapping[str, str] = field(default_factory=dict)
    """Old step -> new step, each by verb and name: `send article_1`."""
    removed: tuple[str, ...] = ()
    """Steps that are no longer there. What they did stays done."""
    added: Mapping[str, Any] = field(default_factory=dict)
    """Steps that are new -> the answer for runs that were past their place; they are not done for those."""

    def move(self, entry: Entry) -> Entry:
        """A recorded step as the new code asks for it."""
        verb, name, answer, at = entry
        title = f"{verb} {name}"
        if title in self.removed:
            return (REMOVED, title, answer, at)
        return (verb, self.renamed[title].partition(" ")[2], answer, at) if title in self.renamed else entry

    def move_waiting(self, name: str) -> str:
        """The name of the step that a run waits at, as the new code calls it."""
        for old, new in self.renamed.items():
            if old.partition(" ")[2] == name:
                return new.partition(" ")[2]
        return name


@dataclass(frozen=True)
class EndWith:
    """Those that the new code cannot go on with end when they would go on, with this ending or by a hand-over."""

    ending: str


@dataclass(frozen=True)
class Drain:
    """Nobody starts any more; those who are on it go on to the end."""


OpenRuns = Stay | Move | EndWith | Drain


def stay() -> Stay:
    """Runs that were begun with the old code go on by it, and new ones take the new code."""
    return Stay()


def move(
    *,
    renamed: Mapping[str, str] | None = None,
    removed: Sequence[str] = (),
    added: Mapping[str, Any] | None = None,
) -> Move:
    """Runs that were begun with the old code go on by the new one.

    Each step is named by its verb and name, such as `send article_1`. `renamed`: old step -> new step of the same verb.
    `removed`: steps that are no longer there. `added`: new step -> the answer for runs that were past its place, for
    whom it is not done. Raises ValueError for a step without a verb, and for two of different verbs.
    """
    if isinstance(removed, str):
        raise ValueError(f'removed names steps such as ("send article_1",), found {removed!r}.')
    for step in (*(renamed or {}), *(renamed or {}).values(), *removed, *(added or {})):
        if " " not in step.strip():
            raise ValueError(f"A step is named by verb and name, such as 'send article_1', found {step!r}.")
    for old, new in (renamed or {}).items():
        if old.split(" ", 1)[0] != new.split(" ", 1)[0]:
            raise ValueError(f"'{old}' cannot become '{new}': a step keeps its verb, for its answer is of that kind.")
    return Move(dict(renamed or {}), tuple(removed), dict(added or {}))


def end_with(ending: str) -> EndWith:
    """Runs that the new code cannot go on with end with this ending, such as "out of date" or hand_over("welcome").

    They end when they would go on next. Raises ValueError for an empty ending.
    """
    if not ending or not isinstance(ending, str):
        raise ValueError(f"end_with needs an ending such as 'out of date', found {ending!r}.")
    return EndWith(ending)


def drain() -> Drain:
    """Nobody is put on the journey by its triggers any more; whoever is on it goes on to the end."""
    return Drain()
