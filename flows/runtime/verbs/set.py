"""The verb set: changes fields of the contact."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from flows.runtime.contract.ask import Answered, Ask, Asked, StepResult, Turn
from models.contacts.set_fields import field_problem, set_fields
from models.playbook import Playbook


@dataclass(slots=True)
class SetStep(Ask):
    """Changes fields of the contact."""

    fields: Mapping[str, Any]

    verb: ClassVar[str] = "set"

    def playbook_problem(self, playbook: Playbook) -> str | None:
        """A field that contacts do not have, or that cannot hold the value."""
        return field_problem(self.fields, playbook, datetime.now(UTC))

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
