"""Short cuts of readers come to what the long way comes to."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.readers import email_address, phone
from models.values.readers.bad_value import BadValue
from models.values.readers.email_address import read_emails
from models.values.readers.number import plain

NAMES = st.text("aZ09._%+-'!", min_size=1, max_size=70)
DOMAINS = st.sampled_from(
    (
        *(
            "example.com",
            "Example.COM",
            "mail.example.co.uk",
            "xn--mnchen-3ya.de",
            "localhost",
            "example.test",
            "a..com",
        ),
        *(
            "-a.com",
            "example.c",
            "example.123",
            "ex_ample.com",
            "example.com.",
            "a.invalid",
            "münchen.de",
            "b-.org",
            "",
        ),
    )
)


def long_way(text: str) -> str | None:
    """The address by the validator alone."""
    try:
        return email_address._address(text, text)
    except BadValue:
        return None


@given(name=NAMES, domain=DOMAINS)
def test_a_plain_address_is_what_the_validator_makes_of_it(name: str, domain: str) -> None:
    short = email_address._plain_address(f"{name}@{domain}")
    assert short is None or short == long_way(f"{name}@{domain}")


def test_most_addresses_are_plain() -> None:
    assert email_address._plain_address("Ann.Lee+news@Example.com") == "ann.lee+news@example.com"
    assert email_address._plain_address("ann@example.invalid") is None
    with pytest.raises(BadValue, match="special-use"):
        read_emails("ann@example.invalid")


@given(text=st.text("0123456789 ()-./+ABx", max_size=20), country=st.sampled_from(("US", "DE", "GB", "IT", "RU")))
def test_a_number_is_tried_abroad_wherever_it_can_be_of_its_own_country(text: str, country: str) -> None:
    number, abroad = phone._parsed(text, country), phone._abroad(text)
    home = phonenumbers.country_code_for_region(country)
    if number and abroad and not text.startswith(("+", "0")) and abroad.country_code == home:
        assert phone._may_begin_with(home, text)


@given(text=st.text("`'-0123456789 aZ.,"))
def test_a_text_of_plain_letters_is_plain(text: str) -> None:
    assert plain(text) == plain(f"{text}\u00e9").removesuffix("\u00e9").strip()
