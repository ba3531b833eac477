"""start: put the contact on another journey beside this one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flows.runtime.ask import Answered, Ask, Asked, Refused, Settled
from flows.runtime.errors import UnknownJourney
from flows.runtime.rows import NewRun

if TYPE_CHECKING:
    from flows.runtime.turn import Turn


@dataclass(slots=True)
class Start(Ask):
    """Begins at the end of this turn; the same step never starts it twice."""

    journey: str = ""

    verb: ClassVar[str] = "start"

    @classmethod
    def settle(cls, turn: "Turn", asked: Sequence[Asked]) -> Sequence[Settled]:
        """Only noted here; written with the rest of the turn."""
        return [_note(turn, one) for one in asked]


def _note(turn: "Turn", one: Asked) -> Settled:
    journey = one.ask.journey
    if journey not in turn.definitions:
        return Refused(str(UnknownJourney(journey, sorted(turn.definitions))))
    turn.starts.append(NewRun(journey, one.run.contact_id, f"run:{one.run.id}:{one.run.number}"))
    return Answered()
