"""The verb note: leaves a remark on the timeline of the contact."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from flows.runtime.contract.ask import Answered, Ask, Asked, StepResult, Turn
from models.events.emit import NewEvent, emit


@dataclass(slots=True)
class NoteStep(Ask):
    """Leaves a remark on the contact's timeline."""

    verb: ClassVar[str] = "note"

    @classmethod
    def execute(cls, turn: Turn, asked: Sequence[Asked]) -> Sequence[StepResult]:
        """One statement for the whole group."""
        journey = turn.journey
        notes = [
            NewEvent(
                name="note_added",
                contact_id=one.contact_id,
                source="journey",
                data={"text": one.step.name, "journey": journey},
            )
            for one in asked
        ]
        emit(turn.connection, notes, turn.now)
        return [Answered() for _ in asked]
