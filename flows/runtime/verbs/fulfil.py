"""The verb fulfil: put the contact on a fulfilment list, of what is sent by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flows.runtime.contract.ask import Answered, Ask, Asked, StepResult, Stuck, Turn
from models.fulfilment.add import FulfilmentRequest, add_to_lists, unknown_list
from models.playbook import Playbook, current_playbook


@dataclass(slots=True)
class FulfilStep(Ask):
    """Goes on at once; the contact is on the next list that is emailed."""

    list: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    verb: ClassVar[str] = "fulfil"

    def playbook_problem(self, playbook: Playbook) -> str | None:
        """A list that the playbook does not have."""
        return unknown_list(self.list, playbook)

    @classmethod
    def execute(cls, turn: Turn, asked: Sequence[Asked]) -> Sequence[StepResult]:
        """One statement for the whole group."""
        playbook = current_playbook(turn.connection)
        problems = [one.step.playbook_problem(playbook) for one in asked]
        entries = [_request(one) for one, problem in zip(asked, problems, strict=True) if problem is None]
        add_to_lists(turn.connection, entries, turn.now)
        return [Stuck(problem) if problem else Answered() for problem in problems]


def _request(one: Asked) -> FulfilmentRequest:
    """Keyed by run and step, so that it is written once however often the turn is taken."""
    return FulfilmentRequest(one.key, one.step.list, one.contact_id, one.run_id, one.step.data)
