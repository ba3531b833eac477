"""What became of orders: cancelled or paid back, by what was told of them in whatever order. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class PlacedOrder:
    """An order as it was placed."""

    id: int
    contact_id: int
    reference: str | None
    amount: Decimal
    refunded: Decimal
    """What the shop named as paid back when it told of the order."""
    placed_at: datetime


@dataclass(frozen=True)
class OrderReversal:
    """A cancellation or a refund."""

    id: int
    contact_id: int
    reference: str | None
    """Without one it is about the newest order of the contact that still stands."""
    is_refund: bool
    amount: Decimal | None
    """What was paid back; None: all of it."""
    at: datetime


@dataclass(frozen=True)
class OrderStanding:
    """What an order has become."""

    refunded: Decimal
    """Never more than its amount."""
    cancelled_at: datetime | None


def order_standings(orders: Sequence[PlacedOrder], reversals: Iterable[OrderReversal]) -> dict[int, OrderStanding]:
    """Order -> what it has become. `reversals` are all that are known of these orders, in any order.

    One that comes before its order is applied when the order comes: only the moments count.
    """
    standings = {order.id: OrderStanding(min(order.refunded, order.amount), None) for order in orders}
    for one in sorted(reversals, key=lambda one: (one.at, one.id)):
        if order := _order_of(one, orders, standings):
            standings[order.id] = _after(one, order, standings[order.id])
    return standings


def _order_of(
    one: OrderReversal, orders: Sequence[PlacedOrder], standings: Mapping[int, OrderStanding]
) -> PlacedOrder | None:
    if one.reference is not None:
        return next((order for order in orders if order.reference == one.reference), None)
    own = [order for order in orders if order.contact_id == one.contact_id and _stands(order, standings[order.id])]
    before = [order for order in own if order.placed_at <= one.at]
    if before:
        return max(before, key=lambda order: (order.placed_at, order.id))
    # Clocks of two systems differ: what seems to come first is about the first order after it.
    return min(own, key=lambda order: (order.placed_at, order.id), default=None)


def _stands(order: PlacedOrder, standing: OrderStanding) -> bool:
    return standing.cancelled_at is None and (order.amount == 0 or standing.refunded < order.amount)


def _after(one: OrderReversal, order: PlacedOrder, before: OrderStanding) -> OrderStanding:
    # What cost nothing cannot be paid back: taking it back is to cancel it.
    if not one.is_refund or (order.amount == 0 and one.amount is None):
        return OrderStanding(before.refunded, before.cancelled_at or one.at)
    paid_back = order.amount if one.amount is None else before.refunded + one.amount
    return OrderStanding(min(paid_back, order.amount), before.cancelled_at)
