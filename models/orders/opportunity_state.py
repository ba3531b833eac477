"""How a deal stands, by all that was told of it in whatever order. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from models.orders.read_opportunity import CHANGED, LOST, OPENED, WON, stored_amount
from models.tables.sales import DealStage

CLOSING = {WON: DealStage.WON, LOST: DealStage.LOST}
ORDER_WITHIN_A_MOMENT = {OPENED: 0, CHANGED: 1, WON: 2, LOST: 2}
"""Days without a time of day are their noon: what was opened and closed on one day was opened first."""


@dataclass(frozen=True)
class OpportunityEvent:
    """One thing that was told of a deal."""

    id: int
    """Larger for what was told later."""
    contact_id: int
    name: str
    at: datetime
    """When it happened."""
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def restates(self) -> bool:
        """It says how the deal stands as a whole, as the row of an export does."""
        return self.data.get("restated") is True

    @property
    def changed_at(self) -> datetime | None:
        """When the other system changed the deal last, as the row of an export may say."""
        return stored_moment(self.data.get("changed_at")) if self.restates else None

    @property
    def opened_at(self) -> datetime | None:
        """When the deal was opened, by what this says."""
        if "opened_at" in self.data:
            return stored_moment(self.data["opened_at"])
        return self.at if self.name == OPENED else None


@dataclass(frozen=True)
class OpportunityState:
    """How a deal stands."""

    contact_id: int
    stage: DealStage
    detail: str | None
    opened_at: datetime | None
    closed_at: datetime | None
    amount: Decimal | None
    currency: str | None
    product: str | None
    """Its code or name, as it was told."""
    rep: str | None
    """Their address or name, as it was told."""
    rep_id: int | None
    event_id: int
    """The newest event that told of it."""
    too_late: datetime | None = None
    """The day on which it was opened, as it was told, if that is after it was closed; then `opened_at` is None."""


def opportunity_state(told: Sequence[OpportunityEvent]) -> OpportunityState:
    """How the deal of these events stands; they are all that is known of it, at least one, in any order.

    What happened last counts, not what was told last: a deal that was won in May is won, though it was told in June
    that it was opened in March. What restates the deal takes the place of all that was told before it. Opened again
    after it was closed, it is open, and began when it was opened first.
    """
    events = _in_time(told)
    closings = [event for event in events if event.name in CLOSING]
    opened_at, too_late = _opening(events, closings[0].at if closings else None)
    closing = closings[-1] if closings else None
    if closing and opened_at and any(_reopens(event, closing) for event in events):
        closing = None
    words = _newest(events)
    last = events[-1]
    return OpportunityState(
        contact_id=last.contact_id,
        stage=CLOSING[closing.name] if closing else DealStage.OPEN,
        opened_at=opened_at,
        closed_at=closing.at if closing else None,
        amount=stored_amount(words.get("amount")),
        event_id=max(event.id for event in told),
        too_late=too_late,
        rep_id=_number(words.get("rep_id")),
        **{name: _text(words.get(name)) for name in ("detail", "currency", "product", "rep")},
    )


def _in_time(told: Sequence[OpportunityEvent]) -> list[OpportunityEvent]:
    """What counts, in the order in which it happened. A row that says when it was changed has what was before that."""
    rows = [event for event in told if event.restates]
    base = max(rows, key=lambda event: event.id, default=None)
    counted = [event for event in told if base is None or event.id >= base.id]
    if base and (since := base.changed_at):
        counted = [event for event in counted if event is base or event.at >= since]
    return sorted(counted, key=lambda event: (event.at, ORDER_WITHIN_A_MOMENT.get(event.name, 1), event.id))


def _opening(events: Sequence[OpportunityEvent], closed_at: datetime | None) -> tuple[datetime | None, datetime | None]:
    """When it was opened, before it was first closed, as was told last; and what was told instead, if none is."""
    openings = [(event.id, event.opened_at) for event in events if event.opened_at]
    before = [(number, at) for number, at in openings if closed_at is None or at <= closed_at]
    if before:
        return max(before)[1], None
    return None, max(openings)[1] if openings else None


def _reopens(event: OpportunityEvent, closing: OpportunityEvent) -> bool:
    return event.name == OPENED and event.at > closing.at


def _newest(events: Sequence[OpportunityEvent]) -> dict[str, Any]:
    """What was said last of each part of the deal. A stage of before it was closed, or opened again, is past."""
    words: dict[str, Any] = {}
    for event in events:
        if event.name != CHANGED:
            words.pop("detail", None)
        words |= {name: value for name, value in event.data.items() if value is not None}
    return words


def stored_moment(value: Any) -> datetime | None:
    """A moment as the data of an event have it; None for what is none."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def _number(value: Any) -> int | None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 < value < 2**63 else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
