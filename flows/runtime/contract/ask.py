"""The contract between a journey and the turn that runs it: the step that is asked for, and what executing it gives."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Connection

from flows.runtime.contract.errors import StepNotAwaited
from flows.runtime.contract.rows import NewRun
from models.mail.queue import NewMessage
from models.playbook import Playbook
from models.splits import Variants


def _no_mails(_: str) -> Mapping[str, list[str]]:
    return {}


@dataclass
class Turn:
    """What executing a step needs: the transaction, the time, and lists of what to write at the end of the turn."""

    connection: Connection
    journey: str
    """Name of the journey whose runs take this turn."""
    journeys: Collection[str]
    """Names of all journeys there are."""
    now: datetime
    new_messages: list[NewMessage] = field(default_factory=list)
    new_runs: list[NewRun] = field(default_factory=list)
    mails_after: Callable[[str], Mapping[str, list[str]]] = _no_mails
    """Gives for a task by name: outcome -> templates of the mails that the journey sends at once after it."""


@dataclass(frozen=True, slots=True)
class ResumingEvent:
    """The event that resumed a waiting run."""

    id: int
    name: str
    topic: str | None
    data: dict[str, Any]

    @property
    def subject_id(self) -> int:
        """The id that is its topic: of a task for `task_done`, of an activity for `activity_done`."""
        assert self.topic is not None, f"{self.name} has no topic"
        return int(self.topic)


@dataclass(slots=True)
class Answered:
    """The step is done: `value` goes to the journey, `fact` to the timeline."""

    value: Any = None
    fact: dict[str, Any] | None = None


@dataclass(slots=True)
class Paused:
    """The step waits: for a moment, for an event, or for whichever comes first."""

    resume_at: datetime | None
    events: tuple[str, ...] = ()


@dataclass(slots=True)
class Stuck:
    """The step cannot be done; the run is stuck until a person moves it on."""

    reason: str


StepResult = Answered | Paused | Stuck


@dataclass(slots=True)
class Ask(ABC):
    """One step that a journey awaits."""

    name: str
    """What the step is called: recorded, compared on replay, shown on the timeline."""

    verb: ClassVar[str]

    def __await__(self) -> Generator["Ask", Any, Any]:
        return (yield self)

    def __bool__(self) -> bool:
        """Raises StepNotAwaited: a step is no answer, and `if j.check(...)` would always hold."""
        raise StepNotAwaited(self.title)

    @property
    def title(self) -> str:
        """Verb and name, as errors call it."""
        return f"{self.verb} '{self.name}'"

    def possible_answers(self) -> tuple[Any, ...]:
        """Every answer that may be recorded, for the map and the dead-end check."""
        return (None,)

    def split_tests(self) -> tuple[Variants, ...]:
        """The split tests that it draws for."""
        return ()

    def answer_for_older_runs(self) -> Any:
        """The answer for runs that passed this point before the step was added to the code; None: such runs do not
        fit.
        """
        return None

    def playbook_problem(self, playbook: Playbook) -> str | None:
        """What the step names that the playbook does not have, as a sentence; None when all is there."""
        return None

    def resume(self, event: ResumingEvent | None) -> Answered:
        """The answer of a waiting step when its run is resumed: by an event, or by none when its time has come.

        Raises UnexpectedEvent when the step, as the code says it now, does not wait for that event.
        """
        raise TypeError(f"{self.verb} never waits, so nothing can resume it.")

    @classmethod
    @abstractmethod
    def execute(cls, turn: Turn, asked: Sequence["Asked"]) -> Sequence[StepResult]:
        """Execute this step for all runs of the turn that ask for it, with a few statements; results in the same order.

        Runs in a savepoint; if it fails, it is called again for each half of the group.
        """


@dataclass(slots=True)
class Asked:
    """A step that a run asks for now."""

    run_id: int
    number: int
    """Which step of the run it is, from 1."""
    contact_id: int
    step: Any

    @property
    def key(self) -> str:
        """Identifies what this step writes, so that it is written once however often the turn is taken."""
        return f"{self.run_id}:{self.number}"


class HandOver(str):
    """The ending of a run that puts the contact on another journey."""

    journey: str

    def __new__(cls, journey: str) -> "HandOver":
        """As text it reads like any other ending: "handed over to <journey>"."""
        ending = super().__new__(cls, f"handed over to {journey}")
        ending.journey = journey
        return ending


def hand_over(journey: str) -> HandOver:
    """End this journey by starting another one for the same contact."""
    return HandOver(journey)
