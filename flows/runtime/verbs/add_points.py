"""The verb add_points: adds to the score of the contact."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from flows.runtime.contract.ask import Answered, Ask, Asked, StepResult, Turn
from models.scoring import JourneyPoints, add_points


@dataclass(slots=True)
class AddPointsStep(Ask):
    """Adds to the score, with the reason; the run remembers its own share."""

    points: Decimal

    verb: ClassVar[str] = "add_points"

    @classmethod
    def execute(cls, turn: Turn, asked: Sequence[Asked]) -> Sequence[StepResult]:
        """One statement for the whole group."""
        given = [JourneyPoints(one.run_id, one.contact_id, one.step.points, one.step.name) for one in asked]
        add_points(turn.connection, given, turn.now)
        return [Answered(fact={"points": one.step.points}) for one in asked]
