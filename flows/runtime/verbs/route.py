"""route: give the contact to a salesperson."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flows.runtime.ask import Answered, Ask, Asked, Paused, Refused, Settled
from models.playbook import current
from models.routing import NobodyThere, Owner, Waiting, hold_for, place

if TYPE_CHECKING:
    from flows.runtime.run import Run
    from flows.runtime.turn import Turn

NO_RULE = (
    "No routing rule of the playbook holds for this contact. Add a last rule without `when`, or name a router: "
    'j.route("inbound").'
)


@dataclass(slots=True)
class Route(Ask):
    """Answers the name of the owner. Whoever has one keeps them, unless it is asked `anew`.

    While nobody is available, or the lead is being offered, the run waits.
    """

    router: str | None = None
    anew: bool = False

    verb: ClassVar[str] = "route"

    def answers(self) -> tuple[str, ...]:
        """Which salesperson it is does not change the way."""
        return ("a salesperson",)

    def woken(self, run: "Run") -> Answered:
        """Who has it now, whoever gave it to them."""
        assert run.event is not None, f"a route has no deadline (run {run.id})"
        told = run.event["data"]
        return Answered(told["owner"], told | {"event": run.event["id"]})

    @classmethod
    def settle(cls, turn: "Turn", asked: Sequence[Asked]) -> Sequence[Settled]:
        """One assignment per router and rule."""
        groups: defaultdict[tuple[str, bool], list[Asked]] = defaultdict(list)
        for one in asked:
            groups[one.ask.router or "", one.ask.anew].append(one)
        if len(groups) > 1:
            contacts = [one.run.contact_id for one in asked]
            hold_for(turn.connection, current(turn.connection), contacts, [router or None for router, _ in groups])
        settled: dict[int, Settled] = {}
        for (router, anew), group in sorted(groups.items()):
            settled.update(_place(turn, router or None, anew, group))
        return [settled[one.run.id] for one in asked]


def _place(turn: "Turn", router: str | None, anew: bool, group: Sequence[Asked]) -> dict[int, Settled]:
    contacts = [one.run.contact_id for one in group]
    because = f"the journey {turn.definition.name}"
    playbook = current(turn.connection)
    try:
        placed = place(turn.connection, playbook, contacts, router=router, anew=anew, because=because, now=turn.now)
    except NobodyThere as error:
        return {one.run.id: Refused(str(error)) for one in group}
    return {one.run.id: _answer(placed.get(one.run.contact_id)) for one in group}


def _answer(found: Owner | Waiting | None) -> Settled:
    if found is None:
        return Refused(NO_RULE)
    if isinstance(found, Waiting):
        return Paused(None, (f"lead_placed:{found.placement}",))
    if found.kept:
        return Answered(found.name, {"owner": found.name, "kept": True})
    fact = {"owner": found.name, "router": found.router, "kind": found.how, "because": found.because}
    return Answered(found.name, fact)
