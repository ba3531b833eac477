"""The verbs set, add_points and note: changes to the contact and remarks on its timeline."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from flows.runtime.contract.ask import Answered, Ask, Asked, StepResult, Turn
from models.contacts.set_fields import set_fields
from models.events.emit import NewEvent, emit
from models.scoring import JourneyPoints, add_points


@dataclass(slots=True)
class SetStep(Ask):
    """Changes fields of the contact."""

    fields: Mapping[str, Any]

    verb: ClassVar[str] = "set"

    @classmethod
    def execute(cls, turn: Turn, asked: Sequence[Asked]) -> Sequence[StepResult]:
        """One statement per set of values. Not by name: different values may read alike in it."""
        groups: defaultdict[str, list[Asked]] = defaultdict(list)
        for one in asked:
            groups[repr(one.step.fields)].append(one)
        for group in groups.values():
            contacts = [one.contact_id for one in group]
            set_fields(turn.connection, contacts, group[0].step.fields, turn.now)
        return [Answered() for _ in asked]


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
