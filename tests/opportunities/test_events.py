"""Deals that another system tells of by POST /events, as they come: late, twice, corrected, out of order, wrong."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from flows.runtime.virtual_time import run_due
from models.database import engine
from models.leads.capture import capture
from models.leads.incoming_event import read_incoming_events
from models.leads.reading.lead import UnreadableLead
from tests.support.playbook import the_shipped_playbook
from tests.support.story import Story

PLAYBOOK = the_shipped_playbook()
SARAH = "sarah.miller@brightwater.example.com"
MakeStory = Callable[..., Story]


@pytest.fixture
def story(make_story: MakeStory) -> Story:
    return make_story()


def tell(
    story: Story,
    name: str,
    reference: Any = "D-1",
    *,
    days_ago: float = 0,
    email: str = "ann@example.com",
    key: str | None = None,
    **data: Any,
) -> None:
    """A CRM tells of a deal, and we react."""
    event = {
        "name": f"opportunity_{name}",
        "contact": {"email": email},
        "at": (story.now - timedelta(days=days_ago)).isoformat(),
        "data": {"reference": reference, **data},
    }
    event |= {"key": key} if key else {}
    with engine().begin() as connection:
        capture(connection, read_incoming_events(event, PLAYBOOK, story.now), story.now)
    run_due(story.definitions, story.now)


def deals(story: Story) -> list[tuple[Any, ...]]:
    """Each deal: its number, stage, amount, currency, product, rep, days from opened to closed."""
    return [
        tuple(row)
        for row in story.rows("""
            SELECT reference, stage, amount, o.currency, product.code, rep.name,
                   CAST(extract(epoch FROM closed_at - opened_at) / 86400 AS int)
            FROM opportunity o LEFT JOIN rep ON rep.id = o.rep_id LEFT JOIN product ON product.id = o.product_id
            ORDER BY reference""")
    ]


def orders(story: Story) -> list[tuple[Any, ...]]:
    query = 'SELECT reference, amount, currency, cancelled_at IS NOT NULL FROM "order" ORDER BY id'
    return [tuple(row) for row in story.rows(query)]


def unread(story: Story) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in story.rows("SELECT field, found, expected FROM unread_value ORDER BY id")]


def stages(story: Story) -> list[tuple[Any, ...]]:
    query = "SELECT email, stage, opportunity_at, customer_at FROM contact ORDER BY id"
    return [tuple(row) for row in story.rows(query)]


def test_a_deal_that_is_won_is_an_order_once(story: Story) -> None:
    tell(story, "opened", days_ago=20, amount="$4,800", product="Growth-Programme", rep=SARAH)
    tell(story, "won", days_ago=1, amount=4500, key="won 1")
    tell(story, "won", days_ago=1, amount=4500, key="won 1")
    assert deals(story) == [("D-1", "won", 4500, "USD", "growth-programme", "Sarah Miller", 19)]
    assert orders(story) == [("D-1", 4500, "USD", False)]
    assert stages(story) == [
        ("ann@example.com", "customer", story.now - timedelta(days=20), story.now - timedelta(days=1))
    ]


def test_told_in_the_wrong_order_it_is_the_same_deal(story: Story) -> None:
    tell(story, "won", days_ago=1, amount=4500)
    tell(story, "opened", days_ago=20, amount=4800, rep="sarah miller")
    assert deals(story) == [("D-1", "won", 4500, "USD", None, "Sarah Miller", 19)]
    assert orders(story) == [("D-1", 4500, "USD", False)]
    assert stages(story)[0][2] == story.now - timedelta(days=20)


def test_a_shop_that_tells_of_the_same_order_makes_no_second_one(story: Story) -> None:
    tell(story, "won", days_ago=1, amount=4500)
    order = {
        "name": "order_placed",
        "contact": {"email": "ann@example.com"},
        "data": {"reference": "D-1", "amount": 99},
    }
    with engine().begin() as connection:
        capture(connection, read_incoming_events(order, PLAYBOOK, story.now), story.now)
    run_due(story.definitions, story.now)
    assert orders(story) == [("D-1", 4500, "USD", False)]
    order["data"] = {"reference": "D-2", "amount": 99}
    with engine().begin() as connection:
        capture(connection, read_incoming_events(order, PLAYBOOK, story.now), story.now)
    run_due(story.definitions, story.now)
    tell(story, "won", "D-2", amount=120)
    assert orders(story)[1:] == [("D-2", 99, "USD", False)]


def test_lost_after_it_was_won_takes_the_order_back_and_won_again_brings_it_back(story: Story) -> None:
    tell(story, "opened", days_ago=20)
    tell(story, "won", days_ago=10, amount=4500)
    tell(story, "lost", days_ago=5)
    assert deals(story)[0][:2] == ("D-1", "lost")
    assert orders(story) == [("D-1", 4500, "USD", True)]
    tell(story, "opened", days_ago=4)
    assert deals(story)[0][:2] == ("D-1", "open")
    tell(story, "won", days_ago=2, amount=4000)
    assert deals(story) == [("D-1", "won", 4000, "USD", None, None, 18)]
    assert orders(story) == [("D-1", 4000, "USD", False)]
    tell(story, "lost", days_ago=1)
    assert orders(story) == [("D-1", 4000, "USD", True)]


def test_what_is_corrected_of_a_won_deal_its_order_follows(story: Story) -> None:
    tell(story, "won", days_ago=10, amount=4500)
    tell(story, "changed", days_ago=9, amount=4400, currency="EUR")
    assert orders(story) == [("D-1", 4400, "EUR", False)]


def test_a_refund_of_the_order_of_a_deal_counts(story: Story) -> None:
    tell(story, "won", days_ago=10, amount=4500)
    refund = {
        "name": "order_refunded",
        "contact": {"email": "ann@example.com"},
        "data": {"reference": "D-1", "amount": 500},
    }
    with engine().begin() as connection:
        capture(connection, read_incoming_events(refund, PLAYBOOK, story.now), story.now)
    run_due(story.definitions, story.now)
    tell(story, "changed", days_ago=9, detail="paid")
    assert story.rows('SELECT amount, refunded FROM "order"')[0] == (4500, 500)


def test_a_deal_that_ended_before_it_began_waits_for_a_person_and_has_no_days_below_zero(story: Story) -> None:
    tell(story, "opened", days_ago=5)
    tell(story, "won", days_ago=9, amount=100)
    assert deals(story) == [("D-1", "won", 100, "USD", None, None, None)]
    opened, closed = (story.now - timedelta(days=days) for days in (5, 9))
    assert unread(story) == [
        (
            "day on which the deal was opened",
            f"{opened:%Y-%m-%d}",
            f"a day before {closed:%Y-%m-%d}, on which D-1 was won",
        )
    ]
    tell(story, "changed", days_ago=2, detail="paid")
    assert len(unread(story)) == 1


def test_whom_and_what_we_do_not_know_waits_for_a_person_once(story: Story) -> None:
    for days_ago in (3, 2):
        tell(story, "changed", days_ago=days_ago, rep="Max Nobody", product="Teapot")
    assert unread(story) == [
        ("salesperson of the deal", "Max Nobody", "the address or the name of one of us"),
        ("product of the deal", "Teapot", "the code or the name of a product"),
    ]


def test_a_name_that_two_of_us_have_names_nobody(story: Story) -> None:
    story.one("INSERT INTO rep (name, email) VALUES ('Sarah Miller', 'sarah2@example.com') RETURNING id")
    tell(story, "opened", rep="Sarah Miller")
    assert deals(story)[0][5] is None
    assert len(unread(story)) == 1
    tell(story, "changed", rep=SARAH.upper())
    assert deals(story)[0][5] == "Sarah Miller"


def test_who_has_left_still_has_their_deals_and_comes_after_who_is_there(story: Story) -> None:
    story.one("INSERT INTO rep (name, email, active) VALUES ('Old Hand', 'old@example.com', false) RETURNING id")
    story.one("INSERT INTO rep (name, email, active) VALUES ('Sarah Miller', 's@example.com', false) RETURNING id")
    tell(story, "opened", "D-1", rep="Old Hand")
    tell(story, "opened", "D-2", rep="Sarah Miller")
    assert [deal[5] for deal in deals(story)] == ["Old Hand", "Sarah Miller"]
    assert story.rows("SELECT rep.email FROM opportunity JOIN rep ON rep.id = rep_id WHERE reference = 'D-2'") == [
        (SARAH,)
    ]


def test_a_deal_that_goes_to_another_contact_is_theirs_and_the_first_one_hears_of_it(story: Story) -> None:
    tell(story, "won", days_ago=3, amount=100)
    tell(story, "changed", days_ago=2, email="bob@example.com")
    owners = "SELECT email FROM {} t JOIN contact c ON c.id = t.contact_id"
    assert story.rows(owners.format("opportunity")) == [("bob@example.com",)]
    assert story.rows(owners.format('"order"')) == [("bob@example.com",)]
    assert story.rows(f"{owners.format('event')} WHERE t.name = 'note_added'") == [("ann@example.com",)]


def test_a_deal_of_last_year_asks_and_mails_nobody(story: Story) -> None:
    tell(story, "opened", days_ago=400)
    tell(story, "won", days_ago=380, amount=100)
    story.pass_time(timedelta(days=3))
    assert story.rows("SELECT FROM message") == []
    assert story.rows("SELECT FROM task") == []
    assert story.rows("SELECT DISTINCT is_history FROM event WHERE name LIKE 'o%'") == [(True,)]
    assert stages(story)[0][2:] == tuple(story.now - timedelta(days=days + 3) for days in (400, 380))


@pytest.mark.parametrize(
    ("name", "data", "field"),
    [
        ("opened", {"reference": None}, "data.reference"),
        ("opened", {"reference": ""}, "data.reference"),
        ("opened", {"reference": ["D"]}, "data.reference"),
        ("won", {"amount": -5}, "data.amount"),
        ("won", {"amount": "a lot"}, "data.amount"),
        ("won", {"currency": "Taler"}, "data.currency"),
        ("won", {"opened_at": "2099-01-01"}, "data.opened_at"),
        ("won", {"opened_at": 7}, "data.opened_at"),
        ("opened", {"opened_at": "0001-01-01"}, "data.opened_at"),
        ("opened", {"rep": ["Ann"]}, "data.rep"),
        ("opened", {"product": "x" * 1000}, "data.product"),
    ],
)
def test_what_cannot_be_used_is_answered_with_its_place(story: Story, name: str, data: Any, field: str) -> None:
    with pytest.raises(UnreadableLead) as refused:
        tell(story, name, **data)
    assert [problem["field"] for problem in refused.value.problems] == [field]
    assert deals(story) == []


def test_numbers_of_deals_may_be_numbers(story: Story) -> None:
    tell(story, "opened", 17)
    tell(story, "won", "17", amount=5)
    assert [deal[:3] for deal in deals(story)] == [("17", "won", 5)]
