"""Email addresses with all that keyboards, address books and links put around them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.readers.bad_value import BadValue
from models.values.readers.email_address import clean_email, likely_domain, read_emails


@pytest.mark.parametrize(
    "written",
    [
        *(
            "joe@example.com",
            " joe@example.com ",
            "joe@example.com.",
            "joe@example.com,",
            "joe@example.com;",
            "Joe@Example.COM",
        ),
        *("<joe@example.com>", "Joe Doe <joe@example.com>", '"Doe, Joe" <joe@example.com>', "mailto:joe@example.com"),
        *(
            "mailto:joe@example.com?subject=Hello",
            "MAILTO:joe%40example.com",
            "<mailto:joe@example.com|joe@example.com>",
        ),
        *("[joe@example.com](mailto:joe@example.com)", "joe @example.com", "joe@ example.com", "joe@example .com"),
        *("joe@example. com", "joe＠example.com", "joe@example．com", "joe\u200b@example.com", "\ufeffjoe@example.com"),
        *(
            "\u00a0joe@example.com\u00a0",
            "'joe@example.com'",
            '"joe@example.com"',
            "“joe@example.com”",
            "(joe@example.com)",
        ),
        *("E-Mail: joe@example.com", "email:joe@example.com", "joe(at)example.com", "joe [at] example [dot] com"),
        *(
            "joe@example.com (work)",
            "joe@example.com!",
            "joe@exam\u00adple.com",
            "joe@example.com\u202c",
            "joe@example.com\r\n",
        ),
    ],
)
def test_what_a_keyboard_puts_around_an_address_is_left_aside(written: str) -> None:
    assert clean_email(written) == "joe@example.com"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("joe@bücher.example.com", "joe@xn--bcher-kva.example.com"),
        ("joe@XN--bcher-kva.example.com", "joe@xn--bcher-kva.example.com"),
        ("joe@例え.jp", "joe@xn--r8jz45g.jp"),
        ("用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v"),
        ("élodie@example.fr", "élodie@example.fr"),
        ('"joe doe"@example.com', '"joe doe"@example.com'),
        ('"joe"@example.com', "joe@example.com"),
        ("o'brien@example.com", "o'brien@example.com"),
        ("joe+tag@example.com", "joe+tag@example.com"),
        ("Joe. Doe@example.com", "joe.doe@example.com"),
        ("email@example.com", "email@example.com"),
        ("Joe@Gmail.con", "joe@gmail.con"),
    ],
)
def test_addresses_of_all_alphabets_and_forms_are_kept(written: str, address: str) -> None:
    assert clean_email(written) == address


@pytest.mark.parametrize(
    "written",
    [
        *("", "joe", "@joe", "joe@", "joe@example", "joe at example.com", "joe@@example.com", "joe@example,com"),
        *("joe doe@example.com", "joe@exa mple.com", "joe.@example.com", "joe..doe@example.com", "joe@[192.168.0.1]"),
        *(
            "joe@-example.com",
            "joe@example..com",
            "a" * 65 + "@example.com",
            "call me",
        ),
    ],
)
def test_what_is_no_address_is_refused_and_never_mended_by_guessing(written: str) -> None:
    with pytest.raises(BadValue, match="an email address such as"):
        clean_email(written)


@pytest.mark.parametrize("between", [", ", "; ", " / ", " or ", "\n", " "])
def test_of_two_addresses_none_is_lost(between: str) -> None:
    assert read_emails(f"joe@example.com{between}ann@example.com") == ("joe@example.com", "ann@example.com")


def test_a_likely_slip_is_named_and_a_provider_that_there_is_never() -> None:
    assert likely_domain("joe@gmail.con") == "gmail.com"
    assert not any(
        map(likely_domain, ("joe@gmail.com", "joe@ymail.com", "joe@mail.com", "joe@email.com", "joe@gmx.com"))
    )


@given(st.text() | st.text('joe@example.com <>"(),; ', max_size=30))
def test_anything_at_all_is_an_address_or_refused(written: str) -> None:
    with suppress(BadValue):
        assert clean_email(clean_email(written)) == clean_email(written)


@pytest.mark.parametrize(
    "written",
    ["my email is joe@example.com", "joe@example.com please call", "joe@example.com - work", "use joe@example.com."],
)
def test_an_address_in_a_sentence_is_found_unless_a_part_of_it_may_stand_before(written: str) -> None:
    assert read_emails(written) == ("joe@example.com",)
    with pytest.raises(BadValue):
        read_emails("Ann Lee joe@example.com")
