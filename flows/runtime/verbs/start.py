"""start: put the contact on another journey beside this one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flows.runtime.ask import Answered, Ask, Asked, StepResult, Stuck
from flows.runtime.errors import UnknownJourney
from flows.runtime.rows import NewRun

if TYPE_CHECKING:
    from flows.runtime.turn import Turn


@dataclass(slots=True)
class StartStep(Ask):
    """Begins at the end of this turn; the same step never starts it twice."""

    journey: str = ""

    verb: ClassVar[str] = "start"

    @classmethod
    def execute(cls, turn: "Turn", asked: Sequence[Asked]) -> Sequence[StepResult]:
        """Only noted here; written with the rest of the turn."""
        return [_note(turn, one) for one in asked]


def _note(turn: "Turn", one: Asked) -> StepResult:
    journey = one.step.journey
    if journey not in turn.definitions:
        return Stuck(str(UnknownJourney(journey, sorted(turn.definitions))))
    turn.new_runs.append(NewRun(journey, one.run.contact_id, f"run:{one.run.id}:{one.run.number}"))
    return Answered()
