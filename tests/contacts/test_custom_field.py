"""Custom fields: what senders write becomes what we store, or a sentence about it."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.custom_field import CustomField, FieldType, clean
from models.values.readers.bad_value import BadValue, quote_value

CHALLENGE = CustomField(type=FieldType.DROPDOWN, options=("Generating new leads", "Customer loyalty"))


@pytest.mark.parametrize(
    ("kind", "written", "stored"),
    [
        ("checkbox", "on", True),
        ("checkbox", 0, False),
        ("checkbox", "No", False),
        ("date", "2026-03-31", "2026-03-31"),
        ("date", "2026-03-31T10:00:00Z", "2026-03-31"),
        ("list", "a; b, a", ["a", "b"]),
        ("list", ["x", 3], ["x", "3"]),
        ("text", "  two words ", "two words"),
        ("number", "1,200", 1200),
        ("number", "2.5", 2.5),
        ("number", -3, -3),
        ("price", "$4,800", "4800.00"),
        ("price", "190.5 USD", "190.50"),
        ("phone", "(415) 555-0123", "+14155550123"),
        ("sms_number", "+44 20 7946 0958", "+442079460958"),
        ("state", "california", "CA"),
        ("state", " ny ", "NY"),
        ("email", " Joe@EXAMPLE.com ", "joe@example.com"),
        ("email", "joe@bücher.example.com", "joe@xn--bcher-kva.example.com"),
        ("address", {"street": "1 Main St", "city": "Portland", "state": None}, "1 Main St, Portland"),
    ],
)
def test_what_senders_write_is_stored_in_one_way(kind: str, written: Any, stored: Any) -> None:
    assert clean(CustomField(type=FieldType(kind)), written) == stored


@pytest.mark.parametrize(
    ("kind", "written", "expected"),
    [
        ("checkbox", "maybe", "yes or no"),
        ("date", "31/02/2026", "a date such as 2026-03-31"),
        ("list", 5, "a list of texts"),
        ("text", {"a": 1}, "text"),
        ("text", "x" * 10_001, "at most 10,000 characters"),
        ("number", "many", "a number such as 1200"),
        ("number", "1" * 40, "a number such as 1200"),
        ("number", True, "a number such as 1200"),
        ("price", "-3", "a price such as 4800"),
        ("phone", "12", "a phone number such as +1 415 555 0123"),
        ("state", "Bavaria", "a US state"),
        ("email", "joe at example.com", "an email address such as joe@example.com"),
    ],
)
def test_what_does_not_fit_is_told_with_what_was_expected(kind: str, written: Any, expected: str) -> None:
    with pytest.raises(BadValue, match="was found") as told:
        clean(CustomField(type=FieldType(kind)), written)
    assert expected in told.value.expected


def test_a_dropdown_keeps_the_spelling_of_the_playbook_and_names_its_choices() -> None:
    assert clean(CHALLENGE, "customer LOYALTY") == "Customer loyalty"
    with pytest.raises(BadValue, match='"Generating new leads", "Customer loyalty"'):
        clean(CHALLENGE, "Taxes")


def test_local_phone_numbers_belong_to_the_country_of_the_company() -> None:
    assert clean(CustomField(type=FieldType.PHONE), "020 7946 0958", country="GB") == "+442079460958"


@given(st.sampled_from(FieldType), st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.lists(st.text())))
def test_anything_at_all_is_stored_or_told(kind: FieldType, value: Any) -> None:
    field = CustomField(type=kind, options=("a",))
    with suppress(BadValue):
        clean(field, value)


@given(st.one_of(st.text(), st.lists(st.text()), st.binary()))
def test_what_was_found_can_always_be_stored_and_sent(value: Any) -> None:
    assert quote_value(value).encode()
    assert "\0" not in quote_value(value)
    assert len(quote_value(value)) <= 80
