"""The verb offer: offer the lead to one salesperson after the other, each for a limited time, until one accepts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from sqlalchemy import text

from flows.runtime.contract.ask import Answered, Ask, Asked, Paused, ResumingEvent, StepResult, Stuck, Turn
from models.playbook import Playbook, current_playbook
from models.playbook.routing import LONGEST_OFFER, SHORTEST_OFFER
from models.routing import UnknownRouter, lock_contacts_and_routers, unknown_router
from models.routing.offers import offer_leads

OWNERS = text("""
SELECT contact.id, rep.name FROM contact JOIN rep ON rep.id = contact.owner_id
WHERE contact.id = ANY(:contacts) AND rep.active
""")

EXHAUSTED = "offer_exhausted"


@dataclass(slots=True)
class OfferStep(Ask):
    """Answers the name of the owner, or None when everybody declined or let the offer expire."""

    router: str
    lasts: timedelta | None = None
    anew: bool = False

    verb: ClassVar[str] = "offer"

    def __post_init__(self) -> None:
        """Raises ValueError when `lasts` is too short to be answered, or so long that the lead goes cold."""
        if self.lasts is not None and not SHORTEST_OFFER <= self.lasts <= LONGEST_OFFER:
            raise ValueError(
                f"An offer of {self.lasts} was found. Let it last from 2 minutes to 2 weeks; 3 to 15 minutes work best."
            )

    def possible_answers(self) -> tuple[str | None, ...]:
        """One name for all owners, as journeys do not branch on who it is; and nobody."""
        return ("a salesperson", None)

    def playbook_problem(self, playbook: Playbook) -> str | None:
        """A router that the playbook does not have."""
        return unknown_router(self.router, playbook)

    def resume(self, event: ResumingEvent | None) -> Answered:
        """The owner by now, whether by this offer or by a person; or None when nobody accepted."""
        assert event is not None, "an offer has no deadline of its own"
        if event.name == EXHAUSTED:
            return Answered(None, {"asked": event.data["asked"], "event": event.id})
        return Answered(event.data["owner"], {"event": event.id})

    @classmethod
    def execute(cls, turn: Turn, asked: Sequence[Asked]) -> Sequence[StepResult]:
        """Begin the offers for the whole group; contacts who have an owner keep them."""
        owners = _owners(turn, asked)
        groups: defaultdict[tuple[str, bool], list[Asked]] = defaultdict(list)
        results: dict[int, StepResult] = {}
        for one in asked:
            owner = owners.get(one.contact_id)
            if owner is not None and not one.step.anew:
                results[one.run_id] = Answered(owner, {"owner": owner, "kept": True})
            else:
                groups[one.step.router, one.step.anew].append(one)
        if len(groups) > 1:
            contacts = [one.contact_id for group in groups.values() for one in group]
            lock_contacts_and_routers(
                turn.connection, current_playbook(turn.connection), contacts, [router for router, _ in groups]
            )
        for (_, anew), group in sorted(groups.items()):
            results.update(_begin_offers(turn, anew, group))
        return [results[one.run_id] for one in asked]


def _owners(turn: Turn, asked: Sequence[Asked]) -> dict[int, str]:
    contacts = [one.contact_id for one in asked]
    return dict(turn.connection.execute(OWNERS, {"contacts": contacts}).tuples().all())


def _begin_offers(turn: Turn, anew: bool, group: Sequence[Asked]) -> dict[int, StepResult]:
    reason = f"the journey {turn.journey}"
    wanted = [(one.contact_id, one.step.router, reason, one.step.lasts) for one in group]
    try:
        placements = offer_leads(turn.connection, wanted, turn.now, anew=anew)
    except UnknownRouter as error:
        return {one.run_id: Stuck(str(error)) for one in group}
    return {one.run_id: _pause(placements[one.contact_id]) for one in group}


def _pause(placement: int) -> Paused:
    return Paused(None, (f"lead_placed:{placement}", f"{EXHAUSTED}:{placement}"))
