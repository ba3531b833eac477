"""Amounts, currencies, refunds and numbers of orders, as shops and people write them."""

from typing import Any

import pytest

from models.leads.incoming_event import read_incoming_events
from models.leads.reading.lead import Lead, UnreadableLead
from models.playbook import Playbook
from models.playbook.document import Company, Orders
from tests.support.mail.outbox import NOON
from tests.support.playbook import the_shipped_playbook

PLAYBOOK = the_shipped_playbook()


def in_country(country: str) -> Playbook:
    company = Company.model_validate(PLAYBOOK.company.model_dump() | {"country": country, "holidays": []})
    return PLAYBOOK.model_copy(update={"company": company})


def read(name: str = "order_placed", playbook: Playbook = PLAYBOOK, topic: str | None = None, **data: Any) -> Lead:
    event = {"name": name, "topic": topic, "contact": {"email": "ann@example.com"}, "data": data}
    [lead] = read_incoming_events(event, playbook, NOON)
    return lead


@pytest.mark.parametrize(
    ("country", "written", "amount", "currency"),
    [
        ("US", 1200, 1200, None),
        ("US", 1200.0, 1200, None),
        ("US", "1200", 1200, None),
        ("US", "1,200.00", 1200, None),
        ("US", "$1200", 1200, "USD"),
        ("US", "$1,200.50", 1200.5, "USD"),
        ("US", "1200 USD", 1200, "USD"),
        ("US", "USD 1,200.05", 1200.05, "USD"),
        ("US", "CHF 1'200.-", 1200, "CHF"),
        ("US", "£99.99", 99.99, "GBP"),
        ("DE", "1.200,00 €", 1200, "EUR"),
        ("DE", "1200,5", 1200.5, None),
        ("IN", "₹1,00,000", 100000, "INR"),
        ("US", 0, 0, None),
        ("US", "0.00", 0, None),
    ],
)
def test_amounts_are_read_with_their_currency(country: str, written: Any, amount: float, currency: str | None) -> None:
    data = read(playbook=in_country(country), amount=written).data
    assert (data["amount"], data.get("currency")) == (amount, currency)
    assert data.get("amount_sent") == (written if isinstance(written, str) else None)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"amount": "a lot"}, "data.amount"),
        ({"amount": "1.2.3"}, "data.amount"),
        ({"amount": True}, "data.amount"),
        ({"amount": [1200]}, "data.amount"),
        ({"amount": 1e30}, "data.amount"),
        ({"amount": "NaN"}, "data.amount"),
        ({"amount": float("nan")}, "data.amount"),
        ({"amount": 1_000_000_000.01}, "data.amount"),
        ({"amount": -2_000_000_000}, "data.amount"),
        ({"amount": 5, "refunded": "some"}, "data.refunded"),
        ({"amount": 5, "currency": "XYZ"}, "data.currency"),
        ({"amount": 5, "currency": 840}, "data.currency"),
        ({"amount": "5 EUR", "currency": "USD"}, "data.currency"),
        ({"amount": 5, "reference": ["1001"]}, "data.reference"),
        ({"amount": 5, "reference": "9" * 201}, "data.reference"),
    ],
)
def test_what_is_absurd_or_unclear_is_refused_by_the_name_of_its_field(data: dict[str, Any], field: str) -> None:
    with pytest.raises(UnreadableLead) as refused:
        read(**data)
    assert [problem["field"] for problem in refused.value.problems] == [field]


def test_the_bound_is_the_playbooks() -> None:
    modest = PLAYBOOK.model_copy(update={"orders": Orders(largest=10_000)})
    assert read(playbook=modest, amount=10_000).data["amount"] == 10_000
    with pytest.raises(UnreadableLead, match="at most 10,000"):
        read(playbook=modest, amount=10_000.01)


@pytest.mark.parametrize("written", [-190, "-190.00", "(190.00)", "\u2212190", "190.00-"])
def test_an_order_below_zero_is_a_refund_and_never_a_sale(written: Any) -> None:
    lead = read(amount=written, reference=1001)
    assert (lead.name, lead.data["amount"], lead.data["reference"]) == ("order_refunded", 190, "1001")


@pytest.mark.parametrize(("written", "amount"), [(-50, 50), (50, 50), ("$50.00", 50), (None, None), ("", None)])
def test_a_refund_names_what_was_paid_back_with_either_sign_or_means_all(written: Any, amount: float | None) -> None:
    lead = read("order_refunded", amount=written)
    assert (lead.name, lead.data.get("amount")) == ("order_refunded", amount)


def test_a_refund_of_nothing_is_refused() -> None:
    with pytest.raises(UnreadableLead, match="leave it out when it is all"):
        read("order_refunded", amount=0)


@pytest.mark.parametrize("product", ["growth-programme", "Growth-Programme", "12-week growth programme"])
def test_a_missing_amount_is_the_list_price_and_says_so(product: str) -> None:
    expected = {"amount": 4800, "currency": "USD", "amount_from": "list price"}
    assert read(product=product).data == {"product": product} | expected
    assert read(topic=product).data == expected


def test_no_price_is_made_up() -> None:
    assert "amount" not in read(product="unheard of").data
    assert "amount" not in read(product="growth-programme", currency="EUR").data
    assert "amount" not in read("order_cancelled", product="growth-programme").data
