"""Orders that were cancelled or paid back are no success of a split test, and money is counted by its currency."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from models.database import engine, to_json
from models.orders.record_orders import record_orders
from models.splits import declare_winner
from models.splits.combinations import amounts_paid
from models.splits.results import TakenBack
from models.splits.statistics.interval import Counts
from models.splits.statistics.money import Amounts
from tests.support.database import rows, write
from tests.support.split_tests import DAY, NOW, a_contact, a_draw, a_test, apply_split_tests, decide, draw_many
from tests.support.web_pages import browser

LONG_AGO = NOW - 60 * DAY


@pytest.fixture(autouse=True)
def orders_count(database_url: str, tmp_path: Path) -> None:
    """A test whose goal is an order within four weeks."""
    apply_split_tests(tmp_path, "  invitation: {goal: order_placed, within: 4w, lift: 5%}")
    a_test()


def tells(contact: int, name: str, later: timedelta, received_at: object = NOW, **data: object) -> None:
    """A shop tells of an order or what became of it, as the reaction records it."""
    with engine().begin() as connection:
        event = connection.execute(
            text(
                "INSERT INTO event (contact_id, name, source, data, at, received_at) "
                "VALUES (:contact, :name, 'shop', CAST(:data AS jsonb), :at, :received_at) RETURNING id"
            ),
            {
                "contact": contact,
                "name": name,
                "data": to_json(data),
                "at": LONG_AGO + later,
                "received_at": received_at,
            },
        ).scalar_one()
        record_orders(connection, [event])


def a_buyer(variant: str, reference: str, amount: int = 100, currency: str = "USD") -> int:
    contact = a_draw(a_contact(), variant, LONG_AGO)
    tells(contact, "order_placed", DAY, reference=reference, amount=amount, currency=currency)
    return contact


def test_a_cancelled_or_refunded_order_is_no_success_however_late_and_a_partial_refund_is_one() -> None:
    _stays, partly, cancelled, refunded, twice = (a_buyer("a", f"A-{number}") for number in range(5))
    tells(partly, "order_refunded", 2 * DAY, reference="A-1", amount=40)
    tells(cancelled, "order_cancelled", 50 * DAY, reference="A-2")
    tells(refunded, "order_refunded", 3 * DAY, reference="A-3", amount=60)
    tells(refunded, "order_refunded", 4 * DAY, reference="A-3", amount=40)
    tells(twice, "order_placed", 2 * DAY, reference="A-4", amount=100)  # told a second time
    tells(twice, "order_cancelled", 3 * DAY, reference="A-4")

    found = decide().results

    assert found.counts["a"] == Counts(5, 2)
    assert found.taken_back == {"a": TakenBack(3), "b": TakenBack()}
    assert "3 more, cancelled or paid back" in browser().get("/splits/invitation").text


def test_who_orders_again_after_a_cancellation_succeeded() -> None:
    contact = a_buyer("b", "B-1")
    tells(contact, "order_cancelled", 2 * DAY, reference="B-1")
    tells(contact, "order_placed", 3 * DAY, reference="B-2", amount=100)

    assert decide().results.counts["b"] == Counts(1, 1)
    assert decide().results.taken_back["b"] == TakenBack()


def test_money_is_counted_by_currency_for_all_variants_and_less_what_was_paid_back() -> None:
    a_buyer("a", "A-1", 200)
    tells(a_buyer("a", "A-2", 100), "order_refunded", 2 * DAY, reference="A-2", amount=30)
    tells(a_buyer("a", "A-3", 900), "order_cancelled", 2 * DAY, reference="A-3")
    a_buyer("b", "B-1", 50, "EUR")
    a_draw(a_contact(), "b", LONG_AGO)

    with engine().connect() as connection:
        found = amounts_paid(connection, decide().results, NOW)

    assert list(found) == ["USD", "EUR"]
    assert found["USD"] == {"a": Amounts(3, 270.0, 200.0**2 + 70.0**2, 2), "b": Amounts(2)}
    assert found["EUR"] == {"a": Amounts(3), "b": Amounts(2, 50.0, 2500.0, 1)}
    page = browser().get("/splits/invitation").text
    assert "Paid, in USD" in page
    assert "Paid, in EUR" in page
    assert "which so few buyers do not tell from chance" in page


def test_cancellations_after_the_winner_was_chosen_are_shown_and_what_they_make_of_it(tmp_path: Path) -> None:
    draw_many("a", 400, 80)
    draw_many("b", 400, 160)
    with engine().begin() as connection:
        connection.execute(text("UPDATE event SET data = jsonb_build_object('reference', 'R-' || id, 'amount', 10)"))
        events = connection.execute(text("SELECT id FROM event")).scalars().all()
        record_orders(connection, events)
        declare_winner(connection, "invitation", "b", "rule", "160 of 400 against 80 of 400", NOW - DAY)
    bought = rows("SELECT contact_id, reference FROM \"order\" JOIN split_draw USING (contact_id) WHERE variant = 'b'")
    for number, (contact, reference) in enumerate(bought[:70]):
        received_at = NOW - 2 * DAY if number < 5 else NOW
        tells(contact, "order_cancelled", 45 * DAY, received_at, reference=reference)

    page = browser().get("/splits/invitation").text

    assert decide().results.taken_back["b"] == TakenBack(70, 65)
    assert "orders of some contacts were cancelled or paid back: 0 after “a”, 65 after “b”" in page
    assert "“b” is not better by more than chance explains: draw by chance again below, or leave it" in page
    write("DELETE FROM event WHERE name = 'order_cancelled'")
    write('UPDATE "order" SET cancelled_at = NULL')
    assert "cancelled or paid back:" not in browser().get("/splits/invitation").text
