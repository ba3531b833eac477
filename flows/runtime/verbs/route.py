"""The verb route: assign the contact an owner by a router."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from flows.runtime.contract.ask import Answered, Ask, Asked, Paused, ResumingEvent, StepResult, Stuck, Turn
from models.playbook import Playbook, current_playbook
from models.routing import (
    AssignedOwner,
    PendingAssignment,
    UnknownRouter,
    lock_contacts_and_routers,
    route_contacts,
    unknown_router,
)

NO_RULE = (
    "No routing rule of the playbook holds for this contact. Add a last rule without `when`, or name a router: "
    'j.route("inbound").'
)


@dataclass(slots=True)
class RouteStep(Ask):
    """Answers the name of the owner. A contact who has one keeps them, unless `anew`.

    While no rep is available, or the lead is being offered, the run waits.
    """

    router: str | None = None
    anew: bool = False

    verb: ClassVar[str] = "route"

    def possible_answers(self) -> tuple[str, ...]:
        """One name for all: journeys do not branch on who the owner is."""
        return ("a salesperson",)

    def playbook_problem(self, playbook: Playbook) -> str | None:
        """A router that the playbook does not have."""
        return unknown_router(self.router, playbook)

    def resume(self, event: ResumingEvent | None) -> Answered:
        """The owner by now, whether this step or a person assigned them."""
        assert event is not None, "a route has no deadline"
        data = event.data
        return Answered(data["owner"], data | {"event": event.id})

    @classmethod
    def execute(cls, turn: Turn, asked: Sequence[Asked]) -> Sequence[StepResult]:
        """One assignment per router and rule."""
        groups: defaultdict[tuple[str, bool], list[Asked]] = defaultdict(list)
        for one in asked:
            groups[one.step.router or "", one.step.anew].append(one)
        if len(groups) > 1:
            contacts = [one.contact_id for one in asked]
            lock_contacts_and_routers(
                turn.connection, current_playbook(turn.connection), contacts, [router or None for router, _ in groups]
            )
        results: dict[int, StepResult] = {}
        for (router, anew), group in sorted(groups.items()):
            results.update(_assign(turn, router or None, anew, group))
        return [results[one.run_id] for one in asked]


def _assign(turn: Turn, router: str | None, anew: bool, group: Sequence[Asked]) -> dict[int, StepResult]:
    contacts = [one.contact_id for one in group]
    reason = f"the journey {turn.journey}"
    playbook = current_playbook(turn.connection)
    try:
        assigned = route_contacts(
            turn.connection, playbook, contacts, router=router, anew=anew, reason=reason, now=turn.now
        )
    except UnknownRouter as error:
        return {one.run_id: Stuck(str(error)) for one in group}
    return {one.run_id: _result(assigned.get(one.contact_id)) for one in group}


def _result(found: AssignedOwner | PendingAssignment | None) -> StepResult:
    if found is None:
        return Stuck(NO_RULE)
    if isinstance(found, PendingAssignment):
        return Paused(None, (f"lead_placed:{found.placement}",))
    if found.kept:
        return Answered(found.name, {"owner": found.name, "kept": True})
    fact = {"owner": found.name, "router": found.router, "kind": found.how, "reason": found.reason}
    return Answered(found.name, fact)
