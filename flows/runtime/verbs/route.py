"""route: give the contact to a salesperson."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flows.runtime.ask import Answered, Ask, Asked, Refused, Settled
from models.routing import NobodyThere, assign

if TYPE_CHECKING:
    from flows.runtime.turn import Turn


@dataclass(slots=True)
class Route(Ask):
    """Answers the name of the owner. Whoever has one keeps them, unless it is asked `anew`."""

    router: str
    anew: bool = False

    verb: ClassVar[str] = "route"

    def answers(self) -> tuple[str, ...]:
        """Which salesperson it is does not change the way."""
        return ("a salesperson",)

    @classmethod
    def settle(cls, turn: "Turn", asked: Sequence[Asked]) -> Sequence[Settled]:
        """One assignment per router; without anybody to give to, the runs are stuck and say so."""
        groups: defaultdict[tuple[str, bool], list[Asked]] = defaultdict(list)
        for one in asked:
            groups[one.ask.router, one.ask.anew].append(one)
        settled: dict[int, Settled] = {}
        for (router, anew), group in groups.items():
            settled.update(_assign(turn, router, anew, group))
        return [settled[one.run.id] for one in asked]


def _assign(turn: "Turn", router: str, anew: bool, group: Sequence[Asked]) -> dict[int, Settled]:
    contacts = [one.run.contact_id for one in group]
    try:
        owners = assign(turn.connection, router, contacts, anew=anew, now=turn.now)
    except NobodyThere as error:
        return {one.run.id: Refused(str(error)) for one in group}
    return {one.run.id: _answer(router, owners[one.run.contact_id]) for one in group}


def _answer(router: str, owner: tuple[str, bool]) -> Answered:
    name, kept = owner
    return Answered(name, {"owner": name, "kept": True} if kept else {"owner": name, "router": router})
