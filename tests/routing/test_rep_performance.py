"""Performance: who makes most of the leads they get, few leads counting little."""

from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Assignment, Order
from models.database import engine
from models.routing.assignment.rep_performance import Performance, expected_sales_per_lead, performances, rate_reps
from tests.support.web_pages import NOW, a_contact, a_rep, add, an_event

number = count()


@pytest.fixture(autouse=True)
def database(database_url: str) -> None:
    """Each story in a database of its own."""


def a_lead(rep: int, *, days_ago: float = 30, contact: int | None = None) -> int:
    """A contact that was given to them so long ago."""
    contact = contact or a_contact(email=f"lead{next(number)}@example.com")
    at = NOW - timedelta(days=days_ago)
    add(Assignment, contact_id=contact, rep_id=rep, how="round robin", reason="router 'inbound'", at=at)
    return contact


def talked(contact: int, *, days_ago: float) -> None:
    an_event(contact, "call_connected", at=NOW - timedelta(days=days_ago))


def bought(contact: int, *, days_ago: float, **columns: object) -> None:
    placed = {"event_id": next(number), "amount": 100, "currency": "USD", "placed_at": NOW - timedelta(days=days_ago)}
    add(Order, contact_id=contact, **placed | columns)


def counts(rep: int) -> tuple[int, int, int]:
    with engine().connect() as connection:
        held = performances(connection, [rep], NOW)[rep]
    return held.leads, held.connected, held.sold


def test_leads_that_were_reached_and_bought_count_for_whoever_had_them() -> None:
    sarah = a_rep()
    reached, sold, silent = a_lead(sarah), a_lead(sarah), a_lead(sarah)
    for contact in (reached, sold):
        talked(contact, days_ago=29)
        talked(contact, days_ago=28)
    bought(sold, days_ago=20)
    bought(silent, days_ago=20)

    assert counts(sarah) == (3, 2, 1)


def test_a_cancelled_order_is_no_sale() -> None:
    sarah = a_rep()
    contact = a_lead(sarah)
    talked(contact, days_ago=29)
    bought(contact, days_ago=20, cancelled_at=NOW)

    assert counts(sarah) == (1, 1, 0)


def test_fresh_and_very_old_leads_are_not_held_against_anybody() -> None:
    sarah = a_rep()
    a_lead(sarah, days_ago=6.9)
    a_lead(sarah, days_ago=181)
    a_lead(sarah, days_ago=7.1)

    assert counts(sarah) == (1, 0, 0)


def test_a_lead_counts_for_whoever_had_it_at_the_time() -> None:
    sarah, john = a_rep(), a_rep(email="john@example.com")
    contact = a_lead(sarah, days_ago=60)
    talked(contact, days_ago=50)
    a_lead(john, days_ago=40, contact=contact)
    talked(contact, days_ago=30)
    bought(contact, days_ago=20)

    assert (counts(sarah), counts(john)) == ((1, 1, 0), (1, 1, 1))


def test_a_lead_that_was_taken_away_after_a_day_is_not_held_against_anybody() -> None:
    sarah, john = a_rep(), a_rep(email="john@example.com")
    contact = a_lead(sarah, days_ago=60)
    a_lead(john, days_ago=59, contact=contact)

    assert (counts(sarah), counts(john)) == ((0, 0, 0), (1, 0, 0))


def test_one_of_one_does_not_beat_forty_of_a_hundred() -> None:
    judged = rate_reps({1: (1, 1, 1), 2: (100, 60, 40)})

    assert judged[2].sales_per_lead > judged[1].sales_per_lead


def test_a_newcomer_stands_before_those_who_are_known_to_sell_little_and_behind_those_who_sell_much() -> None:
    judged = rate_reps({1: (0, 0, 0), 2: (200, 120, 60), 3: (200, 40, 2)})

    assert sorted(judged, key=lambda rep: -judged[rep].sales_per_lead) == [2, 1, 3]


def test_without_any_leads_all_are_equal() -> None:
    sarah, john = a_rep(), a_rep(email="john@example.com")

    with engine().connect() as connection:
        found = expected_sales_per_lead(connection, [sarah, john], NOW)
        assert expected_sales_per_lead(connection, [], NOW) == {}

    assert found[sarah] == found[john] > 0


@given(st.dictionaries(st.integers(1, 9), st.tuples(*[st.integers(0, 500)] * 3), min_size=1))
def test_rates_lie_between_nothing_and_all(counted: dict[int, tuple[int, int, int]]) -> None:
    funnels = {rep: (sum(three), sum(three[:2]), three[0]) for rep, three in counted.items()}

    assert all(_least(held) > 0 and _most(held) < 1 for held in rate_reps(funnels).values())


def _least(held: Performance) -> float:
    return min(held.connection_rate, held.closing_rate)


def _most(held: Performance) -> float:
    return max(held.connection_rate, held.closing_rate)
