"""Phone numbers as people, address books and forms write them, with their extensions."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.readers.bad_value import BadValue
from models.values.readers.phone import clean_extension, read_phones, readable_phone


def texts(value: Any, country: str = "US") -> list[str] | None:
    try:
        return [phone.text for phone in read_phones(value, country)]
    except BadValue:
        return None


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("(415) 555-0123", "US", "+14155550123"),
        ("+1 207 555 0123", "DE", "+12075550123"),
        ("Tel. 415 555 0123", "US", "+14155550123"),
        ("+44 (0)20 7946 0958", "US", "+442079460958"),
        ("+49 (0)30 123456", "US", "+4930123456"),
        ("0049 170 1234567", "US", "+491701234567"),
        ("0049 170 1234567", "FR", "+491701234567"),
        ("44 20 7946 0958", "GB", "+442079460958"),
        ("030/123456", "DE", "+4930123456"),
        ("030 / 1234567", "DE", "+49301234567"),
        ("01 42 68 53 00", "FR", "+33142685300"),
        ("06 6982 1234", "IT", "+390669821234"),
        ("8 (495) 123-45-68", "RU", "+74951234568"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("p:+14155550123", "DE", "+14155550123"),
        ("'+14155550123", "US", "+14155550123"),
        ("\u202a+1 415 555 0123\u202c", "US", "+14155550123"),
        ("+１ ４１５ ５５５ ０１２３", "US", "+14155550123"),
        ("4155550123.0", "US", "+14155550123"),
        (4155550123, "US", "+14155550123"),
        (4155550123.0, "US", "+14155550123"),
        ("tel:+1-201-555-0123", "DE", "+12015550123"),
        ("1-800-444-4444", "US", "+18004444444"),
    ],
)
def test_a_number_is_read_by_its_country(written: Any, country: str, number: str) -> None:
    assert texts(written, country) == [number]


@pytest.mark.parametrize(
    ("written", "country", "dialled"),
    [
        ("415-555-0123 x12", "US", "+14155550123;ext=12"),
        ("+1 415 555 0123 ext. 12", "US", "+14155550123;ext=12"),
        ("415.555.0123 extension 7", "US", "+14155550123;ext=7"),
        ("1 (415) 555 0123 (ext. 9)", "US", "+14155550123;ext=9"),
        ("4155550123#12", "US", "+14155550123;ext=12"),
        ("+1 415 555 0123,,12", "US", "+14155550123;ext=12"),
        ("(415) 555-0123, ext 0042", "US", "+14155550123;ext=0042"),
        ("tel:+1-201-555-0123;ext=12", "US", "+12015550123;ext=12"),
        ("0171-1234567 Durchwahl 12", "DE", "+491711234567;ext=12"),
        ("0711 1234-0 DW 45", "AT", "+4371112340;ext=45"),
        ("030 123456 App. 12", "DE", "+4930123456;ext=12"),
        ("01 42 68 53 00 poste 12", "FR", "+33142685300;ext=12"),
        ("(11) 3333-1234 ramal 12", "BR", "+551133331234;ext=12"),
        ("8 (495) 123-45-68 доб. 12", "RU", "+74951234568;ext=12"),
        ("020 7946 0958 ext 3", "GB", "+442079460958;ext=3"),
    ],
)
def test_what_is_dialled_after_the_number_is_kept(written: str, country: str, dialled: str) -> None:
    assert texts(written, country) == [dialled]


@pytest.mark.parametrize(
    "written",
    [
        *("+1 111 111 1111", "1234567890", "0000000", "9876543210", "555-555-5555", "0123456789", "+1 234 567 8901"),
        *("207-000-0000", "12345678910", "999-999-9999"),
    ],
)
def test_what_a_finger_fills_in_is_no_number(written: str) -> None:
    assert texts(written) is None


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            "12",
            "555-0123",
            "ask reception",
            "none",
            "4.15555E+09",
            "ann@example.com",
        ),
        *(
            "+1 415 555 01234567",
            "my number is 1234567890",
            "call 4155550123456",
            "(415) 555-0123 ext. 123456789",
            True,
            None,
            [1],
            1.5,
        ),
    ],
)
def test_what_cannot_be_dialled_is_refused(written: Any) -> None:
    """Among them a local number without its area, and numbers of which a spreadsheet has lost the end."""
    assert texts(written) is None


@pytest.mark.parametrize(
    "written",
    [
        "415-555-0123 / 415-555-0199",
        "415-555-0123 or 415-555-0199",
        "415-555-0123, 4155550199",
        "4155550123;4155550199",
    ],
)
def test_of_two_numbers_none_is_lost(written: str) -> None:
    assert texts(written) == ["+14155550123", "+14155550199"]


def test_a_number_with_or_without_its_country_code_is_not_guessed() -> None:
    """In Leer, 0491, or a mobile number, +49 170?"""
    assert texts("49 170 1234567", "DE") is None


@pytest.mark.parametrize("written", ["call 415-555-0123 after 5pm", "415-555-0123 / later", "415-555-0123, press 3"])
def test_a_number_in_a_sentence_is_found(written: str) -> None:
    assert texts(written) == ["+14155550123"]
    assert texts("call me on 415-555-0123 or 415-555-0199 please") == ["+14155550123", "+14155550199"]


def test_people_read_the_extension_beside_the_number() -> None:
    assert readable_phone("+14155550123;ext=12") == "+1 415-555-0123 ext. 12"
    assert readable_phone("+442079460958") == "+44 20 7946 0958"
    assert readable_phone("ask reception") == "ask reception"


@pytest.mark.parametrize("written", ["12", 12, "x12", "ext. 12", " 12 "])
def test_an_extension_may_have_a_field_of_its_own(written: Any) -> None:
    assert clean_extension(written) == "12"


@pytest.mark.parametrize("written", ["front desk", "", "123456789", "+14155550123"])
def test_an_extension_is_digits(written: str) -> None:
    with pytest.raises(BadValue, match="digits that are dialled"):
        clean_extension(written)


@given(st.text() | st.text("0123456789+()-/ x#;,.ext", max_size=30) | st.integers() | st.floats())
def test_anything_at_all_is_a_number_or_refused(written: Any) -> None:
    with suppress(BadValue):
        for phone in read_phones(written, "US"):
            assert phone.number.startswith("+")
            assert phone.number[1:].isdigit()
            assert phone.extension is None or phone.extension.isdigit()
