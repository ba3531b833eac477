"""The verb set: changes fields of the contact."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from flows.runtime.contract.ask import Answered, Ask, Asked, StepResult, Turn
from models.contacts.set_fields import set_fields


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
