"""What the journeys start and end on, and what has happened, as the reaction looks at them. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flows.runtime.definition import Definition, Definitions


@dataclass(frozen=True)
class Happened:
    """An event as far as the rules look at it."""

    id: int
    contact: int
    name: str
    topic: str | None

    @property
    def patterns(self) -> tuple[str, str]:
        """What names it: `name`, and `name:topic`."""
        return self.name, f"{self.name}:{self.topic}"


@dataclass(frozen=True)
class Rules:
    """What all journeys start and end on, as columns for the statements of the reaction."""

    ends: dict[str, list[str]]
    starts: dict[str, list[Any]]
    catches: dict[str, list[Any]]
    """What starts on events that nothing else is for."""

    @classmethod
    def of(cls, definitions: Definitions) -> "Rules":
        """Collected once from the journeys."""
        ends = [(p, d.name, ending) for d in definitions.values() for p, ending in (d.ends_on or {}).items()]
        return cls(
            _columns(ends, ("patterns", "journeys", "endings")),
            _starts((pattern, d) for d in definitions.values() for pattern in d.starts_on),
            _starts((name, d) for d in definitions.values() for name in d.catches),
        )

    def unclaimed(self, events: Iterable[Happened]) -> list[int]:
        """The events that a journey would catch and none starts on."""
        claimed, caught = set(self.starts["patterns"]), set(self.catches["patterns"])
        return [event.id for event in events if event.name in caught and claimed.isdisjoint(event.patterns)]


def waves(events: Iterable[Happened]) -> list[list[Happened]]:
    """Events in lists in which each contact has one: the first of everybody, the second, ..."""
    seen: Counter[int] = Counter()
    found: list[list[Happened]] = []
    for event in events:
        place = seen[event.contact]
        seen[event.contact] += 1
        if place == len(found):
            found.append([])
        found[place].append(event)
    return found


def _starts(reasons: Iterable[tuple[str, Definition]]) -> dict[str, list[Any]]:
    rows = [(pattern, d.name, d.exclusive, d.key("") == "once") for pattern, d in reasons]
    return _columns(rows, ("patterns", "journeys", "exclusives", "onces"))


def _columns(rows: Sequence[tuple[Any, ...]], names: tuple[str, ...]) -> dict[str, list[Any]]:
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}
