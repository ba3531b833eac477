"""fulfil: put the contact on a list of what is sent by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from flows.runtime.ask import Answered, Ask, Asked, Refused, Settled
from models.fulfilment.add import Wish, add_to_lists, unknown_list
from models.playbook import current

if TYPE_CHECKING:
    from flows.runtime.turn import Turn
    from models.playbook import Playbook


@dataclass(slots=True)
class Fulfil(Ask):
    """Goes on at once; the thing goes out with the next list."""

    list: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    verb: ClassVar[str] = "fulfil"

    def unknown(self, playbook: "Playbook") -> str | None:
        """A list that nobody gets."""
        return unknown_list(self.list, playbook)

    @classmethod
    def settle(cls, turn: "Turn", asked: Sequence[Asked]) -> Sequence[Settled]:
        """One statement for the whole group."""
        playbook = current(turn.connection)
        because = [one.ask.unknown(playbook) for one in asked]
        wishes = [_wish(one) for one, problem in zip(asked, because, strict=True) if problem is None]
        add_to_lists(turn.connection, wishes, turn.now)
        return [Refused(problem) if problem else Answered() for problem in because]


def _wish(one: Asked) -> Wish:
    """Keyed by run and step, so that it is written once however often the turn is taken."""
    run = one.run
    return Wish(f"{run.id}:{run.number}", one.ask.list, run.contact_id, run.id, one.ask.data)
