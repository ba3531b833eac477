"""What passes between a journey and the turn that drives it: the question, the answer, the pause."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from models.splits import Variants

if TYPE_CHECKING:
    from flows.runtime.run import Run
    from flows.runtime.turn import Turn
    from models.playbook import Playbook


@dataclass(slots=True)
class Answered:
    """The step is done: `value` goes to the journey, `fact` to the timeline."""

    value: Any = None
    fact: dict[str, Any] | None = None


@dataclass(slots=True)
class Paused:
    """The step waits: for a moment, for an event, or for whichever comes first."""

    wake_at: datetime | None
    events: tuple[str, ...] = ()


@dataclass(slots=True)
class Refused:
    """The step cannot be done; the run is stuck until a person moves it on."""

    because: str


Settled = Answered | Paused | Refused


@dataclass(slots=True)
class Ask(ABC):
    """One step that a journey awaits.

    `settle` is given all runs of the turn that ask for the same verb, and answers in the same order.
    """

    name: str
    """What the step is called: recorded, compared on replay, shown on the timeline."""

    verb: ClassVar[str]

    def __await__(self) -> Generator["Ask", Any, Any]:
        return (yield self)

    def answers(self) -> tuple[Any, ...]:
        """Every answer that may be recorded, for the map and the dead-end check."""
        return (None,)

    def tests(self) -> tuple[Variants, ...]:
        """The split tests that it draws for."""
        return ()

    def skipped(self) -> Any:
        """What runs go on with that came past here before the step was in the journey; None: they do not fit."""
        return None

    def unknown(self, playbook: "Playbook") -> str | None:
        """The sentence about something it names that the playbook does not have; None when all is there."""
        return None

    def woken(self, run: "Run") -> Answered:
        """The answer of a waiting step, from the event or the moment that woke the run."""
        raise TypeError(f"{self.verb} never waits, so nothing can wake it (run {run.id}).")

    @classmethod
    @abstractmethod
    def settle(cls, turn: "Turn", asked: Sequence["Asked"]) -> Sequence[Settled]:
        """Settle the whole group with a few statements. Called inside a savepoint, and again for parts if it fails."""


@dataclass(slots=True)
class Asked:
    """A run and the step it asks for now."""

    run: "Run"
    ask: Any


class HandOver(str):
    """The ending of a run that puts the contact on another journey."""

    journey: str

    def __new__(cls, journey: str) -> "HandOver":
        """Reads as any other ending."""
        ending = super().__new__(cls, f"handed over to {journey}")
        ending.journey = journey
        return ending


def hand_over(journey: str) -> HandOver:
    """End this journey by starting another one for the same contact."""
    return HandOver(journey)
