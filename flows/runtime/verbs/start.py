"""The verb start: put the contact on another journey beside this one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from flows.runtime.contract.ask import Answered, Ask, Asked, StepResult, Stuck, Turn
from flows.runtime.contract.errors import UnknownJourney
from flows.runtime.contract.rows import NewRun


@dataclass(slots=True)
class StartStep(Ask):
    """Starts the run at the end of this turn; a step that is repeated starts it once."""

    journey: str = ""

    verb: ClassVar[str] = "start"

    @classmethod
    def execute(cls, turn: Turn, asked: Sequence[Asked]) -> Sequence[StepResult]:
        """Add the runs to what the turn writes at its end."""
        return [_new_run(turn, one) for one in asked]


def _new_run(turn: Turn, one: Asked) -> StepResult:
    journey = one.step.journey
    if journey not in turn.journeys:
        return Stuck(str(UnknownJourney(journey, sorted(turn.journeys))))
    turn.new_runs.append(NewRun(journey, one.contact_id, f"run:{one.key}"))
    return Answered()
