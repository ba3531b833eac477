"""Triggers, exit conditions and fallback triggers of all journeys, and which events meet them. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flows.runtime.definitions.definition import Definition, Definitions


@dataclass(frozen=True)
class TriggerEvent:
    """The parts of an event that say which journeys it starts or ends."""

    id: int
    contact_id: int
    name: str
    topic: str | None
    is_history: bool = False

    @property
    def patterns(self) -> tuple[str, str]:
        """The patterns that it matches: `name` and `name:topic`."""
        return self.name, f"{self.name}:{self.topic}"


@dataclass(frozen=True)
class TriggerRules:
    """Triggers and exit conditions of all journeys, as columns for the SQL of the reaction."""

    ends: dict[str, list[str]]
    starts: dict[str, list[Any]]
    history_starts: dict[str, list[Any]]
    """Triggers of the journeys that start on what is told late, too."""
    fallback_trigger: dict[str, list[Any]]
    """Fallback triggers: journeys that start on an event when no other journey starts on it and no run waits for it."""

    @classmethod
    def of(cls, definitions: Definitions) -> "TriggerRules":
        """The rules of these journeys."""
        ends = [(p, d.name, ending) for d in definitions.values() for p, ending in (d.ends_on or {}).items()]
        return cls(
            _columns(ends, ("patterns", "journeys", "endings")),
            _starts((pattern, d) for d in definitions.values() for pattern in d.starts_on),
            _starts((pattern, d) for d in definitions.values() if d.starts_on_history for pattern in d.starts_on),
            _starts((name, d) for d in definitions.values() for name in d.fallback_trigger),
        )

    def fallback_events(self, events: Iterable[TriggerEvent]) -> list[int]:
        """Ids of events that are a fallback trigger of a journey and the trigger of none."""
        triggers, fallback = set(self.starts["patterns"]), set(self.fallback_trigger["patterns"])
        return [event.id for event in events if event.name in fallback and triggers.isdisjoint(event.patterns)]


def batch_by_contact(events: Iterable[TriggerEvent]) -> list[list[TriggerEvent]]:
    """Split events, in order, into batches in which each contact appears at most once."""
    seen: Counter[int] = Counter()
    found: list[list[TriggerEvent]] = []
    for event in events:
        index = seen[event.contact_id]
        seen[event.contact_id] += 1
        if index == len(found):
            found.append([])
        found[index].append(event)
    return found


def _starts(reasons: Iterable[tuple[str, Definition]]) -> dict[str, list[Any]]:
    rows = [(pattern, d.name, d.exclusive, d.start_key("") == "once") for pattern, d in reasons]
    return _columns(rows, ("patterns", "journeys", "exclusives", "onces"))


def _columns(rows: Sequence[tuple[Any, ...]], names: tuple[str, ...]) -> dict[str, list[Any]]:
    return {name: [row[index] for row in rows] for index, name in enumerate(names)}
