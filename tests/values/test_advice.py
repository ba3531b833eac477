"""How people read that a value does not fit: what they gave, and what to give instead."""

import pytest

from models.values.readers.bad_value import BadValue, advice, what_to_give
from models.values.readers.email_address import clean_email


def test_the_reason_of_a_library_is_a_sentence_of_its_own() -> None:
    with pytest.raises(BadValue) as refused:
        clean_email("not an address")
    assert refused.value.for_people == (
        "“not an address” does not fit here: give an email address such as joe@example.com. "
        "An email address must have an @-sign."
    )


@pytest.mark.parametrize(
    ("found", "expected", "said"),
    [
        ("nothing", "email or phone", "Nothing was given: give email or phone."),
        ("'maybe'", "yes or no (also true, false)", "“maybe” does not fit here: give yes or no (also true, false)."),
        ('"it\'s"', "a number", "“it's” does not fit here: give a number."),
        ("12", "a date", "12 does not fit here: give a date."),
        ("more values than that", "at most 5 values", "More values than that: give at most 5 values."),
        ("'Mars'", "a time zone, such as PST,", "“Mars” does not fit here: give a time zone, such as PST."),
        ("the row is broken", "", "The row is broken."),
    ],
)
def test_what_does_not_fit_is_named_with_what_to_give(found: str, expected: str, said: str) -> None:
    assert advice(found, expected) == said


def test_beside_a_value_stands_only_what_to_give() -> None:
    assert what_to_give("a date such as 2026-03-31") == "Give a date such as 2026-03-31."
