"""Numbers are read as people write them in their country, or not at all."""

import re
from decimal import Decimal
from typing import Any

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from models.values.readers.bad_value import BadValue
from models.values.readers.country import currency_of, locales_of, number_signs
from models.values.readers.number import read_number


def reading(value: Any, country: str = "US", places: int | None = None) -> str | None:
    """The number in plain digits, None when it is refused."""
    try:
        number = read_number(value, country, places=places)
    except BadValue:
        return None
    return f"{number.normalize():f}"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1200", "1200"),
        ("1,200,000", "1200000"),
        ("1.200.000", "1200000"),
        ("1 000", "1000"),
        ("1\u00a0000", "1000"),
        ("1\u202f000\u202f000", "1000000"),
        ("1'000", "1000"),
        ("1\u2019000'000", "1000000"),
        ("1,00,000", "100000"),
        ("12,34,567.5", "1234567.5"),
        ("1,200.50", "1200.5"),
        ("1.200,50", "1200.5"),
        ("5K", "5000"),
        ("5 k", "5000"),
        ("1.5M", "1500000"),
        ("10 Mio", "10000000"),
        ("10 Mio.", "10000000"),
        ("2 Mrd.", "2000000000"),
        ("3 lakh", "300000"),
        ("2 crore", "20000000"),
        ("10万", "100000"),
        ("0.125", "0.125"),
        (".5", "0.5"),
        ("-3", "-3"),
        ("\u22123", "-3"),
        ("+7", "7"),
        ("007", "7"),
        ("1e5", "100000"),
        ("1.2E+06", "1200000"),
        ("１２００", "1200"),
        ("١٬٢٠٠", "1200"),
        (12, "12"),
        (2.5, "2.5"),
    ],
)
@pytest.mark.parametrize("country", ["US", "DE", "FR", "CH", "IN"])
def test_what_means_one_number_everywhere_is_read_everywhere(written: Any, meant: str, country: str) -> None:
    assert reading(written, country) == meant


@pytest.mark.parametrize(
    ("written", "by_country"),
    [
        ("1.000", {"DE": "1000", "FR": "1000", "ES": "1000", "BR": "1000", "US": None, "GB": None, "CH": None}),
        ("10.000", {"DE": "10000", "IT": "10000", "US": None, "IN": None}),
        ("1,000", {"US": "1000", "GB": "1000", "IN": "1000", "JP": "1000", "DE": None, "FR": None, "CA": None}),
        ("1.234", {"DE": "1234", "US": "1.234", "CH": "1.234"}),
        ("1,234", {"US": "1234", "DE": "1.234", "FR": "1.234", "CA": None}),
        ("2,5", {"DE": "2.5", "FR": "2.5", "SE": "2.5", "CA": "2.5", "US": None, "GB": None, "MX": None}),
        ("1 234,56", {"FR": "1234.56", "PL": "1234.56", "US": "1234.56"}),
        ("5 mil", {"ES": "5000", "BR": "5000", "US": None, "DE": None}),
        ("2 billion", {"US": "2000000000", "GB": "2000000000", "DE": None}),
    ],
)
def test_the_country_settles_what_its_signs_mean(written: str, by_country: dict[str, str | None]) -> None:
    assert {country: reading(written, country) for country in by_country} == by_country


@pytest.mark.parametrize(
    "written",
    [
        *("", " ", "many", "5 apples", "10-50", "11–50", "51 to 200", "1,000+", "<10", "> 500", "under 10", "~50"),
        *("50%", "12 5", "1 000 00", "1,0000,0", "1..5", "1,2,3", "1.2.3", "5.", "1,,000", "0x1F", "½", "1/2", "²"),
        *("10²", "Ⅳ", "①", "1_0"),
        *("ten", "Nov-50", "--5", "5-", "1 2", "nan", "inf", "NaN", "1e999", "9" * 61, "1" * 40, "12.500", "$5"),
        *(True, None, [5], {"a": 1}, float("nan"), float("inf")),
    ],
)
def test_what_is_no_one_number_is_refused(written: Any) -> None:
    assert reading(written) is None


def test_a_count_has_no_fraction_and_money_no_third_decimal() -> None:
    """So what would be one was meant for thousands, where the sign can mean that at all."""
    assert reading("1,234", "CA") is None
    assert reading("1,234", "CA", places=0) == reading("1,234", "CA", places=2) == "1234"
    assert reading("10,001", "DE", places=0) == "10001"
    assert reading("50.0", places=0) == "50"
    assert reading("5.5", places=0) is None
    assert reading("12.999", places=2) is None


def test_countries_write_by_their_own_signs_and_money() -> None:
    assert number_signs("DE").decimals == {","}
    assert number_signs("XX").groups == frozenset()
    assert [currency_of(country) for country in ("US", "DE", "CH", "XX")] == ["USD", "EUR", "CHF", None]


WRITTEN = st.text("0123456789.,' kKM+-<>€$\u00a0\u202f", max_size=14)


@given(WRITTEN, st.sampled_from(["US", "DE", "FR", "CH", "CA", "IN", "SE"]), st.sampled_from([None, 0, 2]))
def test_every_digit_of_the_number_stands_in_the_text(written: str, country: str, places: int | None) -> None:
    """And the other way round: nothing of the text is left out, nothing comes from elsewhere."""
    number = reading(written, country, places)
    if number is not None:
        typed = re.sub(r"\D", "", written)
        assert typed.strip("0") == number.lstrip("-").replace(".", "").strip("0")
        assert number.startswith("-") <= ("-" in written)


@given(st.decimals(min_value=0, max_value=10**9, places=2), st.sampled_from(["US", "DE", "FR", "GB", "SE"]))
def test_a_number_written_by_the_country_is_read_back(number: Decimal, country: str) -> None:

    written = format_decimal(number, "#,##0.00", locale=locales_of(country)[0])
    assert read_number(written, country, places=2) == number
