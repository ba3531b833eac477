"""Amounts of money as shops, forms and spreadsheets write them."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.readers.amount import read_amount
from models.values.readers.bad_value import BadValue


@pytest.mark.parametrize(
    ("written", "country", "amount", "currency"),
    [
        ("1,200.00", "US", "1200.00", None),
        ("$1200", "US", "1200.00", "USD"),
        ("1200 USD", "US", "1200.00", "USD"),
        ("1.200,00 €", "DE", "1200.00", "EUR"),
        ("1.200,00 €", "US", "1200.00", "EUR"),
        ("1.200 €", "DE", "1200.00", "EUR"),
        ("12,50 €", "US", "12.50", "EUR"),
        ("CHF 1'200.-", "CH", "1200.00", "CHF"),
        ("Fr. 20.–", "CH", "20.00", "CHF"),
        ("1 200,50 kr", "SE", "1200.50", "SEK"),
        ("100 kr.", "DK", "100.00", "DKK"),
        ("10:-", "SE", "10.00", "SEK"),
        ("1200,-", "DE", "1200.00", None),
        ("1200.- CHF", "US", "1200.00", "CHF"),
        ("₹1,00,000.00", "IN", "100000.00", "INR"),
        ("Rs. 1,00,000/-", "IN", "100000.00", "INR"),
        ("$1,200,000", "US", "1200000.00", "USD"),
        ("$1.2M", "US", "1200000.00", "USD"),
        ("€5k", "DE", "5000.00", "EUR"),
        ("5m€", "DE", "5000000.00", "EUR"),
        ("1,5 Mio. €", "DE", "1500000.00", "EUR"),
        ("USD 2bn", "US", "2000000000.00", "USD"),
        ("£99.99", "GB", "99.99", "GBP"),
        ("$5", "CA", "5.00", "CAD"),
        ("$5", "DE", "5.00", "USD"),
        ("US$ 5", "CA", "5.00", "USD"),
        ("$1,200 CAD", "US", "1200.00", "CAD"),
        ("$1,200.00 USD", "CA", "1200.00", "USD"),
        ("R$ 1.234,56", "BR", "1234.56", "BRL"),
        ("1200円", "JP", "1200.00", "JPY"),
        ("¥1200", "CN", "1200.00", "CNY"),
        ("1 234,50 zł", "PL", "1234.50", "PLN"),
        ("100 TL", "TR", "100.00", "TRY"),
        ("eur 12.5", "US", "12.50", "EUR"),
        ("10 dollars", "US", "10.00", "USD"),
        ("190.5", "US", "190.50", None),
        (190, "US", "190.00", None),
        (0.1 + 0.2, "US", "0.30", None),
        ("0", "US", "0.00", None),
    ],
)
def test_an_amount_is_read_with_its_currency(written: Any, country: str, amount: str, currency: str | None) -> None:
    found = read_amount(written, country)
    assert (str(found.amount), found.currency) == (amount, currency)


@pytest.mark.parametrize("written", ["-$12.50", "$-12.50", "- $12.50", "$12.50-", "($12.50)", "$(12.50)", "−$12.50"])
def test_what_is_paid_back_is_below_zero_however_it_is_written(written: str) -> None:
    assert read_amount(written) == (Decimal("-12.50"), "USD")


@pytest.mark.parametrize(
    "written",
    [
        *("", "$", "free", "1200 apples", "100 € 200", "€1200 USD", "5 USD/month", "10-50 €", "1.200 €", "12€50"),
        *("0.005", "--5", "-5-", "(-5)", "(5", "5)", "1,200.00CR", "5 kr", "Rs. 500", "$1e999", "NaN", "1/2 €", "50%"),
        *(True, None, [1], float("inf")),
    ],
)
def test_what_is_no_clear_amount_is_refused_with_a_sentence(written: Any) -> None:
    """Among them money of a country that is not said: the kronor and rupees of several."""
    with pytest.raises(BadValue, match="an amount such as 4800"):
        read_amount(written, "US")


@given(st.text("0123456789.,'- ()€$kUSDEUR", max_size=14) | st.integers() | st.floats() | st.text())
def test_anything_at_all_is_an_amount_in_cents_or_refused(written: Any) -> None:
    try:
        found = read_amount(written, "DE")
    except BadValue:
        return
    assert found.amount == found.amount.quantize(Decimal("0.01"))
    assert found.currency is None or len(found.currency) == 3
