"""The places that a journey's code comes to, by the answers that lead there: each is found once by the runtime's Run,
and reused by every trip that gives the same answers at the same moments. A journey must allow that anyway, as a run is
replayed at each step.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flows.runtime.contract.ask import Answered, Ask
from flows.runtime.definitions.definition import Definition
from flows.runtime.definitions.run import HistoryEntry, Run


@dataclass(slots=True)
class Place:
    """Where a run stands: at a step that is not answered yet, at its ending, or stuck."""

    ask: Ask | None
    ending: str | None = None
    stuck_reason: str | None = None
    before: "Place | None" = None
    answer: Any = None
    """The answer to the step before, that led here."""
    at: datetime | None = None
    """When that was answered."""
    after: "dict[tuple[Any, datetime], Place]" = field(default_factory=dict)
    """Answer, moment -> the next place."""


class Paths:
    """The places of one journey, for runs that start at one moment."""

    MOST_PLACES = 200_000
    """More are forgotten: trips that differ in everything share nothing."""

    def __init__(self, definition: Definition, started_at: datetime) -> None:
        self._definition = definition
        self._started_at = started_at
        self._begin()

    def _begin(self) -> None:
        run = Run(0, 0, self._started_at, "", None, "")
        self.first = _place(run, run.advance(self._definition.make_coroutine, self._started_at))
        self._places = 1
        run.close()

    def forget_if_many(self) -> None:
        """Forget all places once there are too many; to be called between trips."""
        if self._places > self.MOST_PLACES:
            self._begin()

    def replay(self, place: Place) -> Run:
        """A run that stands at this place, replayed from its recorded answers as the runtime does it."""
        run = Run(0, 0, self._started_at, "", None, "")
        run.history = list(reversed(list(_answers_before(place))))
        run.advance(self._definition.make_coroutine, place.at or self._started_at)
        return run

    def follow(self, place: Place, answer: Any, at: datetime, run: Run | None) -> tuple[Place, Run | None]:
        """The place that an answer leads to, and the run that stands there if it had to be run to see.

        `run` is one that stands at this place, where the caller has it.
        """
        key = (_key(answer), at)
        if (found := place.after.get(key)) is not None:
            if run is not None:
                run.close()
            return found, None
        run = run or self.replay(place)
        assert place.ask is not None, "it has ended"
        ask = run.advance(self._definition.make_coroutine, at, run.record(place.ask, Answered(answer), at))
        found = place.after[key] = _place(run, ask, place, answer, at)
        self._places += 1
        return found, run


def _place(
    run: Run, ask: Ask | None, before: Place | None = None, answer: Any = None, at: datetime | None = None
) -> Place:
    return Place(ask, run.ending, run.stuck_reason, before, answer, at)


def _answers_before(place: Place) -> Iterator[HistoryEntry]:
    """The answered steps that lead to a place, the last one first."""
    while place.before is not None:
        assert place.before.ask is not None
        assert place.at is not None
        yield place.before.ask.verb, place.before.ask.name, place.answer, place.at.timestamp()
        place = place.before


def _key(answer: Any) -> Any:
    # True and 1 are one key, and an answer may be a document.
    return answer if answer is None or isinstance(answer, str) else (type(answer), repr(answer))
