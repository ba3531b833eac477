"""Orders as they stand: placed, paid back in part or whole, cancelled; in whatever order we are told."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.runtime.virtual_time import run_due
from models.database import engine
from models.leads.capture import capture
from models.leads.incoming_event import read_incoming_events
from models.orders.standing import OrderReversal, PlacedOrder, order_standings
from models.orders.time_to_buy import time_to_buy
from tests.support.playbook import the_shipped_playbook
from tests.support.story import Story

PLAYBOOK = the_shipped_playbook()
MakeStory = Callable[..., Story]


@pytest.fixture
def story(make_story: MakeStory) -> Story:
    return make_story()


def tell(story: Story, name: str, *, days_ago: int = 0, email: str = "ann@example.com", **data: Any) -> None:
    """A shop tells of it by POST /events, and we react."""
    at = story.now - timedelta(days=days_ago)
    event = {"name": name, "contact": {"email": email}, "at": at.isoformat(), "data": data}
    with engine().begin() as connection:
        capture(connection, read_incoming_events(event, PLAYBOOK, story.now), story.now)
    run_due(story.definitions, story.now)


def orders(story: Story) -> list[tuple[Any, ...]]:
    found = story.rows(
        'SELECT reference, amount, refunded, cancelled_at IS NOT NULL FROM "order" ORDER BY placed_at, id'
    )
    return [tuple(row) for row in found]


def test_a_refund_reduces_the_order_that_it_names(story: Story) -> None:
    tell(story, "order_placed", amount="$190.00", reference="1001")
    tell(story, "order_placed", amount=4800, reference="1002")
    tell(story, "order_refunded", amount=40, reference="1001")
    tell(story, "order_placed", amount=-50, reference="1001")
    assert orders(story) == [("1001", 190, 90, False), ("1002", 4800, 0, False)]


def test_without_a_number_it_is_the_newest_order_and_without_an_amount_all_of_it(story: Story) -> None:
    tell(story, "order_placed", days_ago=9, amount=190, reference="1001")
    tell(story, "order_placed", days_ago=5, amount=4800, reference="1002")
    tell(story, "order_refunded")
    tell(story, "order_refunded", amount=10)
    assert orders(story) == [("1001", 190, 10, False), ("1002", 4800, 4800, False)]


def test_no_more_is_paid_back_than_was_paid(story: Story) -> None:
    tell(story, "order_placed", amount=190, reference="1001")
    for _ in range(3):
        tell(story, "order_refunded", amount=100, reference="1001")
    assert orders(story) == [("1001", 190, 190, False)]


def test_a_refund_that_comes_before_its_order_is_applied_when_the_order_comes(story: Story) -> None:
    tell(story, "order_refunded", amount=40, reference="1001", days_ago=1)
    tell(story, "order_cancelled", reference="1002", days_ago=1)
    assert orders(story) == []
    tell(story, "order_placed", amount=190, reference="1001", days_ago=3)
    tell(story, "order_placed", amount=190, reference="1002", days_ago=2)
    assert orders(story) == [("1001", 190, 40, False), ("1002", 190, 0, True)]


def test_a_refund_from_another_address_finds_its_order_by_the_number(story: Story) -> None:
    tell(story, "order_placed", amount=190, reference="1001")
    tell(story, "order_refunded", reference="1001", email="ann.at.work@example.com")
    assert orders(story) == [("1001", 190, 190, False)]


def test_the_same_order_twice_is_one_and_what_was_paid_back_before_comes_along(story: Story) -> None:
    for _ in range(2):
        tell(story, "order_placed", amount=190, refunded="40.00", reference=1001)
    assert orders(story) == [("1001", 190, 40, False)]


def test_what_is_neither_priced_nor_listed_says_so(story: Story) -> None:
    tell(story, "order_placed", product="growth-programme")
    tell(story, "order_placed", product="a thing of the past", currency="EUR")
    tell(story, "order_placed", amount=190)
    found = story.rows('SELECT amount, currency, amount_from, product_id IS NOT NULL FROM "order" ORDER BY id')
    assert [tuple(row) for row in found] == [
        (4800, "USD", "list price", True),
        (0, "EUR", "not known", False),
        (190, "USD", "the order", False),
    ]


def test_an_order_that_was_paid_back_as_a_whole_is_no_purchase(story: Story) -> None:
    ann = story.contact("ann@example.com", created_at=story.now - timedelta(days=30))
    story.happens("order_placed", "growth-programme", contact=ann, data={"amount": 4800})
    with engine().connect() as connection:
        assert time_to_buy(connection).buyers == 1
    story.happens("order_refunded", contact=ann)
    with engine().connect() as connection:
        assert time_to_buy(connection).buyers == 0


NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PLACED = st.builds(
    lambda number, amount, hours: PlacedOrder(
        number, 1, f"r{number}", Decimal(amount), Decimal(0), NOON + timedelta(hours=hours)
    ),
    st.integers(1, 5),
    st.integers(0, 100),
    st.integers(0, 99),
)
REVERSALS = st.builds(
    lambda number, reference, is_refund, amount, hours: OrderReversal(
        number, 1, reference, is_refund, amount and Decimal(amount), NOON + timedelta(hours=hours)
    ),
    st.integers(1, 99),
    st.none() | st.sampled_from(["r1", "r2", "r3", "r9"]),
    st.booleans(),
    st.none() | st.integers(1, 200),
    st.integers(0, 99),
)


@given(
    st.lists(PLACED, max_size=5, unique_by=lambda one: one.id),
    st.lists(REVERSALS, max_size=6, unique_by=lambda one: one.id),
    st.randoms(),
)
def test_an_order_stands_alike_whatever_was_told_first(
    placed: list[PlacedOrder], told: list[OrderReversal], chance: Any
) -> None:
    standings = order_standings(placed, told)
    shuffled, others = list(placed), list(told)
    chance.shuffle(shuffled)
    chance.shuffle(others)
    assert order_standings(shuffled, others) == standings
    assert all(0 <= standings[order.id].refunded <= order.amount for order in placed)
