"""send: queue a mail to the contact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from flows.runtime.ask import Answered, Ask, Asked, Settled
from flows.runtime.rows import NewMessage, driver
from models import MessageKind, OnCap, Suppression

if TYPE_CHECKING:
    from flows.runtime.turn import Turn

NO_DATA: Mapping[str, Any] = MappingProxyType({})

ADDRESSES = "SELECT id, email IS NOT NULL, suppressed FROM contact WHERE id = ANY(%s)"


@dataclass(slots=True)
class Send(Ask):
    """Answers "queued", "suppressed" or "no address"."""

    template: str
    kind: MessageKind
    data: Mapping[str, Any]
    window: Mapping[str, str] | None = None
    on_cap: OnCap | None = None
    good_for: timedelta | None = None

    verb: ClassVar[str] = "send"

    def answers(self) -> tuple[str, ...]:
        """Whether the contact may be written to is not the journey's to decide."""
        return ("queued", "suppressed", "no address")

    @classmethod
    def settle(cls, turn: "Turn", asked: Sequence[Asked]) -> Sequence[Settled]:
        """One look at all addresses; the rows of the outbox are written at the end of the turn."""
        rows = driver(turn.connection).execute(ADDRESSES, ([one.run.contact_id for one in asked],))
        contacts = {contact_id: (has_email, suppressed) for contact_id, has_email, suppressed in rows}
        return [_queue(turn, one, *contacts[one.run.contact_id]) for one in asked]


def _queue(turn: "Turn", one: Asked, has_email: bool, suppressed: str | None) -> Answered:
    ask: Send = one.ask
    if not has_email:
        return Answered("no address")
    if holds_back(ask.kind, suppressed):
        return Answered("suppressed", {"because": suppressed})
    run = one.run
    template = f"{turn.definition.name}/{ask.template}"
    key = f"{run.id}:{run.number}"
    turn.messages.append(
        NewMessage(
            key,
            run.contact_id,
            run.id,
            ask.kind,
            template,
            dict(ask.data),
            good_for=ask.good_for.total_seconds() if ask.good_for is not None else None,
            send_window=ask.window,
            on_cap=ask.on_cap,
        )
    )
    return Answered("queued")


def holds_back(kind: MessageKind, suppressed: str | None) -> bool:
    """Answers to what a person did themselves reach those who only left the list, but no dead address."""
    if suppressed is None:
        return False
    return kind is MessageKind.MARKETING or suppressed in (Suppression.BOUNCED, Suppression.COMPLAINED)
